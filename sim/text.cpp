#include "sim/text.hpp"

#include <limits>

#include "core/assert.hpp"

namespace mp::sim {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

Decimal with_exponent(const Decimal& value, int exponent) {
  const auto mantissa = mantissa_at(value, exponent);
  MP_ASSERT(mantissa.has_value());
  return {.mantissa = *mantissa, .exponent = static_cast<std::int8_t>(exponent)};
}

Decimal stripped(Decimal value) {
  if (value.mantissa == 0) return {};
  while (value.exponent < 0 && value.mantissa % 10 == 0) {
    value.mantissa /= 10;
    ++value.exponent;
  }
  return value;
}

Decimal cut(Int128 mantissa, int exponent, int exponent_min) {
  constexpr Int128 kLimit = std::numeric_limits<std::int64_t>::max();
  while (exponent < exponent_min || mantissa > kLimit || mantissa < -kLimit) {
    mantissa /= 10;
    ++exponent;
  }
  return {.mantissa = static_cast<std::int64_t>(mantissa),
          .exponent = static_cast<std::int8_t>(exponent)};
}

Decimal turnover_of(const InstrumentSpec& spec, Int128 ticks_lots, int exponent_min) {
  const Int128 mantissa =
      ticks_lots * spec.tick_size.mantissa * spec.lot_size.mantissa * spec.contract_size.mantissa;
  const int exponent =
      spec.tick_size.exponent + spec.lot_size.exponent + spec.contract_size.exponent;
  return cut(mantissa, exponent, exponent_min);
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::optional<std::string> query_value(std::string_view target, std::string_view key) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : rest.size());
    if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=') {
      return percent_decoded(pair.substr(key.size() + 1));
    }
  }
  return std::nullopt;
}

}  // namespace mp::sim
