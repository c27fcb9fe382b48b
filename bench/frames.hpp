// Frames to feed a decoder: of recordings, or of the simulated venues.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mp::bench {

// Frames in one piece of memory as in a receive buffer: one behind the other, readable bytes behind
// the last.
class Frames {
 public:
  void add(std::string_view frame);
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::size_t bytes() const { return ends_.empty() ? 0 : ends_.back(); }

  // Calls `use(frame)` for each in order.
  template <class Use>
  void each(Use&& use) const {
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      use(std::string_view{bytes_.data() + begin, end - begin});
      begin = end;
    }
  }

 private:
  std::vector<char> bytes_;
  std::vector<std::size_t> ends_;
};

// The frames of a recording's WebSocket sessions, at most `count_max`, and whose they are: of
// `venue` or, where that is empty, as the header says.
struct RecordedFrames {
  std::string venue;
  Frames frames;
};
[[nodiscard]] Result<RecordedFrames> recorded_frames(const std::filesystem::path& file,
                                                     std::size_t count_max,
                                                     std::string_view venue = {});

// What the simulated venue sends to a client that asked for all of its channels.
[[nodiscard]] Frames simulated_frames(std::string_view venue, std::size_t count);

}  // namespace mp::bench
