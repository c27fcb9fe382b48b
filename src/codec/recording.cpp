#include "codec/recording.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "codec/json_shape.hpp"
#include "codec/recording_base64.hpp"

namespace mp::codec {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10U;

class FileSource final : public ByteSource {
 public:
  FileSource(std::string name, int file) : name_(std::move(name)), file_(file) {}
  ~FileSource() override {
    if (file_ != STDIN_FILENO) ::close(file_);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Result<std::size_t> read(std::span<char> out) override {
    while (true) {
      const ssize_t got = ::read(file_, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR)
        return Error{ErrorKind::io, "cannot read " + name_ + ": " + std::strerror(errno)};
    }
  }

 private:
  std::string name_;
  int file_;
};

// Files that are often taken for recordings, by their first bytes.
struct Foreign {
  std::string_view magic;
  std::string_view what;
};
constexpr std::array kForeign = {
    Foreign{"\x1f\x8b",
            "compressed with gzip; recordings are plain or zstd, so unpack it with "
            "`gzip -d`, or pipe it in with `gzip -dc FILE` and \"-\" for the file"},
    Foreign{"\xfd"
            "7zXZ",
            "compressed with xz; recordings are plain or zstd, so unpack it with `xz -d`"},
    Foreign{"BZh",
            "compressed with bzip2; recordings are plain or zstd, so unpack it with "
            "`bzip2 -d`"},
    Foreign{"PK\x03\x04", "a zip archive; recordings are plain or zstd, so unpack it with `unzip`"},
    Foreign{"PAR1", "a Parquet file, which `marketprism query` reads"},
};

std::string_view foreign(std::string_view bytes) {
  const auto found = std::ranges::find_if(
      kForeign, [&](const Foreign& each) { return bytes.starts_with(each.magic); });
  return found == kForeign.end() ? std::string_view{} : found->what;
}

struct Kind {
  std::optional<Raw> t;
};
using KindShape = Shape<Field<"t", &Kind::t>>;

struct Envelope {
  std::string_view t;
  std::optional<std::string_view> conn;
  std::optional<Decimal> ts;
  std::optional<std::int64_t> ts_ns;
  std::optional<std::string_view> data;
  std::optional<std::string_view> b64;
  std::optional<std::string_view> url;
  std::optional<std::string_view> addr;
  std::optional<std::string_view> venue;
  std::optional<std::string_view> exchange;
  std::optional<std::int64_t> lines;
};
using EnvelopeShape =
    Shape<Field<"t", &Envelope::t>, Field<"conn", &Envelope::conn>, Field<"ts", &Envelope::ts>,
          Field<"ts_ns", &Envelope::ts_ns>, Field<"data", &Envelope::data>,
          Field<"b64", &Envelope::b64>, Field<"url", &Envelope::url>,
          Field<"addr", &Envelope::addr>, Field<"venue", &Envelope::venue>,
          Field<"exchange", &Envelope::exchange>, Field<"lines", &Envelope::lines>>;

std::optional<LineKind> kind_named(std::string_view name) {
  if (name == "recv") return LineKind::recv;
  if (name == "http") return LineKind::http;
  if (name == "send") return LineKind::send;
  if (name == "connect") return LineKind::connect;
  if (name == "header") return LineKind::header;
  if (name == "lost") return LineKind::lost;
  return std::nullopt;
}

// Whether a line of that kind has what makes it one, so that a venue's frame with a key "t" is not
// taken for it.
bool is_whole(LineKind kind, const Envelope& line) {
  if (kind == LineKind::header) return line.venue || line.exchange;
  if (kind == LineKind::connect) return line.conn || line.url || line.addr;
  if (kind == LineKind::lost) return line.lines.value_or(0) > 0;
  return line.data || line.b64;
}

// Seconds to nanoseconds; digits below the nanosecond are cut off.
std::optional<Timestamp> time_of(Decimal seconds) {
  while (seconds.exponent < -9) {
    seconds.mantissa /= 10;
    ++seconds.exponent;
  }
  const auto nanoseconds = mantissa_at(seconds, -9);
  if (!nanoseconds) return std::nullopt;
  return from_nanoseconds(*nanoseconds);
}

std::string_view without_blanks(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

struct RecordingReader::Input {
  std::unique_ptr<ByteSource> source;
  std::unique_ptr<ZstdDecoder> decoder;
  std::string compressed;
  std::size_t at = 0;
  std::size_t end = 0;
  bool begun = false;
  bool ended = false;
};

Result<std::unique_ptr<RecordingReader>> RecordingReader::open(const std::filesystem::path& path) {
  const bool standard_input = path == "-";
  const int file = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const ErrorKind kind = errno == EACCES ? ErrorKind::permission : ErrorKind::io;
    return Error{kind, "cannot open the recording " + path.string() + ": " + std::strerror(errno)};
  }
  const std::string name = standard_input ? "the standard input" : path.string();
  return std::make_unique<RecordingReader>(std::make_unique<FileSource>(name, file));
}

RecordingReader::RecordingReader(std::unique_ptr<ByteSource> source, std::size_t line_max)
    : input_(std::make_unique<Input>()), line_max_(line_max) {
  input_->source = std::move(source);
}

RecordingReader::~RecordingReader() = default;

// Plain bytes, through the decoder where the first bytes say zstd. 0 is the end.
Result<std::size_t> RecordingReader::read_plain(std::span<char> out) {
  Input& in = *input_;
  while (true) {
    if (in.at == in.end && !in.ended) {
      in.compressed.resize(kReadBytes);
      // Four bytes tell whether it is zstd, and a pipe may bring fewer at first.
      std::size_t have = 0;
      do {
        auto got = in.source->read(std::span{in.compressed}.subspan(have));
        if (!got) return got.error();
        if (*got == 0) in.ended = true;
        have += *got;
        bytes_read_ += *got;
      } while (!in.begun && !in.ended && have < kZstdMagic.size());
      in.at = 0;
      in.end = have;
      const auto bytes = std::string_view{in.compressed}.substr(0, have);
      if (const auto what = in.begun ? std::string_view{} : foreign(bytes); !what.empty())
        return Error{ErrorKind::data, fmt::format("this is no recording: it is {}", what)};
      if (!in.begun && bytes.starts_with(kZstdMagic)) in.decoder = std::make_unique<ZstdDecoder>();
      in.begun = true;
    }
    const std::string_view rest{in.compressed.data() + in.at, in.end - in.at};
    if (!in.decoder) {
      const std::size_t count = std::min(rest.size(), out.size());
      std::copy_n(rest.data(), count, out.data());
      in.at += count;
      return count;
    }
    auto step = in.decoder->read(rest, out);
    if (!step) return step.error();
    in.at += step->consumed;
    if (step->produced > 0) return step->produced;
    if (in.at < in.end || !in.ended) continue;
    if (in.decoder->between_frames()) return std::size_t{0};
    return Error{ErrorKind::data, "the zstd stream was cut off"};
  }
}

// Adds bytes to the buffer; false at the end of the input.
bool RecordingReader::fill() {
  if (ended_) return false;
  if (at_ > 0) {
    buffer_.erase(0, at_);
    scanned_ -= at_;
    at_ = 0;
  }
  const std::size_t have = buffer_.size();
  buffer_.resize(have + kReadBytes);
  auto got = read_plain(std::span{buffer_}.subspan(have));
  buffer_.resize(have + (got ? *got : 0));
  if (!got) {
    problem_ = got.error().message;
    if (number_ > 0)
      problem_ += fmt::format(" after line {}; the lines before that were kept", number_);
  }
  ended_ = !got || *got == 0;
  return !ended_;
}

RecordingReader::Take RecordingReader::take_line(std::string_view& line) {
  while (true) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      line = std::string_view{buffer_}.substr(at_, end - at_);
      line_complete_ = true;
      at_ = scanned_ = end + 1;
      break;
    }
    scanned_ = buffer_.size();
    if (scanned_ - at_ > line_max_) {
      skipping_ = true;
      at_ = scanned_;
    }
    if (fill()) continue;
    if (at_ == buffer_.size() && !skipping_) return Take::end;
    line = std::string_view{buffer_}.substr(at_);
    line_complete_ = false;
    at_ = scanned_ = buffer_.size();
    break;
  }
  ++number_;
  if (std::exchange(skipping_, false) || line.size() > line_max_) {
    pass_over(counts_.too_long);
    ++counts_.lines;
    return Take::skip;
  }
  return Take::line;
}

