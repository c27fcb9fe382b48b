// L4. RecordingThread: writes a recording's blocks of lines on a thread of its own, so that neither
// a slow disk nor the compression holds up who collects.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "codec/recording_file.hpp"
#include "core/result.hpp"

namespace mp::pipeline {

class RecordingThread {
 public:
  static Result<std::unique_ptr<RecordingThread>> start(std::unique_ptr<codec::RecordingFile> file,
                                                        std::size_t queue_bytes_max);
  ~RecordingThread();
  RecordingThread(const RecordingThread&) = delete;
  RecordingThread& operator=(const RecordingThread&) = delete;

  // Takes the block and leaves another text, which is empty. Never waits: where the queue is full
  // the answer is false, and the block stays as it is. An empty queue takes a block of any size.
  [[nodiscard]] bool put(std::string& block);
  // What was put so far goes to the system as soon as it is written.
  void flush();
  // Returns once that is done.
  void wait();
  // Takes a last block in any case, writes all there is and ends the file.
  Result<void> close(std::string& last);

  struct Statistics {
    std::uint64_t blocks = 0;           // written
    std::uint64_t bytes = 0;            // of text, written
    std::uint64_t file_bytes = 0;       // that this became
    std::size_t queued_bytes = 0;       // put, not written yet
    std::size_t queued_bytes_most = 0;  // so far
    std::optional<Error> failure;       // the first one; what was put after it is not written
  };
  [[nodiscard]] Statistics statistics() const;

 private:
  RecordingThread(std::unique_ptr<codec::RecordingFile> file, std::size_t queue_bytes_max)
      : file_(std::move(file)), queue_bytes_max_(queue_bytes_max) {}
  void run();
  void enqueue(std::string& block);

  const std::unique_ptr<codec::RecordingFile> file_;  // the thread's, until it has ended
  const std::size_t queue_bytes_max_;
  // The collecting thread holds it for some moves in each block, this one never during a write.
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::deque<std::string> blocks_;
  std::vector<std::string> spare_;  // for put() to leave
  bool flush_ = false;
  bool busy_ = false;
  bool closing_ = false;
  Statistics statistics_;
  std::thread thread_;
};

}  // namespace mp::pipeline
