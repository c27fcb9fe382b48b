#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "codec/json_encode.hpp"
#include "codec/recording.hpp"
#include "codec/recording_base64.hpp"

namespace mp::codec {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{256} << 10U;
constexpr int kLevel = 3;

void append_seconds(Timestamp time, std::string& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%lld.%09lld",
                                 static_cast<long long>(seconds.time_since_epoch().count()),
                                 static_cast<long long>((time - seconds).count()));
  out.append(text.data(), static_cast<std::size_t>(size));
}

OpenedFile open_recording(const std::filesystem::path& path, Existing existing) {
  const int fresh = existing == Existing::replace ? O_TRUNC : O_EXCL;
  OpenedFile file = open_file(path, O_WRONLY | O_CREAT | fresh);
  if (file.code != EEXIST) return file;
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode))
    return open_file(path, O_WRONLY);
  return file;
}

}  // namespace

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::open(const std::filesystem::path& path,
                                                               const Header& header,
                                                               Existing existing) {
  OpenedFile file = open_recording(path, existing);
  if (file.code != 0) return os_error("cannot make the recording " + path.string(), file.code);
  std::unique_ptr<RecordingWriter> writer{
      new RecordingWriter{path, std::move(file.fd), path.extension() == ".zst"}};
  writer->lines_.append("{\"t\":\"header\"");
  append_json_key("venue", writer->lines_);
  append_json_string(header.venue, writer->lines_);
  append_json_key("program", writer->lines_);
  append_json_string(header.program, writer->lines_);
  append_json_key("ts", writer->lines_);
  append_seconds(header.recorded, writer->lines_);
  append_json_key("ts_ns", writer->lines_);
  append_json_integer(to_nanoseconds(header.recorded), writer->lines_);
  writer->end();
  return writer;
}

RecordingWriter::RecordingWriter(std::filesystem::path path, Fd file, bool compressed)
    : path_(std::move(path)), file_(std::move(file)) {
  if (compressed) encoder_ = std::make_unique<ZstdEncoder>(kLevel);
}

RecordingWriter::~RecordingWriter() {
  if (file_.open()) static_cast<void>(close().ok());
}

void RecordingWriter::begin(std::string_view kind, std::string_view conn, Timestamp time) {
  lines_.append("{\"t\":\"").append(kind).append("\"");
  append_json_key("conn", lines_);
  append_json_string(conn, lines_);
  append_json_key("ts", lines_);
  append_seconds(time, lines_);
  append_json_key("ts_ns", lines_);
  append_json_integer(to_nanoseconds(time), lines_);
}

// Text that is not UTF-8 would not come back as it was: it goes the way of binary frames.
void RecordingWriter::add_data(std::string_view data, Payload payload) {
  if (payload == Payload::text && simdjson::validate_utf8(data.data(), data.size())) {
    append_json_key("data", lines_);
    append_json_string(data, lines_);
    return;
  }
  append_json_key("b64", lines_);
  lines_.push_back('"');
  append_base64(data, lines_);
  lines_.push_back('"');
}

void RecordingWriter::end() {
  lines_.append("}\n");
  ++ended_;
  if (lines_.size() < kWriteBytes) return;
  static_cast<void>(write_out(ZstdEncoder::End::none).ok());  // kept in failure_
}

void RecordingWriter::connect(std::string_view conn, Timestamp time, std::string_view url) {
  begin("connect", conn, time);
  append_json_key("url", lines_);
  append_json_string(url, lines_);
  end();
}

void RecordingWriter::send(std::string_view conn, Timestamp time, std::string_view data) {
  begin("send", conn, time);
  add_data(data, Payload::text);
  end();
}

void RecordingWriter::recv(std::string_view conn, Timestamp time, std::string_view data,
                           Payload payload) {
  begin("recv", conn, time);
  add_data(data, payload);
  end();
}

void RecordingWriter::http(std::string_view conn, Timestamp time, std::string_view url,
                           std::string_view body) {
  begin("http", conn, time);
  append_json_key("url", lines_);
  append_json_string(url, lines_);
  add_data(body, Payload::text);
  end();
}

Result<void> RecordingWriter::write_out(ZstdEncoder::End end) {
  if (failure_) {
    lines_.clear();
    return *failure_;
  }
  std::string_view rest = lines_;
  if (encoder_) {
    out_.clear();
    encoder_->write(lines_, end, out_);
    rest = out_;
  }
  const Done done = write_all(file_, rest);
  bytes_ += done.bytes;
  if (done.code != 0)
    failure_ = os_error("cannot write the recording " + path_.string(), done.code);
  lines_.clear();
  if (failure_) return *failure_;
  return {};
}

Result<void> RecordingWriter::flush() {
  return write_out(ZstdEncoder::End::block);
}

Result<void> RecordingWriter::close() {
  if (!file_.open()) return {};
  auto written = write_out(ZstdEncoder::End::frame);
  const int closed = ::close(file_.release());
  if (!written) return written;
  if (closed != 0) return os_error("cannot close the recording " + path_.string(), errno);
  return {};
}

}  // namespace mp::codec