std::optional<RecordingLine> RecordingReader::next() {
  while (true) {
    std::string_view text;
    const Take take = take_line(text);
    if (take == Take::end) return std::nullopt;
    text = without_blanks(text);
    if (take == Take::skip || text.empty()) continue;
    ++counts_.lines;
    RecordingLine line;
    line.number = number_;
    line.text = text;
    if (parse(text, line)) return line;
  }
}

bool RecordingReader::parse(std::string_view text, RecordingLine& line) {
  json_.restart();
  decoded_.clear();
  if (parse_envelope(text, line)) return seen_envelope_ = true;

  // Before a recording has begun everything is a frame that the adapter has to judge: "pong" is no
  // JSON either. In a recording, what is not JSON is a torn line.
  Kind kind;
  const bool json = json_.read<KindShape>(text, kind);
  const bool enveloped = json && kind.t && kind.t->json.starts_with('"');
  if (!seen_envelope_ || (!enveloped && (json || text.front() == '['))) {
    line.kind = LineKind::recv;
    line.bare = true;
    line.data = text;
    return true;
  }
  if (enveloped) {
    std::string_view name = kind.t->json.substr(1);
    name = name.substr(0, name.find('"'));
    return pass_over(kind_named(name) ? counts_.damaged : counts_.unknown);
  }
  if (!line_complete_ && problem_.empty()) {
    problem_ = "the last line, number " + std::to_string(number_) + ", is torn after " +
               std::to_string(text.size()) + " bytes; the lines before it were kept";
  }
  return pass_over(counts_.damaged);
}

// Counts the line; false.
bool RecordingReader::pass_over(std::uint64_t& count) {
  ++count;
  if (counts_.first_passed_over == 0) counts_.first_passed_over = number_;
  return false;
}

// `line` is changed only where the answer is true.
bool RecordingReader::parse_envelope(std::string_view text, RecordingLine& line) {
  if (text.front() != '{') return false;
  Envelope read;
  if (!json_.read<EnvelopeShape>(text, read)) return false;
  const auto kind = kind_named(read.t);
  if (!kind || !is_whole(*kind, read)) return false;
  if (!read.data && read.b64 && !decode_base64(*read.b64, decoded_)) return false;
  line.kind = *kind;
  if (read.conn) line.conn = *read.conn;
  if (*kind == LineKind::lost) {
    line.lost = static_cast<std::uint64_t>(*read.lines);
    counts_.lost += line.lost;
  }
  if (read.ts_ns) {
    line.time = from_nanoseconds(*read.ts_ns);
  } else if (read.ts) {
    line.time = time_of(*read.ts);
  }
  line.url = read.url ? *read.url : read.addr.value_or(std::string_view{});
  line.venue = read.venue ? *read.venue : read.exchange.value_or(std::string_view{});
  if (read.data) {
    line.data = *read.data;
  } else if (read.b64) {
    line.data = decoded_;
    line.payload = Payload::binary;
  }
  return true;
}

}  // namespace mp::codec
