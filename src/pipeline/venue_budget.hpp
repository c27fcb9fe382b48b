// L4. VenueBudget: what a venue allows us, over all shards together.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "net/clock.hpp"
#include "net/session.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

// Shared by the feeds of one venue, each on its shard's thread: a venue counts what comes from our
// address, whichever thread sent it. Asked for connects and REST calls, never on the message path.
class VenueBudget {
 public:
  explicit VenueBudget(const venue::Limits& limits)
      : pacer_(limits.connects.pace()),
        between_calls_(limits.rest_calls.pace()),
        calls_max_(limits.rest_calls_at_once) {}
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
      if (budget_ != nullptr) budget_->calls_.fetch_sub(1, std::memory_order_relaxed);
    }
    [[nodiscard]] bool taken() const { return budget_ != nullptr; }

   private:
    VenueBudget* budget_ = nullptr;
  };

  // Not taken() where too many are under way, or the last one began too short a time ago.
  [[nodiscard]] Call begin_call(net::SteadyTime now) {
    if (calls_.fetch_add(1, std::memory_order_relaxed) < calls_max_) {
      auto free_at = free_at_.load(std::memory_order_relaxed);
      while (free_at <= now) {
        if (free_at_.compare_exchange_weak(free_at, now + between_calls_)) return Call{*this};
      }
    }
    calls_.fetch_sub(1, std::memory_order_relaxed);
    return Call{};
  }
  [[nodiscard]] net::SteadyTime calls_free_at() const {
    return free_at_.load(std::memory_order_relaxed);
  }
  // The venue wants no call at all before `until`.
  void pause_calls(net::SteadyTime until) {
    auto free_at = free_at_.load(std::memory_order_relaxed);
    while (free_at < until && !free_at_.compare_exchange_weak(free_at, until)) {
    }
  }

 private:
  net::ConnectPacer pacer_;
  const net::Milliseconds between_calls_;
  const std::size_t calls_max_;
  std::atomic<std::size_t> calls_{0};
  std::atomic<net::SteadyTime> free_at_{net::SteadyTime{}};
};

// By venue. Filled before any thread uses it.
using VenueBudgets = std::map<std::string, VenueBudget, std::less<>>;

}  // namespace mp::pipeline
