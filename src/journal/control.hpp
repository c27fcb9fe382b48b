// L2. The control page: how far the writer is, and waking readers that wait.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>

#include "core/result.hpp"
#include "journal/format.hpp"
#include "journal/store.hpp"

namespace mp::journal {

class Control {
 public:
  // The writer's: creates the page, or takes over the one of an earlier writer.
  static Result<Control> create(Store& store);
  // A reader's; absent() where the journal has none, as a copy of segments alone.
  static Result<Control> open(Store& store);

  [[nodiscard]] bool absent() const { return page_ == nullptr; }
  ControlPage* operator->() const { return page_; }

  [[nodiscard]] WriterState state() const {
    return static_cast<WriterState>(page_->state.load(std::memory_order_acquire));
  }
  void set_state(WriterState state) const {
    page_->state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
  }

  // Writer: tells how far it is, and wakes whoever waits. A system call only if somebody does.
  void publish(std::uint64_t next_index) const;

  // Writer: Writer::promise. Never takes one back.
  void promise(std::int64_t ts_recv_ns) const;
  [[nodiscard]] std::int64_t promised() const {
    return page_->promised.load(std::memory_order_acquire);
  }

  // Reader: says that somebody waits, for the next publish() or promise(). Look once more whether
  // it came, then sleep on the word. A reader that may not write sleeps kPollInterval at most.
  [[nodiscard]] FutexWord prepare_wait() const { return prepare_wait(page_->waiting, page_->wake); }
  [[nodiscard]] FutexWord prepare_wait_for_promise() const {
    return prepare_wait(page_->promise_waiting, page_->promise_wake);
  }
  [[nodiscard]] bool writable() const { return writable_; }
  static constexpr std::chrono::milliseconds kPollInterval{2};

  // Reader: sleeps until the next publish(), unless ready() is true. May return early.
  template <std::predicate Ready>
  void wait(std::chrono::nanoseconds longest, Ready ready) const {
    const std::uint32_t seen = page_->wake.load(std::memory_order_seq_cst);
    if (writable_) {
      // In this order: either the writer sees that somebody waits, or we see what it published.
      page_->waiting.exchange(1, std::memory_order_seq_cst);
    } else if (longest > kPollInterval) {
      longest = kPollInterval;  // a reader that may not write cannot say that it waits
    }
    if (!ready()) futex_wait(page_->wake, seen, longest);
  }

 private:
  [[nodiscard]] FutexWord prepare_wait(std::atomic<std::uint32_t>& waiting,
                                       const std::atomic<std::uint32_t>& wake) const {
    const FutexWord word{&wake, wake.load(std::memory_order_seq_cst)};
    if (writable_) waiting.exchange(1, std::memory_order_seq_cst);
    return word;
  }

  Mapping mapping_;
  ControlPage* page_ = nullptr;
  bool writable_ = false;
};

}  // namespace mp::journal
