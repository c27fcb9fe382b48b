#include "codec/recording.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "codec/recording_base64.hpp"

namespace mp::codec {
namespace {

// Hands `text` out in pieces of `piece` bytes: lines and magic bytes come split.
class TextSource final : public ByteSource {
 public:
  TextSource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(std::span<char> out) override {
    const std::size_t count = std::min({piece_, out.size(), text_.size() - at_});
    text_.copy(out.data(), count, at_);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

struct Read {
  std::vector<std::pair<LineKind, std::string>> lines;
  std::vector<std::optional<Timestamp>> times;
  std::vector<std::uint64_t> numbers;
  RecordingCounts counts;
  std::string problem;
};

Read read_all(std::string text, std::size_t piece = 1 << 16, std::size_t line_max = 1 << 20) {
  RecordingReader reader{std::make_unique<TextSource>(std::move(text), piece), line_max};
  Read out;
  while (const auto line = reader.next()) {
    out.lines.emplace_back(line->kind, std::string{line->data});
    out.times.push_back(line->time);
    out.numbers.push_back(line->number);
  }
  out.counts = reader.counts();
  out.problem = reader.problem();
  return out;
}

std::string compressed(std::string_view text) {
  std::string out;
  ZstdEncoder{3}.write(text, ZstdEncoder::End::frame, out);
  return out;
}

class TempDir {
 public:
  TempDir() {
    std::string text = std::filesystem::temp_directory_path() / "mp_recording_XXXXXX";
    path_ = ::mkdtemp(text.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

constexpr std::string_view kThreeLines =
    R"({"t":"header","exchange":"BINANCE","config":{"a":["b"]}})"
    "\n"
    R"({"t": "connect", "conn": "c1", "ts": 1617647602.623478, "addr": "wss://x/y"})"
    "\n"
    R"({"t":"recv","conn":"c1","ts":1.5,"ts_ns":1723161253937085768,"data":"{\"a\":\"\\u00e9\"}"})"
    "\n";

TEST(Recording, reads_each_kind_of_line_whatever_the_pieces) {
  for (const std::size_t piece : {1U, 3U, 7U, 4096U}) {
    for (const bool zipped : {false, true}) {
      const std::string text = zipped ? compressed(kThreeLines) : std::string{kThreeLines};
      const Read read = read_all(text, piece);
      ASSERT_EQ(read.lines.size(), 3U) << piece;
      EXPECT_EQ(read.lines[0].first, LineKind::header);
      EXPECT_EQ(read.lines[1].first, LineKind::connect);
      EXPECT_EQ(read.times[1], from_nanoseconds(1617647602623478000));
      EXPECT_EQ(read.lines[2].second, R"({"a":"\u00e9"})");
      EXPECT_EQ(read.times[2], from_nanoseconds(1723161253937085768));
      EXPECT_EQ(read.problem, "");
      EXPECT_EQ(read.counts.lines, 3U);
    }
  }
}

TEST(Recording, takes_url_or_addr_and_venue_or_exchange) {
  RecordingReader reader{std::make_unique<TextSource>(std::string{kThreeLines}, 100)};
  EXPECT_EQ(reader.next()->venue, "BINANCE");
  EXPECT_EQ(reader.next()->url, "wss://x/y");
}

TEST(Recording, counts_unknown_and_damaged_lines_and_goes_on) {
  const Read read = read_all(R"({"t":"recv","conn":"c","ts":1,"data":"x"})"
                             "\n"
                             R"({"t":"note","text":"hello"})"
                             "\n\n"
                             R"({"t":"recv","conn":"c","ts":1})"
                             "\n"
                             R"({"t":"recv","conn":"c","b64":"?bad"})"
                             "\n{{{ nonsense\n"
                             R"({"t":"recv","conn":"c","ts":2,"b64":"aGVsbG8="})"
                             "\n");
  ASSERT_EQ(read.lines.size(), 2U);
  EXPECT_EQ(read.lines[1].second, "hello");
  EXPECT_EQ(read.numbers[1], 7U);
  EXPECT_EQ(read.counts.unknown, 1U);
  EXPECT_EQ(read.counts.damaged, 3U);
  EXPECT_EQ(read.counts.passed_over(), 4U);
  EXPECT_EQ(read.counts.first_passed_over, 2U);
  EXPECT_EQ(read.problem, "");
}

// Venues have a key "t" of their own: the file decides whether it is that of a recording.
TEST(Recording, takes_every_line_before_a_recording_begins_as_a_frame) {
  const std::vector<std::string> frames = {
      R"({"t":"trade","p":"1.5"})",
      R"({"t":"send","x":1,"ts":5,"conn":"c","url":"u","venue":"v"})",
      R"({"t":"recv","ts_ns":7})",
      R"({"t":"http","url":"https://x"})",
      R"({"t":"recv","b64":"?bad"})",
      R"({"t":"header","config":{}})",
      R"({"t":"connect","id":7})",
      R"({"t":5})",
      R"({"t":"torn)",
      "pong",
  };
  std::string text;
  for (const auto& frame : frames) text += frame + "\n";
  const Read bare = read_all(text);
  ASSERT_EQ(bare.lines.size(), frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(bare.lines[i], (std::pair{LineKind::recv, frames[i]}));
    EXPECT_FALSE(bare.times[i]) << frames[i];
  }
  EXPECT_EQ(bare.counts.passed_over(), 0U);
  EXPECT_EQ(bare.problem, "");

  // In a recording, the same lines are no frames: all but {"t":5} are counted instead.
  const Read recorded = read_all(std::string{kThreeLines} + text);
  EXPECT_EQ(recorded.lines.size(), 3U + 1U);
  EXPECT_EQ(recorded.counts.unknown, 1U);
  EXPECT_EQ(recorded.counts.damaged, frames.size() - 2);
}

// What failed to be an envelope leaves no time, session or address behind in the frame.
TEST(Recording, gives_a_bare_frame_nothing_of_an_envelope) {
  RecordingReader reader{
      std::make_unique<TextSource>(R"({"t":"send","x":1,"ts":5,"conn":"c","url":"u","venue":"v"})"
                                   "\n",
                                   100)};
  const auto line = reader.next();
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->bare);
  EXPECT_EQ(line->conn, "");
  EXPECT_EQ(line->url, "");
  EXPECT_EQ(line->venue, "");
}

TEST(Recording, says_whether_a_frame_was_binary) {
  RecordingReader reader{std::make_unique<TextSource>(R"({"t":"recv","b64":"aGVsbG8="})"
                                                      "\n"
                                                      R"({"t":"recv","data":"hello"})"
                                                      "\n",
                                                      100)};
  EXPECT_EQ(reader.next()->payload, Payload::binary);
  EXPECT_EQ(reader.next()->payload, Payload::text);
}

TEST(Recording, takes_bare_frames_as_recv_without_a_time) {
  const Read read = read_all(R"({"stream":"btcusdt@trade","data":{"e":"trade","t":12}})"
                             "\n[1,\"hb\"]\n"
                             R"({"e":"trade","t":4711,"ts":"x"})"
                             "\n{\"broken\n");
  ASSERT_EQ(read.lines.size(), 4U);  // the adapter judges the broken one
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(read.lines[i].first, LineKind::recv);
    EXPECT_FALSE(read.times[i].has_value());
  }
  EXPECT_EQ(read.lines[1].second, "[1,\"hb\"]");
  EXPECT_EQ(read.counts.damaged, 0U);
}

TEST(Recording, reports_a_torn_last_line_once_and_keeps_what_came_before) {
  const std::string text{kThreeLines};
  for (std::size_t cut = 1; cut < 60; ++cut) {
    const Read read = read_all(text.substr(0, text.size() - 1 - cut));
    EXPECT_EQ(read.lines.size(), 2U) << cut;
    EXPECT_NE(read.problem.find("the last line, number 3, is torn"), std::string::npos) << cut;
  }
  const Read whole = read_all(text.substr(0, text.size() - 1));  // only its line end is missing
  EXPECT_EQ(whole.lines.size(), 3U);
  EXPECT_EQ(whole.problem, "");
}

TEST(Recording, reports_a_truncated_or_damaged_zstd_stream) {
  std::string lines{kThreeLines};
  for (int i = 0; i < 20'000; ++i) {
    lines += R"({"t":"recv","conn":"c","ts":1,"data":")" + std::to_string(i * 7919) + "\"}\n";
  }
  std::string text = compressed(lines);
  const Read cut = read_all(text.substr(0, text.size() / 2));
  EXPECT_GT(cut.lines.size(), 100U);
  EXPECT_LT(cut.lines.size(), 20'003U);
  EXPECT_NE(cut.problem.find("cut off"), std::string::npos) << cut.problem;
  text[text.size() / 2] = static_cast<char>(~text[text.size() / 2]);
  text[text.size() / 2 + 1] = static_cast<char>(~text[text.size() / 2 + 1]);
  EXPECT_NE(read_all(text).problem, "");
}

TEST(Recording, passes_over_a_line_that_is_too_long) {
  const std::string text = R"({"t":"recv","data":")" + std::string(5000, 'x') + "\"}\n" +
                           R"({"t":"recv","data":"y"})" + "\n";
  const Read read = read_all(text, 100, 1000);
  ASSERT_EQ(read.lines.size(), 1U);
  EXPECT_EQ(read.lines[0].second, "y");
  EXPECT_EQ(read.numbers[0], 2U);
  EXPECT_EQ(read.counts.too_long, 1U);
}

TEST(Recording, comes_back_as_it_was_written) {
  const TempDir dir;
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const auto at = from_nanoseconds(1764000000123456789);
  for (const char* name : {"a.ndjson", "a.ndjson.zst"}) {
    RecordingLines lines;
    lines.header({.venue = "binance", .recorded = at, .program = "marketprism test"});
    lines.connect("c1", at, "wss://x");
    lines.send("c1", at, R"({"op":"subscribe"})");
    lines.recv("c1", at, "quote \" back \\ line \n é 🚀", Payload::text);
    lines.recv("c1", at, bytes, Payload::text);
    lines.recv("c1", at, "plain", Payload::binary);
    lines.http("c1", at, "https://x/y?z=1", R"({"lastUpdateId":1})");
    lines.lost({.lines = 7, .bytes = 90, .since = {}, .until = at});
    auto file = RecordingFile::open(dir.path() / name, Existing::refuse);
    ASSERT_TRUE(file.ok()) << file.error().message;
    ASSERT_TRUE((*file)->write(lines.text()).ok());
    ASSERT_TRUE((*file)->close().ok());
    EXPECT_GT((*file)->bytes(), 0U);

    auto reader = RecordingReader::open(dir.path() / name);
    ASSERT_TRUE(reader.ok());
    const auto header = (*reader)->next();
    ASSERT_TRUE(header);
    EXPECT_EQ(header->venue, "binance");
    EXPECT_EQ(header->time, at);
    EXPECT_EQ((*reader)->next()->url, "wss://x");
    EXPECT_EQ((*reader)->next()->data, R"({"op":"subscribe"})");
    EXPECT_EQ((*reader)->next()->data, "quote \" back \\ line \n é 🚀");
    EXPECT_EQ((*reader)->next()->data, bytes);
    EXPECT_EQ((*reader)->next()->data, "plain");
    const auto http = (*reader)->next();
    EXPECT_EQ(http->kind, LineKind::http);
    EXPECT_EQ(http->conn, "c1");
    EXPECT_EQ(http->data, R"({"lastUpdateId":1})");
    const auto lost = (*reader)->next();
    EXPECT_EQ(lost->kind, LineKind::lost);
    EXPECT_EQ(lost->lost, 7U);
    EXPECT_EQ(lost->time, at);
    EXPECT_EQ((*reader)->counts().lost, 7U);
    EXPECT_FALSE((*reader)->next());
    EXPECT_EQ((*reader)->problem(), "");
  }
}

TEST(Recording, is_never_truncated_unless_that_is_wanted) {
  const TempDir dir;
  const auto file = dir.path() / "a.ndjson";
  const RecordingHeader header{.venue = "okx", .recorded = {}, .program = "test"};
  ASSERT_TRUE(RecordingWriter::open(file, header, Existing::refuse).ok());
  const auto size = std::filesystem::file_size(file);
  EXPECT_GT(size, 0U);
  const auto refused = RecordingWriter::open(file, header, Existing::refuse);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::io);
  EXPECT_EQ(std::filesystem::file_size(file), size);
  auto replaced = RecordingWriter::open(file, header, Existing::replace);
  ASSERT_TRUE(replaced.ok());
  EXPECT_EQ(std::filesystem::file_size(file), 0U);
  EXPECT_TRUE(RecordingWriter::open("/dev/null", header, Existing::refuse).ok());
}

// What a kill leaves of a recording that is flushed.
TEST(Recording, can_be_read_up_to_its_last_flush) {
  const TempDir dir;
  for (const char* name : {"a.ndjson", "a.ndjson.zst"}) {
    auto writer = RecordingWriter::open(
        dir.path() / name, {.venue = "okx", .recorded = {}, .program = "test"}, Existing::refuse);
    ASSERT_TRUE(writer.ok());
    for (std::size_t lines = 1; lines < 5; ++lines) {
      ASSERT_TRUE((*writer)->flush().ok());
      ASSERT_TRUE((*writer)->flush().ok());  // nothing new costs nothing
      const auto bytes = (*writer)->bytes();
      ASSERT_TRUE((*writer)->flush().ok());
      EXPECT_EQ((*writer)->bytes(), bytes);
      auto reader = RecordingReader::open(dir.path() / name);
      ASSERT_TRUE(reader.ok());
      std::size_t read = 0;
      while ((*reader)->next()) ++read;
      EXPECT_EQ(read, lines) << name;
      (*writer)->recv("c", {}, "frame", Payload::text);
    }
  }
}

TEST(Recording, says_which_file_cannot_be_opened) {
  const auto reader = RecordingReader::open("/nowhere/x.ndjson");
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().kind, ErrorKind::io);
  EXPECT_NE(reader.error().message.find("/nowhere/x.ndjson"), std::string::npos);
}

