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
  static constexpr std::chrono::milliseconds kPollInterval{2};

  Mapping mapping_;
  ControlPage* page_ = nullptr;
  bool writable_ = false;
};

}  // namespace mp::journal
