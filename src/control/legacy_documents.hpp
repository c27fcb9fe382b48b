// L5. The documents and metrics of the system that this program replaces. It called a venue
// "exchange", without its market: binance-usdm is binance.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/observer.hpp"

namespace mp::control {

// Of an exchange and a kind of data, over all its markets and instruments.
struct LegacyCoverage {
  std::uint64_t symbols = 0;  // that are live
  std::uint64_t events = 0;
  std::optional<Timestamp> last;  // when it was first seen to have its last event

  // "healthy", "degraded", "unhealthy", by the old system's limits of age.
  [[nodiscard]] std::string_view status(std::string_view data_type, Timestamp now) const;
};
// By data type ("orderbook", "trade", "funding_rate", ...), then by exchange.
using LegacyCoverages = std::map<std::string_view, std::map<std::string, LegacyCoverage>>;
[[nodiscard]] LegacyCoverages coverage_of(const std::vector<pipeline::BoardRow>& rows);

// The exchange that a venue is a market of.
[[nodiscard]] std::string exchange_of(std::string_view venue);

// GET /health; answers its HTTP status.
[[nodiscard]] unsigned append_legacy_health(const pipeline::Collector& collector,
                                            Observer& observer, const Identity& identity,
                                            std::string& out);
void append_legacy_metrics(const pipeline::Collector& collector, Observer& observer,
                           const Identity& identity, std::string& out);

}  // namespace mp::control
