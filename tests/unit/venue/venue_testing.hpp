// Helpers of the venue tests: events as text, files of lines, recordings.
#pragma once

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_encode.hpp"
#include "codec/json_exact.hpp"
#include "codec/recording_base64.hpp"
#include "venue/registry.hpp"

namespace mp::venue::testing {

// Keeps what it gets, as the native JSON form without the closing brace.
class Collector final : public EventHandler {
 public:
  void on_event(Event& event) override {
    codec::append_json(event, lines.emplace_back(), codec::Closing::open);
    ++counts[static_cast<std::size_t>(event.channel())];
  }
  void clear() { *this = {}; }
  [[nodiscard]] std::size_t count(Channel channel) const {
    return counts[static_cast<std::size_t>(channel)];
  }

  std::vector<std::string> lines;
  std::array<std::size_t, kChannelCount> counts{};
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (path.extension() != ".zst") return text;
  ZSTD_DStream* const stream = ZSTD_createDStream();
  std::string out;
  std::string chunk(std::size_t{1} << 20U, '\0');
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  while (in.pos < in.size) {
    ZSTD_outBuffer piece{chunk.data(), chunk.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream, &piece, &in);
    if (ZSTD_isError(result) != 0U) break;
    out.append(chunk.data(), piece.pos);
  }
  ZSTD_freeDStream(stream);
  return out;
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// One line of a recording, as far as these tests care. Views live until the reader's next restart.
struct RecordedLine {
  std::string_view kind;
  std::optional<std::string_view> data;
  std::optional<std::string_view> url;
  std::optional<std::string_view> b64{};
};
using RecordedShape =
    codec::Shape<codec::Field<"t", &RecordedLine::kind>, codec::Field<"url", &RecordedLine::url>,
                 codec::Field<"data", &RecordedLine::data>,
                 codec::Field<"b64", &RecordedLine::b64>>;

// One line of a golden folder's frames.jsonl: a frame, bare as it came from the socket or as a line
// of a recording ({"t":"recv","data":...} or "b64"), a REST answer ({"t":"http",...}), or a line
// that says where what follows came from ({"t":"header",...}, "connect", "send").
struct GoldenLine {
  enum class Kind : std::uint8_t { frame, answer, note };
  Kind kind = Kind::frame;
  std::string url;
  std::string data;
};
inline GoldenLine golden_line(const std::string& text) {
  GoldenLine line;
  line.data = text;
  const auto is = [&](std::string_view kind) {
    const auto start = std::string{kind}.append("\"");  // other recorders put a space in front
    return text.starts_with(R"({"t":")" + start) || text.starts_with(R"({"t": ")" + start);
  };
  if (is("header") || is("connect") || is("send")) line.kind = GoldenLine::Kind::note;
  if (!is("http") && !is("recv")) return line;
  codec::ExactReader reader;
  RecordedLine read;
  EXPECT_TRUE(reader.read<RecordedShape>(text, read)) << text;
  line.kind = read.kind == "http" ? GoldenLine::Kind::answer : GoldenLine::Kind::frame;
  line.url = read.url.value_or("");
  line.data = read.data.value_or("");
  if (read.b64) {
    EXPECT_TRUE(codec::decode_base64(*read.b64, line.data)) << text;
  }
  return line;
}

// The folder of real recordings; empty where there is none.
inline std::filesystem::path shared_data() {
  const char* const named = std::getenv("MP_SHARED_DATA");
  std::filesystem::path path = named != nullptr ? named : MP_SHARED_DATA;
  return std::filesystem::is_directory(path) ? path : std::filesystem::path{};
}

// The frame with the number of the request that it answers as a word; empty: it has none.
inline std::string with_word_for_number(std::string frame, std::string_view key) {
  const auto found = frame.find(key);
  if (found == std::string::npos) return {};
  const auto at = found + key.size();
  const std::size_t quoted = frame[at] == '"' ? 1 : 0;
  const auto end = frame.find_first_not_of("0123456789", at + quoted);
  if (end == at + quoted || end == std::string::npos) return {};
  if (quoted == 1 && frame[end] != '"') return {};  // a word already
  return frame.replace(at, end + quoted - at, R"("seven-1")");
}

}  // namespace mp::venue::testing
