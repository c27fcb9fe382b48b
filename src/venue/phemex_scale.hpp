// L3. The numbers of Phemex, which are integers in units of their own mostly.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "venue/support.hpp"

namespace mp::venue::phemex {

// Numbers of spot and of contracts in USD are integers, in units of the listing's scales: these are
// the same for all. Contracts of USDT have decimal ones.
struct Scale {
  int price = 0;
  int quantity = 0;
  std::optional<int> value = 0;  // none where a contract settles in its base: not in the quote then
};
[[nodiscard]] inline bool is_spot(std::string_view symbol) {
  return symbol.size() > 1 && symbol[0] == 's' && symbol[1] >= '0' && symbol[1] <= 'Z';
}
[[nodiscard]] inline bool is_decimal(std::string_view symbol) {
  return !is_spot(symbol) && !symbol.ends_with("USD");
}
[[nodiscard]] inline Scale scale_of(std::string_view symbol) {
  if (is_spot(symbol)) return {.price = -8, .quantity = -8, .value = -8};
  if (is_decimal(symbol)) return {};
  const bool inverse = symbol == "BTCUSD" || symbol.starts_with('c');
  return {.price = -4, .quantity = 0, .value = inverse ? std::nullopt : std::optional{-4}};
}

// Each answers whether the number fits.
[[nodiscard]] inline bool scale(Decimal& number, int power) {
  if (power == 0) return true;
  const auto scaled = product(number, {.mantissa = 1, .exponent = static_cast<std::int8_t>(power)});
  if (scaled) number = *scaled;
  return scaled.has_value();
}
template <class Meaning>
[[nodiscard]] bool scale(Exact<Meaning>& number, int power) {
  return scale(number.decimal, power);
}
template <class T>
[[nodiscard]] bool scale(std::optional<T>& number, int power) {
  return !number || scale(*number, power);
}
[[nodiscard]] inline bool scale(std::vector<Level>& levels, const Scale& by) {
  return std::ranges::all_of(levels, [&](Level& level) {
    Price price = level.price();
    Quantity quantity = level.quantity();
    const bool fits = scale(price, by.price) && scale(quantity, by.quantity);
    level = Level{price, quantity};
    return fits;
  });
}

}  // namespace mp::venue::phemex
