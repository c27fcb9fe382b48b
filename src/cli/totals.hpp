// L6. Sums over events, in the terms of the simulator's ledger, from wherever events are kept.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <tuple>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sim/ledger.hpp"

namespace mp::cli {

struct StreamKey {
  std::string venue;
  Channel channel = Channel::trade;
  std::string symbol;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};
using StreamTotals = std::map<StreamKey, sim::Total>;

// Count, sum of price mantissas and sum of quantity mantissas: see sim/ledger.hpp, Total.
[[nodiscard]] Result<StreamTotals> totals_of_ndjson(const std::filesystem::path& data_dir);
[[nodiscard]] Result<StreamTotals> totals_of_parquet(const std::filesystem::path& data_dir);
void add_event(const Event& event, StreamTotals& totals);

}  // namespace mp::cli
