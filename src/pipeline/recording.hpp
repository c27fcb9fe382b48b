// L4. Recording: the raw frames of a shard, as a file: what it is called, and what is said when it
// cannot be written.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "codec/recording_lines.hpp"
#include "core/result.hpp"
#include "net/clock.hpp"
#include "obs/log.hpp"
#include "pipeline/recording_thread.hpp"

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

// Belongs to the shard's thread while that runs, but for failed(). Lines are made there, and
// written by a thread of its own. Where that does not keep up, lines are left out and not waited
// for: the recording says how many are missing, where they would stand.
class Recording {
 public:
  static constexpr std::size_t kQueueBytesMax = std::size_t{64} << 20U;
  // `log` outlives it.
  static Result<std::unique_ptr<Recording>> open(const std::filesystem::path& file,
                                                 const codec::RecordingHeader& header,
                                                 codec::Existing existing, obs::Logger& log,
                                                 std::size_t queue_bytes_max = kQueueBytesMax);
  // Removes a file in which nothing was ever written: it would be in the way of the next try.
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  void connect(std::string_view conn, Timestamp time, std::string_view url);
  void send(std::string_view conn, Timestamp time, std::string_view data);
  void recv(std::string_view conn, Timestamp time, std::string_view data, codec::Payload payload);
  void http(std::string_view conn, Timestamp time, std::string_view url, std::string_view body);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

  // Hands over the lines so far. Called often enough, it bounds what a kill can cost. Says what
  // went wrong until then: that they cannot be written at once, then again after pauses that grow;
  // that lines are missing whenever they are twice as many.
  void flush(net::SteadyTime now);
  // Returns once what was handed over is with the system, or has failed.
  void wait() { thread_->wait(); }
  // An error too where lines are missing.
  Result<void> close();
  // Closes and removes it.
  void discard();
  [[nodiscard]] bool discarded() const { return discarded_; }
  // Nothing was recorded.
  [[nodiscard]] bool empty() const { return counters_.lines == 0; }
  // It could not be written to its end, and that was said. Any thread may ask.
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_relaxed); }

  struct Counters {
    std::uint64_t lines = 0;
    std::uint64_t lost_lines = 0;  // of them
    std::uint64_t lost_bytes = 0;
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] RecordingThread::Statistics written() const { return thread_->statistics(); }

 private:
  Recording(std::filesystem::path file, std::unique_ptr<RecordingThread> thread, obs::Logger& log)
      : file_(std::move(file)), thread_(std::move(thread)), log_(log) {}
  void line_done(Timestamp time);
  [[nodiscard]] std::string& block();
  void hand_over();
  void lose(std::uint64_t lines, std::uint64_t bytes);
  void tell_lost();

  const std::filesystem::path file_;
  const std::unique_ptr<RecordingThread> thread_;
  obs::Logger& log_;
  codec::RecordingLines lines_;  // not handed over yet
  Timestamp first_{};            // of these
  Timestamp last_{};
  codec::LostLines lost_;  // not told in the recording yet
  Counters counters_;
  std::uint64_t told_lost_ = 0;
  bool begun_ = false;
  bool closed_ = false;
  bool discarded_ = false;
  std::atomic<bool> failed_{false};
  net::SteadyTime say_again_{};
  unsigned times_said_ = 0;
};

}  // namespace mp::pipeline
