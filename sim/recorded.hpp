// A recording in memory, as a server needs it: frames by connection, REST answers by URL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "codec/recording.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace mp::sim {

struct RecordedFrame {
  std::string payload;
  bool binary = false;
  std::uint64_t line = 0;   // of the file, from 1
  Nanoseconds offset = {};  // from the connection's first frame; never less than the one before
};

// From one connect to the next of the same name.
struct RecordedConnection {
  std::string name;
  std::string target;              // path and query of its URL; empty when the recording says none
  bool waits_for_request = false;  // the client spoke before the first frame came
  std::vector<RecordedFrame> frames;
};

struct RecordedAnswer {
  std::string target;
  std::string body;
  std::uint64_t line = 0;
};

struct Recording {
  std::vector<RecordedConnection> connections;  // those with frames, in order of their first line
  std::vector<RecordedAnswer> answers;          // in order of arrival
  std::string problem;                          // why it ends before its end; empty: it does not

  [[nodiscard]] std::size_t frames() const {
    std::size_t all = 0;
    for (const auto& connection : connections) all += connection.frames.size();
    return all;
  }
};

// Payloads of a recording that is served; the largest that are known have some 40 MB.
inline constexpr std::size_t kRecordingBytesMax = std::size_t{2} << 30U;

// ErrorKind::data when there is nothing to serve in it.
[[nodiscard]] Result<Recording> load_recording(const std::filesystem::path& path,
                                               std::size_t bytes_max = kRecordingBytesMax);
[[nodiscard]] Result<Recording> load_recording(codec::RecordingReader& reader,
                                               std::string_view name, std::size_t bytes_max);

// Path and query of a URL, "/" for a bare host; of a target, itself.
[[nodiscard]] std::string target_of(std::string_view url);

}  // namespace mp::sim
