// L3. A folder for what a query does not keep in memory: of one process, and gone with it.
#pragma once

#include <filesystem>
#include <memory>

#include "core/files.hpp"

namespace mp::sink {

class QuerySpill {
 public:
  // Makes a folder below `parent`, and removes those of processes that died. Where that is not
  // possible (a folder that belongs to somebody else), path() is empty.
  explicit QuerySpill(const std::filesystem::path& parent);
  // Below `parent`, or else below a folder of ours where the system keeps such things.
  static std::unique_ptr<QuerySpill> make(const std::filesystem::path& parent);
  ~QuerySpill();
  QuerySpill(const QuerySpill&) = delete;
  QuerySpill& operator=(const QuerySpill&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path parent_;
  std::filesystem::path path_;
  std::filesystem::path mark_;  // the file beside it that says who has it
  Fd lock_;                     // of that file, as long as we live
};

}  // namespace mp::sink
