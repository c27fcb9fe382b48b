// L4. VenueBudget: what a venue allows us, over all shards together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "net/clock.hpp"
#include "net/session.hpp"
#include "venue/traits.hpp"

namespace mp::pipeline {

// What was spent in a window that ends now.
class SpentWindow {
 public:
  explicit SpentWindow(const venue::Window& window) : window_(window) {}

  // 0: no limit is known.
  [[nodiscard]] std::uint64_t most() const { return window_.count; }

  // When `amount` may be spent. More than the whole window allows goes through when it is empty.
  [[nodiscard]] net::SteadyTime free_at(std::uint64_t amount, net::SteadyTime now) const;
  void spend(std::uint64_t amount, net::SteadyTime now);

 private:
  struct Part {
    net::SteadyTime at;
    std::uint64_t amount;
  };
  venue::Window window_;
  std::deque<Part> parts_;  // those older than the window are of no account
  std::uint64_t sum_ = 0;   // of all parts
};

// Shared by the feeds of one venue, each on its shard's thread: a venue counts what comes from our
// address, whichever thread sent it. Asked for connects and REST calls, never on the message path.
class VenueBudget {
 public:
  explicit VenueBudget(const venue::Limits& limits, net::ConnectPacer* all_connects = nullptr)
      : pacer_({.between = limits.connects.pace(), .failing = net::ConnectPacer::Failing::slower},
               all_connects),
        calls_max_(limits.rest_calls_at_once),
        calls_(limits.rest_calls),
        weight_(limits.rest_weight) {}
  VenueBudget(const VenueBudget&) = delete;
  VenueBudget& operator=(const VenueBudget&) = delete;

  [[nodiscard]] net::ConnectPacer& pacer() { return pacer_; }

  // A REST call under way; taken() until it goes.
  class Call {
   public:
    Call() = default;
    explicit Call(VenueBudget& budget) : budget_(&budget) {}
    Call(Call&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
    Call& operator=(Call&& other) noexcept {
      std::swap(budget_, other.budget_);
      return *this;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
      if (budget_ != nullptr) budget_->end_call();
    }
    [[nodiscard]] bool taken() const { return budget_ != nullptr; }

   private:
    VenueBudget* budget_ = nullptr;
  };

  // What a call leaves of the venue's weight for others.
  enum class Leave : std::uint8_t { nothing, half };

  // Not taken() where too many are under way, or the venue's windows have no room for one more.
  [[nodiscard]] Call begin_call(net::SteadyTime now, std::uint32_t weight,
                                Leave leave = Leave::nothing);
  // When the windows have room; how many are under way is another matter.
  [[nodiscard]] net::SteadyTime calls_free_at(net::SteadyTime now, std::uint32_t weight,
                                              Leave leave = Leave::nothing) const;
  // Whether so much may be spent now, were it in one call or many.
  [[nodiscard]] bool has_weight(std::uint64_t weight, net::SteadyTime now) const;
  // The venue wants no call at all before `until`.
  void pause_calls(net::SteadyTime until);

 private:
  void end_call();
  [[nodiscard]] net::SteadyTime free_at(net::SteadyTime now, std::uint32_t weight,
                                        Leave leave) const;

  net::ConnectPacer pacer_;
  const std::size_t calls_max_;
  mutable std::mutex mutex_;
  std::size_t under_way_ = 0;
  SpentWindow calls_;
  SpentWindow weight_;
  net::SteadyTime paused_until_{};
};

// By venue. Filled before any thread uses it.
using VenueBudgets = std::map<std::string, VenueBudget, std::less<>>;

}  // namespace mp::pipeline
