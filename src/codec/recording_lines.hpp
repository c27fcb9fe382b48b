// L2. The lines of a recording as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace mp::codec {

enum class Payload : std::uint8_t { text, binary };

struct RecordingHeader {
  std::string_view venue;
  Timestamp recorded;
  std::string_view program;  // name and version
};

// Lines that should have come here, and are not in the recording.
struct LostLines {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  Timestamp since{};  // the time of the first one
  Timestamp until{};  // and of the last one
};

class RecordingLines {
 public:
  void header(const RecordingHeader& header);
  void connect(std::string_view conn, Timestamp time, std::string_view url);
  void send(std::string_view conn, Timestamp time, std::string_view data);
  void recv(std::string_view conn, Timestamp time, std::string_view data, Payload payload);
  void http(std::string_view conn, Timestamp time, std::string_view url, std::string_view body);
  void lost(const LostLines& lost);

  // All lines since it was emptied. Whoever takes it leaves another text, which is emptied.
  [[nodiscard]] std::string& text() { return text_; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  void clear() {
    text_.clear();
    lines_ = 0;
  }

 private:
  void begin(std::string_view kind, std::string_view conn, Timestamp time);
  void add_data(std::string_view data, Payload payload);
  void end();

  std::string text_;
  std::uint64_t lines_ = 0;
};

}  // namespace mp::codec
