// L2. Recordings: raw frames and REST answers with their receive times, one JSON object per line,
// plain or zstd. Format: recording_lines.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/json_exact.hpp"
#include "codec/recording_file.hpp"
#include "codec/recording_lines.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace mp::codec {

// lost: lines are missing here.
enum class LineKind : std::uint8_t { header, connect, send, recv, http, lost };

// One line of a recording. Views live until the reader's next().
struct RecordingLine {
  LineKind kind = LineKind::recv;
  std::uint64_t number = 0;  // of the line in its file, from 1
  bool bare = false;         // the line is a frame itself, without an envelope
  std::string_view conn;     // which session; empty when the line does not say
  std::optional<Timestamp> time;
  std::string_view url;             // of connect and http
  std::string_view data;            // the frame or the body as it came; base64 is decoded
  Payload payload = Payload::text;  // binary: `data` was written as base64
  std::string_view venue;           // of the header: its "venue" or "exchange"
  std::uint64_t lost = 0;           // of lost: how many lines
  std::string_view text;            // the whole line
};

struct RecordingCounts {
  std::uint64_t lines = 0;              // with text in them
  std::uint64_t unknown = 0;            // "t" names no kind that is known here
  std::uint64_t damaged = 0;            // not JSON, or without what its kind needs
  std::uint64_t too_long = 0;           // longer than kRecordingLineMax: skipped
  std::uint64_t lost = 0;               // that the recording itself says are missing
  std::uint64_t first_passed_over = 0;  // the number of the first line that one of these counts
  [[nodiscard]] std::uint64_t unread() const { return damaged + too_long; }
  [[nodiscard]] std::uint64_t passed_over() const { return unknown + unread(); }
};

// A REST answer with a venue's whole catalogue has some 20 MB.
inline constexpr std::size_t kRecordingLineMax = std::size_t{128} << 20U;

// Where bytes come from: 0 is the end.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual Result<std::size_t> read(std::span<char> out) = 0;
};

// Reads recordings (.ndjson, or zstd by its first bytes) and files of bare frames, one per line. A
// recording begins with its first proper line, normally the header. Whatever comes before is a bare
// frame, a `recv` line without a time, whichever keys it has: venues have a "t" of their own. In a
// recording a line is bare if it is JSON and has no "t" with a text.
class RecordingReader {
 public:
  // "-" is the standard input.
  static Result<std::unique_ptr<RecordingReader>> open(const std::filesystem::path& path);
  explicit RecordingReader(std::unique_ptr<ByteSource> source,
                           std::size_t line_max = kRecordingLineMax);
  ~RecordingReader();

  // The next line; nothing at the end. Lines of no use are counted and passed over.
  std::optional<RecordingLine> next();

  [[nodiscard]] const RecordingCounts& counts() const { return counts_; }
  // Of the file, as far as it was read: compressed ones where it is compressed.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  // Why the recording ends before its end (torn line, cut or damaged zstd stream, read error), in
  // one sentence; empty when all is well. What came before it is good.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  enum class Take : std::uint8_t { line, skip, end };
  struct Input;

  Take take_line(std::string_view& line);
  bool fill();
  Result<std::size_t> read_plain(std::span<char> out);
  bool parse(std::string_view text, RecordingLine& line);
  bool pass_over(std::uint64_t& count);
  bool parse_envelope(std::string_view text, RecordingLine& line);

  std::unique_ptr<Input> input_;
  std::size_t line_max_;
  std::string buffer_;
  std::size_t at_ = 0;       // of the next line in buffer_
  std::size_t scanned_ = 0;  // no line end before this
  bool ended_ = false;
  bool skipping_ = false;       // in a line that is too long
  bool line_complete_ = false;  // the last line taken had its line end
  bool seen_envelope_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_read_ = 0;
  RecordingCounts counts_;
  std::string problem_;
  ExactReader json_;
  std::string decoded_;
};

// Writes a recording of frames, on the thread that calls it.
class RecordingWriter {
 public:
  // ErrorKind::io or permission when the file cannot be made.
  static Result<std::unique_ptr<RecordingWriter>> open(const std::filesystem::path& path,
                                                       const RecordingHeader& header,
                                                       Existing existing);
  ~RecordingWriter();
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;

  void recv(std::string_view conn, Timestamp time, std::string_view data, Payload payload);
  // Its owner calls it from time to time; by itself the writer waits for many lines.
  Result<void> flush();
  Result<void> close();
  [[nodiscard]] std::uint64_t bytes() const { return file_->bytes(); }

 private:
  explicit RecordingWriter(std::unique_ptr<RecordingFile> file) : file_(std::move(file)) {}
  Result<void> write_out();

  std::unique_ptr<RecordingFile> file_;
  RecordingLines lines_;
};

}  // namespace mp::codec
