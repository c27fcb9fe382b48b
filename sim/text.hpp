// Helpers of the simulated venues: text without formatting surprises, decimals as each venue prints
// them, requests.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/decimal.hpp"
#include "core/time.hpp"
#include "sim/market.hpp"

namespace mp::sim {

inline void append_part(std::string& out, std::string_view text) {
  out += text;
}
inline void append_part(std::string& out, const Decimal& value) {
  char text[kDecimalTextMax];
  out.append(text, write_decimal(value, text));
}
inline void append_part(std::string& out, const std::integral auto& value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

// append(out, "a", 1, Decimal{...}): the parts one after the other.
template <class... Parts>
void append(std::string& out, const Parts&... parts) {
  (append_part(out, parts), ...);
}

[[nodiscard]] inline std::int64_t milliseconds(Timestamp time) {
  return to_nanoseconds(time) / 1'000'000;
}
// As a client sees it: the wire carries milliseconds.
[[nodiscard]] inline Timestamp floor_to_milliseconds(Timestamp time) {
  return from_nanoseconds(milliseconds(time) * 1'000'000);
}

// The same number with exactly -exponent decimal places; the places must be enough.
[[nodiscard]] Decimal with_exponent(const Decimal& value, int exponent);
// The same number without zeros at the end of its fraction: 32.60 -> 32.6, 8.00 -> 8.
[[nodiscard]] Decimal stripped(Decimal value);
// mantissa * 10^exponent cut (not rounded) to at most -exponent_min places, and to what fits a
// Decimal.
[[nodiscard]] Decimal cut(Int128 mantissa, int exponent, int exponent_min);
// The value of trades: in the quote currency, with the contract size counted in.
[[nodiscard]] Decimal turnover_of(const InstrumentSpec& spec, Int128 ticks_lots, int exponent_min);

[[nodiscard]] std::string_view path_of(std::string_view target);
[[nodiscard]] std::string percent_decoded(std::string_view text);
// The percent-decoded value of `key` in the target's query.
[[nodiscard]] std::optional<std::string> query_value(std::string_view target, std::string_view key);

}  // namespace mp::sim
