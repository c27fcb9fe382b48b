#include "pipeline/work_queue.hpp"

#include <algorithm>
#include <tuple>

#include "core/assert.hpp"
#include "core/back_off.hpp"

namespace mp::pipeline {
namespace {

constexpr BackOff kCallPauses{.first = std::chrono::milliseconds{500},
                              .most = std::chrono::seconds{32}};
// What the venue refuses it may grant one day.
constexpr BackOff kRefusedCallPauses{.first = std::chrono::seconds{10},
                                     .most = std::chrono::hours{1}};
// Repairs of one book that come quicker than this after each other wait longer and longer.
constexpr std::chrono::seconds kRepairsCalm{60};
// A snapshot that was asked for on the socket has come by then, or is asked for again.
constexpr std::chrono::seconds kSocketAnswer{10};
// Another shard may end a call, or begin one first, without our being told. Of our own calls we
// are.
constexpr std::chrono::milliseconds kTurnWait{20};
constexpr std::chrono::milliseconds kOwnTurnWait{1000};

bool is_repair(JobKind kind) {
  return kind == JobKind::resubscribe || kind == JobKind::snapshot || kind == JobKind::renewal;
}

// What a call needs at least.
std::uint32_t least_weight(const Job& job) {
  return job.instead.target.empty() ? job.call.weight
                                    : std::min(job.call.weight, job.instead.weight);
}

// Deepening leaves as much as that for what may come.
VenueBudget::Leave leave_of(const Job& job) {
  return job.kind == JobKind::deepen ? VenueBudget::Leave::half : VenueBudget::Leave::nothing;
}

}  // namespace

bool WorkQueue::on_socket(const Job& job) const {
  return is_repair(job.kind) && (job.kind == JobKind::resubscribe || config_.snapshots_on_socket);
}

void WorkQueue::add_listing(venue::RestCall call, net::SteadyTime now) {
  listings_.push_back({.call = std::move(call)});
  begin(listings_.size() - 1, now);
}

// A new round: what still waits of the round before is asked for by this one.
void WorkQueue::begin(std::size_t listing, net::SteadyTime now) {
  std::erase_if(jobs_, [&](const Job& job) {
    return job.kind == JobKind::listing && job.listing == listing;
  });
  Listing& of = listings_[listing];
  ++of.round;
  of.untried = of.made = 1;
  of.missing = 0;
  of.again = false;
  jobs_.push_back({.kind = JobKind::listing,
                   .call = of.call,
                   .listing = listing,
                   .round = of.round,
                   .due = now});
}

void WorkQueue::add_poll(venue::RestCall call, Stream* stream, std::chrono::seconds every,
                         net::SteadyTime due) {
  jobs_.push_back({.kind = JobKind::poll,
                   .stream = stream,
                   .call = std::move(call),
                   .every = every,
                   .due = due});
}

void WorkQueue::expect_book(const Stream& stream) {
  Repairs& of = repairs_[&stream];
  if (of.rank) return;
  of.rank = expected_++;
  of.awaited = true;
  ++awaited_;
}

void WorkQueue::forget_book(const Stream& stream) {
  drop_repairs(stream);
  const auto known = repairs_.find(&stream);
  if (known == repairs_.end()) return;
  if (known->second.awaited) --awaited_;
  repairs_.erase(known);
}

void WorkQueue::repair(Stream& stream, JobKind kind, Snapshot calls, net::SteadyTime now) {
  MP_ASSERT(is_repair(kind));
  Repairs& before = repairs_[&stream];
  if (now - before.last > kRepairsCalm) before.recent = 0;
  before.last = now;
  const auto wait = before.recent == 0 ? std::chrono::milliseconds{0} : back_off(before.recent - 1);
  ++before.recent;
  drop_repairs(stream);
  jobs_.push_back({.kind = kind,
                   .stream = &stream,
                   .rank = before.rank.value_or(0),
                   .call = std::move(calls.deep),
                   .instead = std::move(calls.shallow),
                   .due = now + wait});
}

void WorkQueue::deepen(Stream& stream, venue::RestCall call, net::SteadyTime now) {
  drop_repairs(stream);
  jobs_.push_back({.kind = JobKind::deepen,
                   .stream = &stream,
                   .rank = repairs_[&stream].rank.value_or(0),
                   .call = std::move(call),
                   .due = now});
}

void WorkQueue::backfill(Stream& stream, TradeWatch::Range ids, venue::RestCall call,
                         std::uint32_t page, net::SteadyTime due) {
  jobs_.push_back({.kind = JobKind::backfill,
                   .stream = &stream,
                   .call = std::move(call),
                   .ids = ids,
                   .round = page,
                   .due = due});
}

bool WorkQueue::repairs(const Stream& stream) const {
  return std::ranges::any_of(
      jobs_, [&](const Job& job) { return is_repair(job.kind) && job.stream == &stream; });
}

void WorkQueue::drop_repairs(const Stream& stream) {
  std::erase_if(jobs_,
                [&](const Job& job) { return is_of_book(job.kind) && job.stream == &stream; });
}

std::vector<Job>::iterator WorkQueue::next(net::SteadyTime now) {
  return std::ranges::min_element(jobs_, {}, [&](const Job& job) {
    return std::tuple{job.due > now, job.kind, job.rank, job.due};
  });
}

// A deep snapshot only where the weight would do for one of every book that waits.
void WorkQueue::choose_depth(Job& job, net::SteadyTime now, const VenueBudget& budget) const {
  if (job.instead.target.empty()) return;
  const auto waiting =
      static_cast<std::size_t>(std::ranges::count(jobs_, JobKind::snapshot, &Job::kind));
  const auto deep = std::max(job.call.weight, job.instead.weight);
  const bool all = budget.has_weight(deep * std::max(waiting, awaited_), now);
  if (all != (job.call.weight == deep)) std::swap(job.call, job.instead);
}

std::optional<WorkQueue::Taken> WorkQueue::take(net::SteadyTime now, VenueBudget& budget) {
  while (true) {
    const auto next = this->next(now);
    if (next == jobs_.end() || next->due > now) return std::nullopt;
    if (next->kind == JobKind::listing && next->round != listings_[next->listing].round) {
      if (listings_[next->listing].lacks_itself) {
        // It is asked for as it is, with growing pauses.
        listings_[next->listing].again = false;
        jobs_.erase(next);
      } else {
        begin(next->listing, now);
      }
      continue;
    }
    Taken taken;
    if (!on_socket(*next)) {
      choose_depth(*next, now, budget);
      taken.turn = budget.begin_call(now, next->call.weight, leave_of(*next));
      if (!taken.turn.taken()) return std::nullopt;
      ++under_way_;
    }
    taken.job = std::move(*next);
    *next = std::move(jobs_.back());
    jobs_.pop_back();
    return taken;
  }
}

net::SteadyTime WorkQueue::wake_at(net::SteadyTime now, const VenueBudget& budget) const {
  auto at = net::SteadyTime::max();
  const Job* waiting = nullptr;  // for its turn: take() has left it
  for (const Job& job : jobs_) {
    if (job.due > now || on_socket(job)) {
      at = std::min(at, job.due);
    } else if (waiting == nullptr || job.kind < waiting->kind) {
      waiting = &job;
    }
  }
  if (waiting != nullptr) {
    const auto turn = budget.calls_free_at(now, least_weight(*waiting), leave_of(*waiting));
    at = std::min(at, std::max(turn, now + (under_way_ > 0 ? kOwnTurnWait : kTurnWait)));
  }
  return at;
}

std::size_t WorkQueue::done(Job job, std::vector<venue::RestCall> further, net::SteadyTime now) {
  --under_way_;
  if (job.kind == JobKind::listing) return listing_done(job, std::move(further), now);
  if (job.kind == JobKind::snapshot && std::exchange(repairs_[job.stream].awaited, false))
    --awaited_;
  if (job.every.count() == 0) return 0;
  job.attempt = 0;
  job.due = now + job.every;
  jobs_.push_back(std::move(job));
  return 0;
}

std::size_t WorkQueue::listing_done(const Job& job, std::vector<venue::RestCall> further,
                                    net::SteadyTime now) {
  Listing& of = listings_[job.listing];
  of.came = true;
  if (job.round != of.round) return 0;
  if (job.call == of.call) of.lacks_itself = false;
  const std::size_t taken = std::min(further.size(), kListingCallsMax - of.made);
  const std::size_t refused = further.size() - taken;
  further.resize(taken);
  for (auto& call : further) {
    ++of.made;
    ++of.untried;
    jobs_.push_back({.kind = JobKind::listing,
                     .call = std::move(call),
                     .listing = job.listing,
                     .round = of.round,
                     .due = now});
  }
  if (job.attempt > 0) {
    --of.missing;
  } else {
    --of.untried;
  }
  plan_next_round(job.listing, now);
  return refused;
}

// Once the round has been through, the next one is queued, whatever of this one is still missing.
void WorkQueue::plan_next_round(std::size_t listing, net::SteadyTime now) {
  Listing& of = listings_[listing];
  if (of.untried > 0 || of.again) return;
  of.again = true;
  jobs_.push_back({.kind = JobKind::listing,
                   .call = of.call,
                   .listing = listing,
                   .round = of.round + 1,
                   .due = now + config_.listing_every});
}

std::chrono::milliseconds WorkQueue::failed(Job job, Failure failure, net::SteadyTime now) {
  --under_way_;
  const auto wait = back_off(job.attempt, failure);
  if (job.kind == JobKind::listing) {
    Listing& of = listings_[job.listing];
    if (job.round != of.round) return wait;  // the newer round has asked for it
    if (job.attempt == 0) {
      ++of.missing;
      --of.untried;
      of.lacks_itself = of.lacks_itself || job.call == of.call;
      plan_next_round(job.listing, now);
    }
  }
  ++job.attempt;
  job.due = now + wait;
  if (job.kind != JobKind::backfill || job.attempt < kBackfillTries)
    jobs_.push_back(std::move(job));
  return wait;
}

std::chrono::milliseconds WorkQueue::list_again(net::SteadyTime now) {
  const auto wait = back_off(listed_again_++);
  for (Job& job : jobs_) {
    if (job.kind == JobKind::listing && job.round != listings_[job.listing].round)
      job.due = std::min(job.due, now + wait);
  }
  return wait;
}

void WorkQueue::watch(Job job, net::SteadyTime now) {
  job.due = now + kSocketAnswer + back_off(job.attempt);
  ++job.attempt;
  jobs_.push_back(std::move(job));
}

bool WorkQueue::listings_tried() const {
  return std::ranges::all_of(listings_, [](const Listing& each) { return each.untried == 0; });
}

bool WorkQueue::any_listing_came() const {
  return listings_.empty() || std::ranges::any_of(listings_, &Listing::came);
}

std::size_t WorkQueue::listings_missing() const {
  std::size_t sum = 0;
  for (const Listing& each : listings_) sum += each.missing;
  return sum;
}

std::size_t WorkQueue::calls_waiting(net::SteadyTime now) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      jobs_, [&](const Job& job) { return job.due <= now && !on_socket(job); }));
}

std::chrono::milliseconds WorkQueue::back_off(unsigned attempt, Failure failure) {
  // A refusal may be a slip, once.
  const bool lasting = failure == Failure::lasting && attempt > 0;
  const auto longest = (lasting ? kRefusedCallPauses : kCallPauses).longest(attempt);
  return spread_upper(longest, static_cast<std::uint32_t>(random_()));
}

}  // namespace mp::pipeline
