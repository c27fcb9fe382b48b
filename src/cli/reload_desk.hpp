// L6. ReloadDesk: where a collector can be asked to read its configuration anew. `marketprism
// reload` finds it by a lock in the data directory, asks by SIGHUP, and reads the answer from a
// file beside it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/files.hpp"
#include "core/result.hpp"

namespace mp::cli {

class ReloadDesk {
 public:
  // From now on this process is asked; until it ends.
  static Result<std::unique_ptr<ReloadDesk>> open(const std::filesystem::path& data_dir);

  // `text`: what changed, a line each; where the code is not 0, one sentence that says why nothing
  // did.
  struct Answer {
    int code = 0;
    std::string text;
  };
  Result<void> answer(const Answer& answer);

  // Asks the collector of the directory, and waits for its answer. ErrorKind::unavailable: none can
  // be asked there, or it does not answer.
  static Result<Answer> ask(const std::filesystem::path& data_dir);

 private:
  ReloadDesk(std::filesystem::path data_dir, Fd lock)
      : data_dir_(std::move(data_dir)), lock_(std::move(lock)) {}

  std::filesystem::path data_dir_;
  Fd lock_;
};

}  // namespace mp::cli
