#include "codec/recording.hpp"

namespace mp::codec {
namespace {

constexpr std::size_t kWriteBytes = std::size_t{256} << 10U;

}  // namespace

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::open(const std::filesystem::path& path,
                                                               const RecordingHeader& header,
                                                               Existing existing) {
  auto file = RecordingFile::open(path, existing);
  if (!file) return file.error();
  std::unique_ptr<RecordingWriter> writer{new RecordingWriter{file.take()}};
  writer->lines_.header(header);
  return writer;
}

RecordingWriter::~RecordingWriter() {
  static_cast<void>(close().ok());
}

void RecordingWriter::recv(std::string_view conn, Timestamp time, std::string_view data,
                           Payload payload) {
  lines_.recv(conn, time, data, payload);
  if (lines_.text().size() >= kWriteBytes) static_cast<void>(write_out().ok());  // flush() tells
}

Result<void> RecordingWriter::write_out() {
  auto written = file_->write(lines_.text());
  lines_.clear();
  return written;
}

Result<void> RecordingWriter::flush() {
  if (auto written = write_out(); !written) return written;
  return file_->flush();
}

Result<void> RecordingWriter::close() {
  const auto written = lines_.lines() > 0 ? write_out() : Result<void>{};
  auto closed = file_->close();
  return written ? closed : written;
}

}  // namespace mp::codec
