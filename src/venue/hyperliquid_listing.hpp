// L3. The instruments of Hyperliquid. Source:
// https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
#pragma once

#include <algorithm>

#include "venue/support.hpp"

namespace mp::venue::hyperliquid {

using namespace codec;  // the vocabulary of shapes

struct Token {
  std::string_view name;
  std::int64_t index = 0;
  std::optional<Quantity> lot_size;
};
struct Pair {
  std::int64_t base = 0, quote = 0;  // indices of tokens
};
struct Asset {
  std::string_view name;
  std::optional<Quantity> lot_size;  // of a perpetual
  std::optional<bool> is_delisted;
  std::optional<Pair> tokens;  // of a spot pair
};
struct Universe {
  RowList<Asset> assets;
  RowList<Token> tokens;
  std::optional<std::int64_t> collateral;
};
using TokenShape =
    Loose<Field<"name", &Token::name>, Field<"szDecimals", &Token::lot_size, kStepOfPlaces>,
          Field<"index", &Token::index>>;
using AssetShape =
    Loose<Field<"name", &Asset::name>, Field<"szDecimals", &Asset::lot_size, kStepOfPlaces>,
          Field<"isDelisted", &Asset::is_delisted>,
          Object<"tokens", &Asset::tokens, Row<&Pair::base, &Pair::quote>>>;
using UniverseShape = Loose<Rows<"universe", &Universe::assets, AssetShape>,
                            Rows<"tokens", &Universe::tokens, TokenShape, kOptional>,
                            Field<"collateralToken", &Universe::collateral>>;

// Sizes are counted in 10^-szDecimals. There is no tick size: prices have five significant digits.
inline void send(const Universe& universe, Output& out) {
  const auto token = [&](std::int64_t index) {
    const auto found = std::ranges::find(universe.tokens, index, &Token::index);
    return found == universe.tokens.end() ? Token{} : *found;
  };
  for (const Asset& asset : universe.assets) {
    InstrumentInfo info;
    info.status = asset.is_delisted.value_or(false) ? "delisted" : "trading";
    if (asset.tokens) {
      const Token base = token(asset.tokens->base);
      info.base = base.name;
      info.quote = token(asset.tokens->quote).name;
      info.lot_size = base.lot_size;
    } else if (asset.lot_size) {
      info.kind = InstrumentKind::perpetual;
      info.base = asset.name;
      info.quote = "USD";
      if (universe.collateral.value_or(0) == 0) info.settle = "USDC";  // the first token
      info.lot_size = asset.lot_size;
      info.contract_size = Quantity{Decimal{1, 0}};
    }
    if (!info.base.empty() && !info.quote.empty()) out(asset.name, std::nullopt, info);
  }
}

}  // namespace mp::venue::hyperliquid
