// L6. The demo's self-test: what the simulator sent against what the journal, the NDJSON files and
// the Parquet files hold, integer for integer.
// integer for integer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sim/ledger.hpp"

namespace mp::cli {

struct CheckInput {
  const sim::Ledger& ledger;
  std::vector<std::filesystem::path> journal_locations;
  std::filesystem::path data_dir;
};

// One line of the result: a venue's channel over all its symbols.
struct CheckRow {
  std::string venue;
  Channel channel = Channel::trade;
  sim::Total sent;
  sim::Total journal;
  sim::Total ndjson;
  sim::Total parquet;
  [[nodiscard]] bool equal() const {
    return sent == journal && journal == ndjson && ndjson == parquet;
  }
};

[[nodiscard]] Result<std::vector<CheckRow>> check_demo(const CheckInput& input);

}  // namespace mp::cli
