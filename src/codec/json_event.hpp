// L2. The native form of events (json_encode.hpp), read back: exactly, or not at all.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"

namespace mp::codec {

class EventReader {
 public:
  EventReader();
  ~EventReader();
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  // One object with all fields of its type and no others, in any order: written again it is the
  // same text. Views of the event live until the next read. False: problem() says why.
  [[nodiscard]] bool read(std::string_view text, Event& out);
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Parser;
  friend class EventFieldReader;

  std::unique_ptr<Parser> parser_;
  std::array<std::vector<Level>, 2> levels_;
  std::string problem_;
};

}  // namespace mp::codec
