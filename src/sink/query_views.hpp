// L3. What a query sees of a folder of Parquet files: a view of each channel, over files that are
// listed once. Names above the folder are never read as patterns, or as columns.
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

namespace mp::sink {

class QueryViews {
 public:
  // A folder that is not there has no files; one that cannot be read is an error. While it is
  // open no file is replaced by a compaction.
  static Result<QueryViews> open(const std::filesystem::path& folder);

  // Makes the views that the statement may mean and that are not there yet: those of the channels
  // whose names it has, or all.
  Result<void> make(Duckdb& database, std::string_view sql);
  // What DuckDB says, with the folder's own name.
  [[nodiscard]] std::string in_our_words(std::string message) const;
  [[nodiscard]] bool has_files() const { return has_files_; }

 private:
  explicit QueryViews(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> list();
  [[nodiscard]] std::string sql_of(Channel channel) const;
  [[nodiscard]] Error error_of(Channel channel, const std::string& message) const;

  std::filesystem::path folder_;
  std::filesystem::path alias_;  // the same, by a name without surprises, as long as opened_ is
  Fd opened_;
  Fd shared_;
  std::array<std::vector<std::filesystem::path>, kChannelCount> files_;  // below the folder
  std::array<bool, kChannelCount> made_{};
  bool has_files_ = false;
};

}  // namespace mp::sink
