// L4. Dead letters: events that a sink refused for good, as lines of JSON in a file:
// {"sink":"archive","index":17,"problem":"...","event":{...}}, the event in its native form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "codec/json_event.hpp"
#include "codec/json_exact.hpp"
#include "core/event.hpp"
#include "core/files.hpp"
#include "core/result.hpp"

namespace mp::pipeline {

// Of a data directory: NAME.ndjson for each sink, unless its section has another file.
inline constexpr const char* kDeadLetterFolder = "dead-letter";

// Those of all shards of a sink, and what sends them again (dead_letter_replay.hpp), share the
// file: each of them has it alone while it writes.
class DeadLetters {
 public:
  // An empty path: none are kept.
  DeadLetters(std::filesystem::path path, std::uint64_t bytes_max)
      : path_(std::move(path)), bytes_max_(bytes_max) {}

  // May be called again, after an error or without a reason.
  Result<void> open();

  struct Letter {
    std::string_view sink;
    std::uint64_t index = 0;
    std::string_view problem;
    const Event& event;
  };
  enum class Kept : std::uint8_t { yes, no_room, failed };
  // `failed`: problem() says why.
  Kept write(const Letter& letter);
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  Kept append(std::string& line);
  Kept fail(std::string_view what, int code);

  std::filesystem::path path_;
  std::uint64_t bytes_max_;
  Fd file_;
  std::string problem_;
};

// A line of such a file. Views live until the next read.
struct DeadLetter {
  std::string_view sink;
  std::int64_t index = 0;
  std::string_view problem;
  Event event;
};

class DeadLetterReader {
 public:
  // Without the line's end. False: why() says what is wrong with it.
  [[nodiscard]] bool read(std::string_view line, DeadLetter& out);
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  codec::ExactReader head_reader_;
  codec::EventReader event_reader_;
  std::string head_;
  std::string why_;
};

}  // namespace mp::pipeline
