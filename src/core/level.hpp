// L0. Level: one price level of a book.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>

#include "core/decimal.hpp"

namespace mp {

// One price level. The quantity is absolute; 0 removes the level. 24 bytes, without gaps, so that
// it can be copied into a journal as it is.
struct Level {
  std::int64_t price_mantissa = 0;
  std::int64_t quantity_mantissa = 0;
  std::int8_t price_exponent = 0;
  std::int8_t quantity_exponent = 0;
  std::uint8_t price_zeros = 0;
  std::uint8_t quantity_zeros = 0;
  std::array<std::uint8_t, 4> reserved{};

  Level() = default;
  Level(Price price, Quantity quantity)
      : price_mantissa(price.decimal.mantissa),
        quantity_mantissa(quantity.decimal.mantissa),
        price_exponent(price.decimal.exponent),
        quantity_exponent(quantity.decimal.exponent),
        price_zeros(price.decimal.zeros),
        quantity_zeros(quantity.decimal.zeros) {}

  [[nodiscard]] Price price() const { return {{price_mantissa, price_exponent, price_zeros}}; }
  [[nodiscard]] Quantity quantity() const {
    return {{quantity_mantissa, quantity_exponent, quantity_zeros}};
  }
  friend bool operator==(const Level& a, const Level& b) {
    return a.price() == b.price() && a.quantity() == b.quantity();
  }
};
static_assert(sizeof(Level) == 24 && std::is_trivially_copyable_v<Level>);
using Levels = std::span<const Level>;

}  // namespace mp
