// The work that books need: REST snapshots and new subscriptions, and the REST calls themselves.
#include <fmt/format.h>

#include <algorithm>

#include "net/clock.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/feed_leg.hpp"

namespace mp::pipeline {
namespace {

constexpr std::chrono::seconds kRestDeadline{20};
constexpr std::chrono::milliseconds kBackOffFirst{500};
constexpr std::chrono::milliseconds kBackOffMax{32'000};
// Repairs of one book that come quicker than this after each other wait longer and longer.
constexpr std::chrono::seconds kRepairsCalm{60};
// Another shard may end a call, or begin one first, without our being told.
constexpr std::chrono::milliseconds kTurnWait{20};

}  // namespace

void Feed::want_snapshot(Stream& stream) {
  schedule(stream, false);
}
void Feed::want_resubscribe(Stream& stream) {
  schedule(stream, true);
}

void Feed::schedule(Stream& stream, bool resubscribe) {
  const auto now = net::steady_now();
  Repairs& repairs = repairs_[&stream];
  if (now - repairs.last > kRepairsCalm) repairs.recent = 0;
  repairs.last = now;
  const auto wait =
      repairs.recent == 0 ? std::chrono::milliseconds{0} : back_off(repairs.recent - 1);
  ++repairs.recent;
  jobs_.push_back({.stream = &stream, .resubscribe = resubscribe, .attempt = 0, .due = now + wait});
  wake_.set();
}

// Makes the REST calls and resubscriptions that books need, the earliest first, at the venue's
// pace.
net::Task<void> Feed::work() {
  TaskGroup calls{parts_.io};
  while (!stopping_) {
    const auto next = std::ranges::min_element(jobs_, {}, &Job::due);
    if (next == jobs_.end()) {
      co_await wake_.wait();
      continue;
    }
    const auto now = net::steady_now();
    const auto due = next->resubscribe ? next->due : std::max(next->due, budget_.calls_free_at());
    if (due > now) {
      co_await wake_.wait_for(std::chrono::ceil<std::chrono::milliseconds>(due - now));
      continue;
    }
    const Job job = *next;
    if (job.resubscribe) {
      jobs_.erase(next);
      resubscribe(*job.stream);
      continue;
    }
    auto turn = budget_.begin_call(now);
    if (!turn.taken()) {
      co_await wake_.wait_for(kTurnWait);
      continue;
    }
    jobs_.erase(next);
    calls.spawn(perform(job, std::move(turn)));
  }
  co_await calls.join();
}

// The right to make a REST call; not taken() when stopped before it came.
net::Task<VenueBudget::Call> Feed::turn() {
  while (!stopping_) {
    auto call = budget_.begin_call(net::steady_now());
    if (call.taken()) co_return call;
    co_await wake_.wait_for(kTurnWait);
  }
  co_return VenueBudget::Call{};
}

// The turn is over with the call.
net::Task<void> Feed::perform(Job job, [[maybe_unused]] VenueBudget::Call turn) {
  const auto request = adapter_->snapshot(job.stream->symbol);
  MP_ASSERT(request.has_value());
  auto response = co_await call(*request);
  Result<void> read = response ? engine_.on_rest(*request, response->body, response->ts_recv)
                               : Result<void>{response.error()};
  wake_.set();
  if (read || stopping_) {
    parts_.journal.publish();
    co_return;
  }
  const auto wait = back_off(job.attempt);
  parts_.log.warn("snapshot_failed", {{"venue", config_.venue},
                                      {"symbol", job.stream->symbol},
                                      {"retry_ms", wait.count()},
                                      {"problem", read.error().message}});
  ++job.attempt;
  job.due = net::steady_now() + wait;
  jobs_.push_back(job);
}

net::Task<Result<net::HttpResponse>> Feed::call(const venue::RestCall& request) {
  const net::Url url = with_target(rest_url_, request.target);
  auto response = co_await http_.get(url, net::steady_now() + kRestDeadline);
  if (!response) co_return response;
  record_http(url.without_query() +
                  request.target.substr(std::min(request.target.find('?'), request.target.size())),
              *response);
  if (response->status == 200) co_return response;
  // 429 and 418 name the time until which no call at all may be made.
  const auto pause = response->retry_after.value_or(std::chrono::milliseconds{0});
  budget_.pause_calls(net::steady_now() + pause);
  co_return Error{ErrorKind::unavailable, fmt::format("{} answered with status {}, expected 200",
                                                      url.without_query(), response->status)};
}

void Feed::record_http(std::string_view url, const net::HttpResponse& response) {
  if (auto* recording = parts_.recording; recording != nullptr && response.status == 200) {
    recording->http(config_.venue, response.ts_recv, url, response.body);
  }
}

void Feed::resubscribe(Stream& stream) {
  const venue::Subscription book{.channel = Channel::book, .symbol = stream.symbol, .interval = ""};
  for (const auto& leg : legs_) {
    if (!leg->carries(book)) continue;
    std::vector<std::string> requests;
    adapter_->unsubscribe({&book, 1}, requests);
    adapter_->subscribe({&book, 1}, requests);
    leg->send(requests);
    return;
  }
}

std::chrono::milliseconds Feed::back_off(unsigned attempt) {
  const auto ceiling = std::min(kBackOffMax, kBackOffFirst * (1U << std::min(attempt, 6U)));
  std::uniform_int_distribution<std::int64_t> spread{ceiling.count() / 2, ceiling.count()};
  return std::chrono::milliseconds{spread(random_)};
}

}  // namespace mp::pipeline
