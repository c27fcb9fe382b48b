#include "sink/staged_file.hpp"

#include <cerrno>

#include "sink/files.hpp"

namespace mp::sink {

Result<void> StagedFile::begin(std::string_view header) {
  auto file = create_file(path_);
  if (!file) return file.error();
  file_ = file.take();
  encoder_.restart();
  add(header);
  bytes_ = 0;
  return {};
}

Written StagedFile::put() {
  const Done done = write_all(file_, pending_);
  pending_.erase(0, done.bytes);
  bytes_ += done.bytes;
  if (done.code == 0) return {};
  return {Outcome::retriable, file_error("write", path_, done.code).message};
}

Written StagedFile::finish(const std::filesystem::path& target) {
  if (!complete_) {
    encoder_.write({}, LineEncoder::End::file, pending_);
    complete_ = true;
  }
  if (auto written = put(); written.outcome != Outcome::done) return written;
  if (const int code = durable_ && file_.open() ? sync_all(file_) : 0; code != 0)
    return lose(file_error("make durable", path_, code));
  file_.close();
  if (moved_to_.empty()) {
    crash_point("files.before_rename");
    const auto moved = move_file(path_, target);
    if (!moved) return {Outcome::retriable, moved.error().message};
    if (*moved == Moved::was_not_there) return lose(file_error("rename", path_, ENOENT));
    moved_to_ = target.parent_path();
    crash_point("files.after_rename");
  }
  if (auto synced = durable_ ? sync_folder(moved_to_) : Result<void>{}; !synced)
    return {Outcome::retriable, synced.error().message};
  moved_to_.clear();
  complete_ = false;
  return {};
}

// After a failed fsync nobody knows what the file holds, and asking again proves nothing.
Written StagedFile::lose(const Error& error) {
  file_.close();
  pending_.clear();
  complete_ = false;
  return {Outcome::rewind, error.message};
}

}  // namespace mp::sink
