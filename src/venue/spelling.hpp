// L3. Symbols, dates and URLs as venues spell them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace mp::venue {

// The parts of a symbol, views into it; none where there are too many or one is empty.
struct SymbolParts {
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return parts[i]; }
};
[[nodiscard]] SymbolParts parts_of(std::string_view symbol, char separator);

// "YYMMDD" at 08:00 UTC, when most venues settle.
[[nodiscard]] std::optional<Timestamp> expiry_named(std::string_view digits);
// "25DEC26", "5DEC26" at 08:00 UTC.
[[nodiscard]] std::optional<Timestamp> expiry_spelled(std::string_view text);

// ASCII letters only: venues leave other scripts as they are.
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);

// "https://host:port/path?query" -> "/path"; a target without a host is one already.
[[nodiscard]] std::string_view target_of(std::string_view url);  // "/path?query"
[[nodiscard]] std::string_view path_of(std::string_view url);    // "/path"
// The decoded value of a query parameter.
[[nodiscard]] std::optional<std::string> query_value(std::string_view url, std::string_view name);
[[nodiscard]] std::string percent_encoded(std::string_view text);
[[nodiscard]] std::string percent_decoded(std::string_view text);
// Calls `visit(name, value)` for each parameter of a query, as it stands.
void for_each_parameter(
    std::string_view url,
    const std::function<void(std::string_view name, std::string_view value)>& visit);

// The whole number that stands behind `word` in a text: 20 of "btcusdt@depth20@100ms" behind
// "@depth".
[[nodiscard]] std::optional<std::int64_t> number_after(std::string_view text,
                                                       std::string_view word);
// The whole number that a text is from end to end, as our requests are numbered: ids that others
// give are none of ours.
[[nodiscard]] std::optional<std::int64_t> request_number(std::optional<std::string_view> id);

}  // namespace mp::venue
