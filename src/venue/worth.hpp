// L3. Quantities out of what they are worth, for venues that say nothing else.
#pragma once

#include <optional>

#include "core/decimal.hpp"

namespace mp::venue {

// The quantity that is worth `amount` at `price`: their quotient where that is exact, else, since
// venues cut the amount off at some digit, the one with the fewest decimal places whose value,
// written with as many digits, is the amount. So it is known and not rounded; nothing where none
// stands out.
[[nodiscard]] std::optional<Quantity> quantity_worth(const Decimal& amount, const Decimal& price);

}  // namespace mp::venue
