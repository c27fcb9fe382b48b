// REST calls of a feed, and what its books need: snapshots and new subscriptions.
#include <fmt/format.h>

#include <algorithm>

#include "net/clock.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/feed_leg.hpp"
#include "venue/rest.hpp"

namespace mp::pipeline {
namespace {

constexpr std::chrono::seconds kRestDeadline{20};
constexpr std::chrono::milliseconds kBackOffFirst{500};
constexpr std::chrono::milliseconds kBackOffMax{32'000};
// Repairs of one book that come quicker than this after each other wait longer and longer.
constexpr std::chrono::seconds kRepairsCalm{60};
// A snapshot that was asked for on the socket has come by then, or is asked for again.
constexpr std::chrono::seconds kSocketAnswer{10};
// Another shard may end a call, or begin one first, without our being told.
constexpr std::chrono::milliseconds kTurnWait{20};
// Pages and further listings that one listing may lead to.
constexpr std::size_t kListingCallsMax = 4096;

}  // namespace

void Feed::want_snapshot(Stream& stream) {
  schedule(stream, Job::Kind::snapshot);
}
void Feed::want_resubscribe(Stream& stream) {
  schedule(stream, Job::Kind::resubscribe);
}

void Feed::schedule(Stream& stream, Job::Kind kind) {
  const auto now = net::steady_now();
  Repairs& repairs = repairs_[&stream];
  if (now - repairs.last > kRepairsCalm) repairs.recent = 0;
  repairs.last = now;
  const auto wait =
      repairs.recent == 0 ? std::chrono::milliseconds{0} : back_off(repairs.recent - 1);
  ++repairs.recent;
  jobs_.push_back({.kind = kind, .stream = &stream, .due = now + wait});
  wake_.set();
}

// Does what is due, the earliest first, REST calls at the venue's pace.
net::Task<void> Feed::work() {
  TaskGroup calls{parts_.io};
  while (!stopping_) {
    const auto next = std::ranges::min_element(jobs_, {}, &Job::due);
    if (next == jobs_.end()) {
      co_await wake_.wait();
      continue;
    }
    const auto now = net::steady_now();
    const bool on_socket =
        next->kind == Job::Kind::resubscribe ||
        (next->kind == Job::Kind::snapshot && !adapter_->traits().requests.snapshot.empty());
    const auto due = on_socket ? next->due : std::max(next->due, budget_.calls_free_at());
    if (due > now) {
      co_await wake_.wait_for(std::chrono::ceil<std::chrono::milliseconds>(due - now));
      continue;
    }
    if (on_socket) {
      Job job = std::move(*next);
      jobs_.erase(next);
      repair(std::move(job));
      continue;
    }
    auto turn = budget_.begin_call(now);
    if (!turn.taken()) {
      co_await wake_.wait_for(kTurnWait);
      continue;
    }
    Job job = std::move(*next);
    jobs_.erase(next);
    calls.spawn(perform(std::move(job), std::move(turn)));
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
net::Task<void> Feed::perform(Job job, VenueBudget::Call turn) {
  Result<void> outcome;
  if (job.kind == Job::Kind::listing) {
    turn = VenueBudget::Call{};  // learn() takes one for each of its calls
    Result<void> learnt = co_await learn(job.call);
    outcome = std::move(learnt);
  } else {
    if (job.kind == Job::Kind::snapshot) {
      auto request = venue::snapshot_call(*adapter_, job.stream->symbol);
      MP_ASSERT(request.has_value());
      job.call = std::move(*request);
    }
    const auto answer = co_await ask(job.call);
    if (!answer) outcome = answer.error();
  }
  wake_.set();
  if (stopping_) co_return;
  if (outcome) {
    done(std::move(job));
  } else {
    retry(std::move(job), outcome.error());
  }
}

void Feed::done(Job job) {
  if (job.kind == Job::Kind::listing) {
    if (job.every.count() == 0) {
      --listings_missing_;
      if (!job.follows) job.every = config_.listing_every;
    }
    plan();
  }
  parts_.journal.publish();
  if (job.every.count() == 0) return;
  job.attempt = 0;
  job.due = net::steady_now() + job.every;
  jobs_.push_back(std::move(job));
}

void Feed::retry(Job job, const Error& problem) {
  const auto wait = back_off(job.attempt);
  const bool of_book = job.kind == Job::Kind::snapshot;
  parts_.log.warn(of_book ? "snapshot_failed" : "call_failed",
                  {{"venue", config_.venue},
                   {"symbol", job.stream == nullptr ? "" : job.stream->symbol},
                   {"target", job.call.target},
                   {"retry_ms", wait.count()},
                   {"problem", problem.message}});
  ++job.attempt;
  job.due = net::steady_now() + wait;
  jobs_.push_back(std::move(job));
}

// The listing, its further pages, and the listings that it names. Of these one that fails is asked
// for again by itself, so that it holds up nothing but what it names.
net::Task<Result<void>> Feed::learn(venue::RestCall listing) {
  std::deque<venue::RestCall> calls{std::move(listing)};
  for (std::size_t made = 0; !calls.empty(); ++made) {
    if (made == kListingCallsMax) {
      co_return Error{ErrorKind::data, fmt::format("the listing {} of venue {} leads to more than "
                                                   "{} further calls",
                                                   calls.front().target, config_.venue, made)};
    }
    const VenueBudget::Call held = co_await turn();
    if (stopping_) co_return Error{ErrorKind::unavailable, "stopped before the call was made"};
    auto answer = co_await ask(calls.front());
    if (!answer && made == 0) co_return answer.error();
    if (!answer) {
      ++listings_missing_;
      retry({.kind = Job::Kind::listing, .call = std::move(calls.front()), .follows = true},
            answer.error());
      calls.pop_front();
      continue;
    }
    if (!answer->next_page.empty())
      calls.push_back(venue::page_after(*adapter_, calls.front(), answer->next_page));
    for (auto& more : answer->more) calls.push_back(std::move(more));
    calls.pop_front();
  }
  co_return Result<void>{};
}

// Asks for every listing; what fails is asked for again while the others are at work already. Waits
// only where nothing at all has come. False when stopped before.
net::Task<bool> Feed::learn_listings() {
  const auto listings = venue::listing_calls(*adapter_);
  for (unsigned attempt = 0; !stopping_; ++attempt) {
    jobs_.clear();
    listings_missing_ = 0;
    std::size_t learnt_listings = 0;
    for (const auto& listing : listings) {
      const auto learnt = co_await learn(listing);
      if (stopping_) co_return false;
      const auto now = net::steady_now();
      Job job{.kind = Job::Kind::listing, .call = listing, .due = now + config_.listing_every};
      if (learnt) {
        ++learnt_listings;
        job.every = config_.listing_every;
        jobs_.push_back(std::move(job));
      } else {
        ++listings_missing_;
        retry(std::move(job), learnt.error());
      }
    }
    if (learnt_listings > 0 || listings.empty()) co_return true;
    const auto pause =
        std::chrono::ceil<std::chrono::milliseconds>(budget_.calls_free_at() - net::steady_now());
    const auto wait = std::max(back_off(attempt), pause);
    if (!stopping_) co_await wake_.wait_for(wait);
  }
  co_return false;
}

net::Task<Result<venue::RestReading>> Feed::ask(venue::RestCall request) {
  const auto response = co_await call(request);
  if (!response) co_return response.error();
  auto read = engine_.on_rest(request, response->body, response->ts_recv);
  co_return read;
}

net::Task<Result<net::HttpResponse>> Feed::call(venue::RestCall request) {
  const net::Url url = with_target(rest_url_, request.target);
  const bool posts = request.method == venue::Method::post;
  auto response =
      co_await http_.request({.method = posts ? net::HttpMethod::post : net::HttpMethod::get,
                              .url = url,
                              .body = request.body},
                             net::steady_now() + kRestDeadline);
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

// What a book needs and is asked for on its socket.
void Feed::repair(Job job) {
  const venue::Subscription book{
      .channel = Channel::book, .symbol = job.stream->symbol, .interval = ""};
  for (const auto& leg : legs_) {
    if (!leg->carries(book)) continue;
    if (job.kind == Job::Kind::resubscribe) {
      leg->resubscribe(book);
      return;
    }
    if (job.attempt > 0 && job.stream->book && job.stream->book->keeper.valid()) return;
    leg->ask_for_snapshot(book.symbol);
    job.due = net::steady_now() + kSocketAnswer + back_off(job.attempt);
    ++job.attempt;
    jobs_.push_back(std::move(job));
    return;
  }
}

std::chrono::milliseconds Feed::back_off(unsigned attempt) {
  const auto ceiling = std::min(kBackOffMax, kBackOffFirst * (1U << std::min(attempt, 6U)));
  std::uniform_int_distribution<std::int64_t> spread{ceiling.count() / 2, ceiling.count()};
  return std::chrono::milliseconds{spread(random_)};
}

}  // namespace mp::pipeline