TEST(Recording, base64_is_strict) {
  for (std::size_t size = 0; size < 50; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i * 37));
    std::string text;
    append_base64(bytes, text);
    std::string back;
    ASSERT_TRUE(decode_base64(text, back));
    EXPECT_EQ(back, bytes);
  }
  std::string out;
  for (const char* text : {"a", "ab", "abc", "ab=c", "a===", "====", "ab!d", "ab==abcd"}) {
    EXPECT_FALSE(decode_base64(text, out)) << text;
  }
  EXPECT_EQ(out, "");
}

// Real recordings, where they are: every line is understood.
TEST(Recording, reads_whole_recordings_of_real_venues) {
  const std::filesystem::path root{MP_SHARED_DATA};
  if (!std::filesystem::exists(root)) GTEST_SKIP() << "no recordings at " << root;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    const auto folder = entry.path().parent_path().filename();
    if (folder == "fixtures" || folder == "pairs") continue;
    if (entry.path().string().find(".ndjson") == std::string::npos) continue;
    auto reader = RecordingReader::open(entry.path());
    ASSERT_TRUE(reader.ok());
    std::map<LineKind, std::uint64_t> kinds;
    while (const auto line = (*reader)->next()) {
      ++kinds[line->kind];
      bytes += line->text.size();
      ASSERT_FALSE(line->bare) << entry.path() << ":" << line->number;
      ASSERT_TRUE(line->time || line->kind != LineKind::recv);
    }
    EXPECT_EQ((*reader)->problem(), "") << entry.path();
    EXPECT_EQ((*reader)->counts().damaged + (*reader)->counts().unknown, 0U) << entry.path();
    EXPECT_EQ(kinds[LineKind::header], 1U) << entry.path();
    EXPECT_GT(kinds[LineKind::recv] + kinds[LineKind::http], 0U) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 30U);
  std::cout << files << " recordings, " << bytes / 1'000'000 << " MB\n";
}

}  // namespace
}  // namespace mp::codec
