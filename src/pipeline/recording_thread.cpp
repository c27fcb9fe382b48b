#include "pipeline/recording_thread.hpp"

#include <algorithm>
#include <system_error>

namespace mp::pipeline {
namespace {

constexpr std::size_t kSpareBlocksMax = 8;
constexpr std::size_t kSpareBytesMax = std::size_t{1} << 20U;  // a listing's text is not kept

}  // namespace

Result<std::unique_ptr<RecordingThread>> RecordingThread::start(
    std::unique_ptr<codec::RecordingFile> file, std::size_t queue_bytes_max) {
  std::unique_ptr<RecordingThread> made{new RecordingThread{std::move(file), queue_bytes_max}};
  try {
    made->thread_ = std::thread{[thread = made.get()] { thread->run(); }};
  } catch (const std::system_error& error) {
    return os_error("cannot start the thread of a recording", error.code().value());
  }
  return made;
}

RecordingThread::~RecordingThread() {
  std::string nothing;
  if (thread_.joinable()) static_cast<void>(close(nothing).ok());
}

// With the mutex.
void RecordingThread::enqueue(std::string& block) {
  statistics_.queued_bytes += block.size();
  statistics_.queued_bytes_most = std::max(statistics_.queued_bytes_most, statistics_.queued_bytes);
  blocks_.push_back(std::move(block));
  block.clear();
  if (spare_.empty()) return;
  block = std::move(spare_.back());
  spare_.pop_back();
}

bool RecordingThread::put(std::string& block) {
  {
    const std::lock_guard guard{mutex_};
    const auto queued = statistics_.queued_bytes;
    if (queued > 0 && queued + block.size() > queue_bytes_max_) return false;
    enqueue(block);
  }
  work_.notify_one();
  return true;
}

void RecordingThread::flush() {
  {
    const std::lock_guard guard{mutex_};
    flush_ = true;
  }
  work_.notify_one();
}

void RecordingThread::wait() {
  std::unique_lock lock{mutex_};
  idle_.wait(lock, [&] { return blocks_.empty() && !flush_ && !busy_; });
}

Result<void> RecordingThread::close(std::string& last) {
  {
    const std::lock_guard guard{mutex_};
    if (!last.empty()) enqueue(last);
    closing_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
  const auto closed = file_->close();
  const std::lock_guard guard{mutex_};
  statistics_.file_bytes = file_->bytes();
  if (!closed && !statistics_.failure) statistics_.failure = closed.error();
  if (statistics_.failure) return *statistics_.failure;
  return {};
}

// Until it is closed and all is written. A flush comes behind what was put before it.
void RecordingThread::run() {
  std::unique_lock lock{mutex_};
  while (true) {
    work_.wait(lock, [&] { return !blocks_.empty() || flush_ || closing_; });
    if (blocks_.empty() && !flush_) return;
    const bool writes = !blocks_.empty();
    std::string block;
    if (writes) {
      block = std::move(blocks_.front());
      blocks_.pop_front();
    } else {
      flush_ = false;
    }
    busy_ = true;
    lock.unlock();
    const auto done = writes ? file_->write(block) : file_->flush();
    const auto file_bytes = file_->bytes();
    lock.lock();
    busy_ = false;
    statistics_.queued_bytes -= block.size();
    statistics_.file_bytes = file_bytes;
    if (!done && !statistics_.failure) statistics_.failure = done.error();
    if (done && writes) {
      ++statistics_.blocks;
      statistics_.bytes += block.size();
    }
    if (writes && spare_.size() < kSpareBlocksMax && block.capacity() <= kSpareBytesMax) {
      block.clear();
      spare_.push_back(std::move(block));
    }
    idle_.notify_all();
  }
}

RecordingThread::Statistics RecordingThread::statistics() const {
  const std::lock_guard guard{mutex_};
  return statistics_;
}

}  // namespace mp::pipeline
