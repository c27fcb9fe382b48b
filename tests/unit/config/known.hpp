// Tests. A program that knows a few venues, for tests of the configuration.
#pragma once

#include "config/parse.hpp"

namespace mp::config {

inline Known known_venues() {
  const std::vector<Channel> all = {Channel::trade, Channel::quote, Channel::book, Channel::candle};
  const std::vector<std::string_view> intervals = {"1m", "5m", "1h"};
  return {{{"binance", all, intervals},
           {"binance-usdm", all, intervals},
           {"okx", {Channel::trade, Channel::book}},
           {"dvol", {Channel::volatility_index}}}};
}

}  // namespace mp::config
