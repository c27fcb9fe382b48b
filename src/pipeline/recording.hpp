// L4. Recording: the raw frames of a shard, as a file: what it is called, and what is said when it
// cannot be written.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "codec/recording.hpp"
#include "core/result.hpp"
#include "net/clock.hpp"
#include "obs/log.hpp"

namespace mp::pipeline {

// `file` for shard 0; for another one the name before its endings carries the number.
[[nodiscard]] std::filesystem::path file_of_shard(const std::filesystem::path& file,
                                                  std::uint32_t number);

// What to do about a file of the same name: a recording cannot be made again.
enum class IfExists : std::uint8_t {
  refuse,
  replace,
  next_name,  // record beside it: s.2.ndjson.zst, s.3.ndjson.zst, ...
};

// The first of `file`, FILE.2, FILE.3, ... up to `names_max` that no shard has a file of. Empty
// when there is none left. What is no regular file (a pipe, /dev/null) can be used again and again.
[[nodiscard]] std::filesystem::path next_name(const std::filesystem::path& file,
                                              std::uint32_t shards, unsigned names_max);

// The name to record to. ErrorKind::usage when the file exists and must not be touched.
[[nodiscard]] Result<std::filesystem::path> name_recording(const std::filesystem::path& file,
                                                           std::uint32_t shards,
                                                           IfExists if_exists);

// Belongs to the shard's thread while that runs, but for failed().
class Recording {
 public:
  // `log` outlives it.
  static Result<std::unique_ptr<Recording>> open(const std::filesystem::path& file,
                                                 const codec::RecordingWriter::Header& header,
                                                 codec::Existing existing, obs::Logger& log);
  // Removes a file in which nothing was ever written: it would be in the way of the next try.
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  [[nodiscard]] codec::RecordingWriter& writer() { return *writer_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

  // Hands the lines so far to the system. Called often enough, it bounds what a kill can cost. When
  // they cannot be written, says so: at once, then again after pauses that grow.
  void flush(net::SteadyTime now);
  Result<void> close();
  // Closes and removes it.
  void discard();
  [[nodiscard]] bool discarded() const { return discarded_; }
  // Nothing was recorded.
  [[nodiscard]] bool empty() const { return writer_->empty(); }
  // It could not be written to its end.
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  Recording(std::filesystem::path file, std::unique_ptr<codec::RecordingWriter> writer,
            obs::Logger& log)
      : file_(std::move(file)), writer_(std::move(writer)), log_(log) {}

  const std::filesystem::path file_;
  const std::unique_ptr<codec::RecordingWriter> writer_;
  obs::Logger& log_;
  bool begun_ = false;
  bool discarded_ = false;
  std::atomic<bool> failed_{false};
  net::SteadyTime say_again_{};
  unsigned times_said_ = 0;
};

}  // namespace mp::pipeline
