#include "venue/worth.hpp"

#include <limits>

namespace mp::venue {
namespace {

__extension__ using Wide = __int128;

constexpr int kPlacesMax = 8;  // of the quantity
constexpr int kPowerMax = 18;  // a mantissa times 10^18 fits a Wide

Wide power_of_ten(int power) {
  Wide out = 1;
  for (; power > 0; --power) out *= 10;
  return out;
}

// The quantity of so many places that is worth `amount`; where the amount may be cut off, that has
// to leave no choice.
std::optional<Quantity> with_places(int places, const Decimal& amount, const Decimal& price,
                                    bool may_be_cut) {
  const int shift = price.exponent - places - amount.exponent;
  if (shift > kPowerMax || shift < -kPowerMax) return std::nullopt;
  // In one scale: what the last place of the quantity is worth, the amount, and its last digit.
  const Wide unit = price.mantissa * power_of_ten(shift);
  const Wide digit = power_of_ten(-shift);
  const Wide worth = amount.mantissa * digit;
  const Wide count = (worth + unit / 2) / unit;
  if (count == 0 || count > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  const Wide difference = count * unit - worth;
  const bool is_near = unit > 2 * digit && difference < digit && -difference < digit;
  if (difference != 0 && !(may_be_cut && is_near)) return std::nullopt;
  return Quantity{Decimal{static_cast<std::int64_t>(count), static_cast<std::int8_t>(-places)}};
}

}  // namespace

std::optional<Quantity> quantity_worth(const Decimal& amount, const Decimal& price) {
  if (amount.mantissa <= 0 || price.mantissa <= 0) return std::nullopt;
  for (const bool may_be_cut : {false, true}) {
    for (int places = 0; places <= kPlacesMax; ++places) {
      if (const auto found = with_places(places, amount, price, may_be_cut)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace mp::venue
