// Tests. A program that knows a few venues, for tests of the configuration.
#pragma once

#include <array>

#include "config/parse.hpp"

namespace mp::config {

inline constexpr std::array kAll = {Channel::trade, Channel::quote, Channel::book, Channel::candle};
inline constexpr std::array kNoQuotes = {Channel::trade, Channel::book};
inline constexpr std::array kOnlyIndex = {Channel::volatility_index};

inline Known known_venues() {
  return {{{"binance", kAll}, {"binance-usdm", kAll}, {"okx", kNoQuotes}, {"dvol", kOnlyIndex}}};
}

}  // namespace mp::config
