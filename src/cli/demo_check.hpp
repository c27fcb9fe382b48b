// L6. The demo's self-test: what the simulator sent against what the journal, the NDJSON files and
// the Parquet files hold, integer for integer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/totals.hpp"
#include "core/book_rule.hpp"
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

// What a journal holds, and the number at which each book joined its stream.
struct JournalSums {
  StreamTotals totals;
  std::map<StreamKey, std::int64_t> joined_at;  // last_sequence of the book's first snapshot
};

// How the books of each venue start.
using BookStarts = std::map<std::string, BookStart, std::less<>>;

// What a collector must have made of what was sent. Of a book that starts with a snapshot by REST
// that is the snapshot it joined at and the deltas that reach beyond it: those before are part of
// the snapshot. `starts` knows every venue of the ledger.
[[nodiscard]] StreamTotals expected_of(const sim::Ledger& ledger, const JournalSums& journal,
                                       const BookStarts& starts);

[[nodiscard]] Result<std::vector<CheckRow>> check_demo(const CheckInput& input);

}  // namespace mp::cli
