// L6. Desk: where a running collector can be asked something. Who asks finds it by a lock in the
// data directory, puts a question beside it, and reads the answer from a file there.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/files.hpp"
#include "core/result.hpp"

namespace mp::cli {

// What may be asked.
inline constexpr std::string_view kAskReload = "reload";
inline constexpr std::string_view kAskStatus = "status";
inline constexpr std::string_view kAskStatusJson = "status json";

class Desk {
 public:
  // From now on this process is asked; until it ends.
  static Result<std::unique_ptr<Desk>> open(const std::filesystem::path& data_dir);

  struct Question {
    std::string from;  // a word of who asks, that finds the answer by it
    std::string text;  // one of those above, or of another version
  };
  // What waits to be answered; to be asked a few times a second.
  [[nodiscard]] std::optional<Question> question();

  // `text`: lines; where the code is not 0, one sentence that says why.
  struct Answer {
    int code = 0;
    std::string text;
  };
  Result<void> answer(const Question& question, const Answer& answer);

  // Asks the collector of the directory, and waits for its answer. ErrorKind::unavailable: none can
  // be asked there, or it does not answer.
  static Result<Answer> ask(const std::filesystem::path& data_dir, std::string_view text);

 private:
  Desk(std::filesystem::path data_dir, Fd lock)
      : data_dir_(std::move(data_dir)), lock_(std::move(lock)) {}

  std::filesystem::path data_dir_;
  Fd lock_;
};

}  // namespace mp::cli
