#include "codec/recording_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mp::codec {
namespace {

constexpr int kLevel = 3;

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

Result<std::unique_ptr<RecordingFile>> RecordingFile::open(const std::filesystem::path& path,
                                                           Existing existing) {
  OpenedFile file = open_recording(path, existing);
  if (file.code != 0) return os_error("cannot make the recording " + path.string(), file.code);
  return std::unique_ptr<RecordingFile>{new RecordingFile{path, std::move(file.fd)}};
}

RecordingFile::RecordingFile(std::filesystem::path path, Fd file)
    : path_(std::move(path)), file_(std::move(file)) {
  if (path_.extension() == ".zst") encoder_ = std::make_unique<ZstdEncoder>(kLevel);
}

RecordingFile::~RecordingFile() {
  if (file_.open()) static_cast<void>(close().ok());
}

Result<void> RecordingFile::write_out(std::string_view text, ZstdEncoder::End end) {
  if (failure_) return *failure_;
  if (encoder_) {
    out_.clear();
    encoder_->write(text, end, out_);
    text = out_;
  }
  const Done done = write_all(file_, text);
  bytes_ += done.bytes;
  if (done.code == 0) return {};
  failure_ = os_error("cannot write the recording " + path_.string(), done.code);
  return *failure_;
}

Result<void> RecordingFile::write(std::string_view text) {
  return write_out(text, ZstdEncoder::End::none);
}

Result<void> RecordingFile::flush() {
  return write_out({}, ZstdEncoder::End::block);
}

Result<void> RecordingFile::close() {
  if (!file_.open()) return {};
  auto written = write_out({}, ZstdEncoder::End::frame);
  const int closed = ::close(file_.release());
  if (!written) return written;
  if (closed != 0) return os_error("cannot close the recording " + path_.string(), errno);
  return {};
}

}  // namespace mp::codec
