// L3. What decoders of several venues remember of their session.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "venue/adapter.hpp"

namespace mp::venue {

// Where acknowledgements list all that a session is subscribed to by now: tells what is new. A
// session has few topics, and their lists are rare.
class Announced {
 public:
  // The decoder may read a frame twice: what is new stays so until its end.
  [[nodiscard]] bool is_new(std::string_view symbol, Channel channel) {
    const auto key = std::string{symbol}.append(" ").append(name_of(channel));
    listed_.insert(key);
    return !known_.contains(key);
  }
  // After each frame.
  void end(const Reading& reading) {
    if (reading.verdict == Verdict::control && !listed_.empty()) known_ = listed_;
    listed_.clear();
  }

 private:
  std::set<std::string> known_, listed_;
};

// Where numbers count all messages of a session: one that is left out makes its books wrong. A
// message that could not be read is as good as lost. After each frame.
class MessageNumbers {
 public:
  void check(std::optional<std::int64_t> number, Reading& reading) {
    if (reading.verdict == Verdict::malformed || !number) return;
    if (last_ && *number - 1 > *last_) {
      reading.broken = true;
      reading.problem = "a number of the session's messages is missing";
    }
    last_ = number;
  }

 private:
  std::optional<std::int64_t> last_;
};

}  // namespace mp::venue
