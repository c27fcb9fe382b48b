#include "pipeline/sink_runner.hpp"

#include <algorithm>
#include <system_error>

#include "core/assert.hpp"
#include "obs/process.hpp"

namespace mp::pipeline {
namespace {

Timestamp clock_now() {
  return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace

SinkRunner::SinkRunner(const SinkRunnerConfig& config, const journal::ReaderConfig& journal,
                       std::unique_ptr<sink::Sink> sink, Chance chance, OpenReader open)
    : config_(config),
      has_cursor_(!journal.name.empty()),
      sink_(std::move(sink)),
      feed_(config, journal, std::move(open), *sink_, std::move(chance)) {}

SinkRunner::~SinkRunner() {
  stop();
}

Result<void> SinkRunner::start() {
  MP_ASSERT(!thread_.joinable());
  if (!has_cursor_) return feed_.open();  // which says so
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error& error) {  // no thread is to be had
    return os_error("cannot start the thread of the sink " + std::string{name()},
                    error.code().value());
  }
  return {};
}

void SinkRunner::begin_stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_.store(true, std::memory_order_release);
  }
  wake_.notify_all();
}

void SinkRunner::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
}

void SinkRunner::run() {
  obs::name_thread("mp-" + config_.name);
  using Steady = std::chrono::steady_clock;
  std::optional<Steady::time_point> deadline;
  while (true) {
    if (!deadline && stopping_.load(std::memory_order_acquire)) {
      deadline = Steady::now() + config_.drain_longest;
      feed_.drain();
    }
    const SinkFeed::State state = feed_.step(clock_now());
    publish();
    if (state == SinkFeed::State::ended || state == SinkFeed::State::failed) break;
    auto pause = feed_.pause();
    if (deadline) {
      const auto left = *deadline - Steady::now();
      if (left <= Steady::duration::zero()) break;
      pause = std::min(pause, std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    if (state == SinkFeed::State::idle) feed_.reader().wait(pause);
    if (state == SinkFeed::State::backing) back_off(pause, deadline.has_value());
  }
  drained_.store(feed_.drained(), std::memory_order_release);
  ended_.store(true, std::memory_order_release);
}

// A stop ends the wait, once.
void SinkRunner::back_off(std::chrono::milliseconds longest, bool draining) {
  std::unique_lock lock{mutex_};
  wake_.wait_for(lock, longest, [&] { return !draining && stopping_.load(); });
}

void SinkRunner::publish() {
  const std::lock_guard lock{mutex_};
  counters_ = feed_.counters();
  if (problem_ != feed_.problem()) problem_ = feed_.problem();
  if (upkeep_.failures != feed_.upkeep().failures || upkeep_.problem != feed_.upkeep().problem)
    upkeep_ = feed_.upkeep();
  if (not_open_.has_value() != feed_.not_open().has_value() || feed_.not_open())
    not_open_ = feed_.not_open();
}

SinkCounters SinkRunner::counters() const {
  const std::lock_guard lock{mutex_};
  return counters_;
}

std::optional<Error> SinkRunner::not_open() const {
  const std::lock_guard lock{mutex_};
  return not_open_;
}

sink::Upkeep SinkRunner::upkeep() const {
  const std::lock_guard lock{mutex_};
  return upkeep_;
}

std::string SinkRunner::problem() const {
  const std::lock_guard lock{mutex_};
  return problem_;
}

}  // namespace mp::pipeline
