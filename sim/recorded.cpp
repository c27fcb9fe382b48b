#include "sim/recorded.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace mp::sim {
namespace {

class Loader {
 public:
  void take(const codec::RecordingLine& line) {
    switch (line.kind) {
      case codec::LineKind::header:
      case codec::LineKind::lost:
        return;
      case codec::LineKind::http:
        recording_.answers.push_back(
            {.target = target_of(line.url), .body = std::string(line.data), .line = line.number});
        return;
      case codec::LineKind::connect:
        begin(line.conn).target = line.url.empty() ? std::string{} : target_of(line.url);
        return;
      case codec::LineKind::send: {
        RecordedConnection& connection = current(line.conn);
        if (connection.frames.empty()) connection.waits_for_request = true;
        return;
      }
      case codec::LineKind::recv:
        add_frame(line);
        return;
    }
  }

  Recording finish() {
    std::erase_if(recording_.connections, [](const auto& each) { return each.frames.empty(); });
    return std::move(recording_);
  }

 private:
  struct Place {
    std::size_t connection = 0;
    std::optional<Timestamp> first;
  };

  RecordedConnection& begin(std::string_view name) {
    places_.insert_or_assign(std::string(name), Place{recording_.connections.size(), {}});
    RecordedConnection& connection = recording_.connections.emplace_back();
    connection.name = name;
    return connection;
  }
  RecordedConnection& current(std::string_view name) {
    const auto found = places_.find(name);
    return found == places_.end() ? begin(name) : recording_.connections[found->second.connection];
  }

  void add_frame(const codec::RecordingLine& line) {
    RecordedConnection& connection = current(line.conn);
    std::optional<Timestamp>& first = places_.find(line.conn)->second.first;
    if (!first) first = line.time;
    Nanoseconds offset = first && line.time ? *line.time - *first : Nanoseconds{0};
    if (!connection.frames.empty()) offset = std::max(offset, connection.frames.back().offset);
    connection.frames.push_back({.payload = std::string(line.data),
                                 .binary = line.payload == codec::Payload::binary,
                                 .line = line.number,
                                 .offset = offset});
  }

  Recording recording_;
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace

std::string target_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url.empty() ? "/" : url);
  const std::size_t path = url.find_first_of("/?", scheme + 3);
  if (path == std::string_view::npos) return "/";
  return (url[path] == '?' ? "/" : "") + std::string(url.substr(path));
}

Result<Recording> load_recording(const std::filesystem::path& path, std::size_t bytes_max) {
  auto reader = codec::RecordingReader::open(path);
  if (!reader) return reader.error();
  return load_recording(**reader, path.string(), bytes_max);
}

Result<Recording> load_recording(codec::RecordingReader& reader, std::string_view name,
                                 std::size_t bytes_max) {
  Loader loader;
  std::size_t bytes = 0;
  while (const auto line = reader.next()) {
    if (line->bare)
      return Error{.kind = ErrorKind::data,
                   .message = std::string(name) + ":" + std::to_string(line->number) +
                              " is no line of a recording; expected an object with a \"t\""};
    bytes += line->data.size();
    if (bytes > bytes_max)
      return Error{.kind = ErrorKind::data,
                   .message = std::string(name) + " is too large to be served; expected at most " +
                              std::to_string(bytes_max) + " bytes of frames and answers"};
    loader.take(*line);
  }
  Recording recording = loader.finish();
  recording.problem = reader.problem();
  if (recording.connections.empty() && recording.answers.empty()) {
    std::string message = std::string(name) + " holds nothing that could be served; expected a " +
                          "recording with frames or REST answers";
    if (!recording.problem.empty()) message += " (" + recording.problem + ")";
    return Error{.kind = ErrorKind::data, .message = std::move(message)};
  }
  return recording;
}

}  // namespace mp::sim
