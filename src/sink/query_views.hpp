// L3. What a query sees of a folder of Parquet files: a view of each channel, over files that are
// listed once, and the journal's newest rows. Names above the folder are never read as patterns, or
// as columns.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/files.hpp"
#include "core/result.hpp"
#include "sink/duckdb.hpp"
#include "sink/query_tail.hpp"

namespace mp::sink {

class QueryViews {
 public:
  // A folder that is not there has no files; one that cannot be read is an error. While it is
  // open no file is replaced by a compaction. The tail was opened before.
  static Result<QueryViews> open(const std::filesystem::path& folder, QueryTail tail);

  // Makes the views that the statement may mean and that are not there yet: those of the channels
  // whose names it has, or all. Rows of the journal are written below the folder that `duckdb` has
  // for temporary files.
  Result<void> make(Duckdb& database, std::string_view sql, const DuckdbConfig& duckdb);
  // What DuckDB says, with the folder's own name.
  [[nodiscard]] std::string in_our_words(std::string message) const;
  // Whether any rows can be there: files, or a journal.
  [[nodiscard]] bool has_source() const { return has_files_ || !tail_.is_empty(); }

 private:
  // A folder, and the same by a name without surprises, as long as it is open.
  struct Place {
    std::filesystem::path folder;
    std::filesystem::path alias;
    Fd opened;
  };
  QueryViews(std::filesystem::path folder, QueryTail tail)
      : files_in_{.folder = std::move(folder), .alias = {}, .opened = {}}, tail_(std::move(tail)) {}
  static int open(Place& place);
  Result<void> list();
  void leave_out_what_the_journal_has();
  Result<void> write_tail(const QueryTail::Channels& channels, const DuckdbConfig& duckdb);
  [[nodiscard]] std::string sql_of(Channel channel) const;
  [[nodiscard]] Error error_of(Channel channel, const std::string& message) const;

  Place files_in_;
  std::vector<Place> tails_in_;  // of each call of make() that wrote some
  Fd shared_;
  QueryTail tail_;
  QueryTail::Files files_;      // below the folder
  QueryTail::Files old_files_;  // likewise, of the layout that had folders for instruments
  std::array<std::vector<std::string>, kChannelCount> tail_files_;  // as SQL has them
  QueryTail::Channels made_;
  bool has_files_ = false;
};

}  // namespace mp::sink
