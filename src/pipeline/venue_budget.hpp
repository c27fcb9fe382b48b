// L4. VenueBudget: what a venue allows us, over all shards together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/clock.hpp"
#include "net/connect_pacer.hpp"
#include "pipeline/budget_file.hpp"
#include "pipeline/call_limit.hpp"
#include "pipeline/connection_share.hpp"
#include "pipeline/feed_config.hpp"
#include "pipeline/spent_window.hpp"
#include "venue/traits.hpp"

namespace mp::pipeline {

// Shared by the feeds of one venue, each on its shard's thread: a venue counts what comes from our
// address, whichever thread or process sent it. Asked for connects and REST calls, never on the
// message path.
class VenueBudget {
 public:
  // What is shared with others; all outlive it, and each may be null. And how many connections a
  // user allows.
  struct Shared {
    net::ConnectPacer* connects = nullptr;      // of all venues
    CallLimit* calls = nullptr;                 // likewise
    BudgetMemory* memory = nullptr;             // of this venue, with other processes
    net::ConnectPacer::Memory* pace = nullptr;  // likewise
    std::size_t connections_max = kConnectionsMaxDefault;
  };
  explicit VenueBudget(const venue::Limits& limits) : VenueBudget(limits, Shared{}) {}
  VenueBudget(const venue::Limits& limits, const Shared& shared);
  VenueBudget(const VenueBudget&) = delete;
  VenueBudget& operator=(const VenueBudget&) = delete;

  [[nodiscard]] net::ConnectPacer& pacer() { return pacer_; }
  [[nodiscard]] ConnectionShare& connections() { return connections_; }

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
  // The venue has told (Limits::rest_spent) what it has counted: what we did not spend, others at
  // our address did.
  void learn_spent(std::string_view told, net::SteadyTime now);
  [[nodiscard]] std::uint64_t weight_spent(net::SteadyTime now) const { return weight_.spent(now); }

 private:
  void end_call();

  net::ConnectPacer pacer_;
  ConnectionShare connections_;
  const std::size_t calls_max_;
  const venue::SpentHeader spent_header_;
  CallLimit* const all_calls_;
  const CallLimit::Venue place_;  // among all_calls_
  std::atomic<std::size_t> under_way_{0};
  std::unique_ptr<BudgetMemory> own_memory_;  // unless it is shared
  BudgetMemory& memory_;
  SpentWindow calls_;
  SpentWindow weight_;
};

// What a feed's budget shares with other processes by `file`, which may be null.
[[nodiscard]] VenueBudget::Shared shared_of(BudgetFile* file, const FeedConfig& feed,
                                            const venue::Limits& limits);

// What tells one budget from another: who counts, and the address that we come from.
struct BudgetName {
  std::string_view venue;
  std::string_view rest_url;
  std::string_view proxy;
  std::string_view source{};
};
[[nodiscard]] std::string key_of(const BudgetName& name, const venue::Limits& limits);

// By venue. Filled before any thread uses it.
using VenueBudgets = std::map<std::string, VenueBudget, std::less<>>;

}  // namespace mp::pipeline
