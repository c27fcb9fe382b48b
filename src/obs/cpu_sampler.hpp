// L1. CpuSampler: looks, a hundred times for each second of processor time, where each thread of
// this process is. Off until it is made; there is one at a time. Sources: timer_create(2),
// process_vm_readv(2), proc(5).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>

#include "core/result.hpp"

namespace mp::obs {

// A thread at one moment: its registers, and what its stack had from `sp` on.
struct CpuSample {
  static constexpr std::size_t kStackBytesMax = std::size_t{32} << 10U;

  int thread = 0;  // its number in /proc/self/task
  std::uintptr_t pc = 0;
  std::uintptr_t sp = 0;
  std::uintptr_t fp = 0;
  std::size_t stack_bytes = 0;
  std::array<std::byte, kStackBytesMax> stack;

  [[nodiscard]] std::span<const std::byte> stack_copied() const {
    return std::span{stack}.first(stack_bytes);
  }
};

// Each thread has a timer that runs by the processor time of that thread and sends it SIGPROF; the
// handler copies registers and stack into one of some slots that were allocated before. What they
// mean is found out later, by drain(), where nothing is in the way: a handler that follows the
// stack by itself would end the process at a stack that it misreads.
class CpuSampler {
 public:
  static constexpr int kHertz = 100;  // the kernel's tick is often no finer than 250

  // ErrorKind::unavailable: there is one already, or this machine has no such timers.
  static Result<std::unique_ptr<CpuSampler>> start();
  ~CpuSampler();
  CpuSampler(const CpuSampler&) = delete;
  CpuSampler& operator=(const CpuSampler&) = delete;

  // Threads that were begun since the last call are looked at from now on.
  void watch_new_threads();
  // Hands over what has been taken, and makes room. Call it every few ten milliseconds.
  void drain(const std::function<void(const CpuSample&)>& each);
  // How many had no room.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum class State : int { free, filling, full };
  struct Slot {
    std::atomic<State> state{State::free};
    CpuSample sample;
  };
  static constexpr std::size_t kSlots = 64;
  static constexpr std::size_t kThreadsMax = 256;

  CpuSampler() = default;
  static void on_signal(int signal, void* info, void* context);
  void take(const void* context);
  [[nodiscard]] bool watch(int thread);

  std::unique_ptr<std::array<Slot, kSlots>> slots_;
  std::atomic<std::uint64_t> dropped_{0};
  std::map<int, void*> timers_;  // by thread
};

}  // namespace mp::obs
