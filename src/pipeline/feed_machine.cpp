#include "pipeline/feed_machine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.hpp"
#include "core/back_off.hpp"
#include "core/name_limit.hpp"
#include "pipeline/feed_leg.hpp"
#include "venue/rest.hpp"

namespace mp::pipeline {
namespace {

// Without a Retry-After.
constexpr BackOff kLimitedPauses{.first = std::chrono::seconds{10},
                                 .most = std::chrono::minutes{15}};
// No venue means more.
constexpr std::chrono::milliseconds kRetryAfterMax{3'600'000};

// The limit of our address: 429, Binance's ban, the firewalls' 403.
bool is_limit(int status) {
  return status == 429 || status == 418 || status == 403;
}

// Time alone will hardly mend it.
bool is_refusal(int status) {
  return status >= 400 && status < 500 && status != 408 && status != 425 && !is_limit(status);
}

// Whether each of our requests is answered by its number. Not where a request takes the place of
// all before it: there it has a number for other ends, and none may be made again in part.
bool numbered(const venue::Requests& requests) {
  return requests.subscribe.find("{id}") != std::string_view::npos && requests.can_end();
}

WorkQueue::Config work_of(const FeedConfig& config, const venue::Traits& traits) {
  return {.listing_every = config.listing_every,
          .snapshots_on_socket = !traits.requests.snapshot.empty()};
}

}  // namespace

FeedMachine::FeedMachine(const Parts& parts)
    : config_(parts.config),
      adapter_(parts.adapter),
      limits_(parts.limits),
      budget_(parts.budget),
      log_(parts.log),
      counters_(parts.counters),
      hands_(parts.hands),
      engine_(adapter_, catalog_, *this,
              {.listings = EngineOptions::Listings::learn,
               .symbols = EngineOptions::Symbols::announced,
               .past = parts.past,
               .stages = parts.stages}),
      wants_(config_, adapter_, catalog_, log_),
      sessions_(adapter_, limits_),
      connections_(budget_.connections()),
      random_(config_.seed),
      work_(work_of(config_, adapter_.traits()), random_),
      answers_(numbered(adapter_.traits().requests)) {}

FeedMachine::~FeedMachine() = default;

void FeedMachine::start(Purpose purpose, const Now& now) {
  purpose_ = purpose;
  now_ = now.steady;
  for (auto& call : venue::listing_calls(adapter_)) work_.add_listing(std::move(call), now.steady);
  on_time(now);
  (void)plan_if_listed(now);  // the venue may have no listings
}

void FeedMachine::stop(const Now& now) {
  now_ = now.steady;
  stopping_ = true;
  planned_ = true;
  availability_.set({}, now.steady);
  work_.drop_all();
  hands_.cancel_calls();
  for (const auto& leg : legs_) {
    if (!std::exchange(leg->retired_, true)) hands_.retire(*leg);
  }
}

bool FeedMachine::ended() const {
  return stopping_ && legs_.empty() && calls_.empty();
}

void FeedMachine::on_time(const Now& now) {
  now_ = now.steady;
  if (stopping_) return;
  do_work(now);
  if (now.steady >= tend_at_ || std::exchange(tend_now_, false)) tend_legs(now);
}

net::SteadyTime FeedMachine::wake_at(net::SteadyTime now) const {
  if (stopping_) return net::SteadyTime::max();
  return std::min(work_.wake_at(now, budget_), tend_now_ ? now : tend_at_);
}

// --- work ---

void FeedMachine::do_work(const Now& now) {
  while (auto taken = work_.take(now.steady, budget_)) {
    Job& job = taken->job;
    if (!taken->turn.taken()) {
      repair_on_socket(std::move(job), now);
      continue;
    }
    // Another connection may have brought it in the meantime.
    if (job.kind == JobKind::backfill && !Engine::missing_trades(*job.stream, job.ids)) {
      work_.done(std::move(job), {}, now.steady);
      continue;
    }
    if (job.kind == JobKind::deepen) {
      if (!engine_.is_shallow(*job.stream)) {
        work_.done(std::move(job), {}, now.steady);
        continue;
      }
      engine_.await_deeper(*job.stream);
    }
    const auto number = ++last_call_;
    const auto& call = calls_.emplace(number, Call{std::move(job), std::move(taken->turn)});
    hands_.call(number, call.first->second.job.call);
  }
}

// What a book needs and is asked for on its sockets.
void FeedMachine::repair_on_socket(Job job, const Now& now) {
  const auto legs = legs_with_book(*job.stream);
  if (legs.empty()) return;  // the next connection begins it anew
  const std::string& symbol = job.stream->symbol;
  if (job.kind == JobKind::resubscribe) {
    const venue::Subscription book{.channel = Channel::book, .symbol = symbol, .interval = ""};
    const std::vector topics{venue::topic_of(adapter_, book)};
    for (Leg* const leg : legs) {
      if (engine_.is_valid(*job.stream, leg->reading_->id())) continue;
      ask_anew(*leg, topics, now);
    }
    return;
  }
  if (job.attempt > 0 && !engine_.wants_snapshot(*job.stream)) return;
  for (Leg* const leg : legs) hands_.send(*leg, leg->requests_.snapshot(symbol, now.utc));
  work_.watch(std::move(job), now.steady);
}

void FeedMachine::answered(std::uint64_t number, std::string_view body, const Now& now) {
  now_ = now.steady;
  auto call = calls_.extract(number);
  MP_ASSERT(!call.empty());
  if (stopping_) return;
  Job& job = call.mapped().job;
  if (is_ended_poll(job)) return end_call(std::move(call.mapped()), now);
  auto read = engine_.on_rest(job.call, body, now.utc);
  if (!read) {
    calls_.insert(std::move(call));
    return failed(number, {.problem = read.error()}, now);
  }
  limited_ = 0;
  say_too_long();
  const bool listing = job.kind == JobKind::listing;
  if (job.kind == JobKind::backfill) go_on_filling(job, now);
  Stream* const shallow =
      job.kind == JobKind::snapshot && engine_.is_shallow(*job.stream) ? job.stream : nullptr;
  if (!listing) call_problem_.reset();
  if (read->left_out > 0) {
    log_.warn("entries_left_out", {{"venue", config_.venue},
                                   {"target", job.call.target},
                                   {"entries", read->left_out},
                                   {"problem", read->problem}});
  }
  auto further = std::move(read->more);
  if (!read->next_page.empty())
    further.push_back(venue::page_after(adapter_, job.call, read->next_page));
  const auto refused = work_.done(std::move(job), std::move(further), now.steady);
  if (refused > 0) {
    log_.error("listing_too_long",
               {{"venue", config_.venue},
                {"problem", fmt::format("a listing leads to more than {} calls; {} are not made",
                                        WorkQueue::kListingCallsMax, refused)}});
  }
  call.mapped().turn = VenueBudget::Call{};
  if (shallow != nullptr)
    work_.deepen(*shallow, *venue::snapshot_call(adapter_, shallow->symbol), now.steady);
  if (listing) (void)plan_if_listed(now);
  on_time(now);
  hands_.wake();
}

// "Too many" is said to our address, not to one call: nobody calls for a while, longer each time.
std::chrono::milliseconds FeedMachine::pause_calls(const CallFailure& failure) {
  if (!is_limit(failure.status) && !failure.retry_after) return {};
  // A firewall may slip once; "too many" is meant.
  const bool slip = failure.status == 403 && !failure.retry_after && limited_ == 0;
  std::chrono::milliseconds pause{0};
  if (is_limit(failure.status)) pause = kLimitedPauses.longest(limited_++);
  if (slip) return {};
  if (failure.retry_after) pause = std::min(kRetryAfterMax, *failure.retry_after);
  budget_.pause_calls(now_ + pause);
  return pause;
}

void FeedMachine::was_limited(const CallFailure& failure, const Now& now) {
  now_ = now.steady;
  (void)pause_calls(failure);
}

void FeedMachine::failed(std::uint64_t number, const CallFailure& failure, const Now& now) {
  now_ = now.steady;
  auto call = calls_.extract(number);
  MP_ASSERT(!call.empty());
  call.mapped().turn = VenueBudget::Call{};
  if (stopping_) return;
  const auto pause = pause_calls(failure);
  Job& job = call.mapped().job;
  if (is_ended_poll(job)) return end_call(std::move(call.mapped()), now);
  const bool listing = job.kind == JobKind::listing;
  const std::string symbol = job.stream == nullptr ? "" : job.stream->symbol;
  const std::string target = job.call.target;
  const auto event = listing                         ? "listing_failed"
                     : job.kind == JobKind::poll     ? "poll_failed"
                     : job.kind == JobKind::backfill ? "backfill_failed"
                                                     : "snapshot_failed";
  if (job.kind == JobKind::deepen) engine_.give_up_deeper(*job.stream);
  if (job.kind == JobKind::backfill && job.attempt + 1 >= WorkQueue::kBackfillTries)
    job.stream->trades->give_up(job.ids);
  // Once the book is not in step, what was to renew it is its snapshot.
  const bool renews = job.kind == JobKind::deepen || job.kind == JobKind::renewal;
  if (renews && !engine_.is_in_step(*job.stream)) job.kind = JobKind::snapshot;
  using Failure = WorkQueue::Failure;
  const auto kind = is_refusal(failure.status) ? Failure::lasting : Failure::passing;
  const auto wait = work_.failed(std::move(job), kind, now.steady);
  log_.warn(event, {{"venue", config_.venue},
                    {"symbol", symbol},
                    {"target", target},
                    {"retry_ms", std::max(wait, pause).count()},
                    {"problem", failure.problem.message}});
  if (listing) {
    listing_problem_ = failure.problem;
    (void)plan_if_listed(now);
  } else {
    call_problem_ = failure.problem;
  }
  on_time(now);
  hands_.wake();
}

bool FeedMachine::is_streamed(const venue::Subscription& subscription) const {
  return venue::route_of(adapter_.traits(), subscription.channel) != nullptr;
}

Result<void> FeedMachine::check() {
  if (work_.listings_missing() > 0) return *listing_problem_;
  const auto wanted = wants_.resolve(true);
  if (!refusals().empty()) return refusals().front();
  if (wanted.empty() && !config_.wants.empty()) {
    return Error{ErrorKind::config, fmt::format("nothing is wanted of venue {}", config_.venue)};
  }
  for (const auto& each : wanted) {
    if (is_streamed(each)) sessions_.add(each);
  }
  connections_.need(sessions_needed());
  return {};
}

// --- what is wanted ---

// Waits only where nothing at all has come: what else is missing holds up only what it would name.
std::vector<venue::Subscription> FeedMachine::plan_if_listed(const Now& now) {
  const bool listed = work_.listings_tried() && work_.any_listing_came();
  if (!listed || purpose_ != Purpose::collect) return {};
  const bool has_listing = !venue::listing_calls(adapter_).empty();
  if (has_listing && work_.listings_missing() == 0 && catalog_.entries().empty()) {
    // No venue has nothing: it is starting, or its answer was something else.
    const auto wait = work_.list_again(now.steady);
    log_.warn("listing_empty",
              {{"venue", config_.venue},
               {"retry_ms", wait.count()},
               {"problem", "the venue's listing names no instrument; it is asked for again"}});
    return {};
  }
  return plan(now);
}

// An instrument that nobody can name is as good as none, but it is said.
void FeedMachine::say_too_long() {
  const auto left_out = engine_.counters().too_long - too_long_told_;
  if (left_out == 0) return;
  too_long_told_ += left_out;
  log_.warn("instruments_left_out",
            {{"venue", config_.venue},
             {"count", left_out},
             {"problem", fmt::format("their symbols are longer than {} bytes", kNameBytesMax)}});
}

// Starts what is wanted, found and not started yet, and answers it: at first, whenever a listing
// has come, and when something else is wanted.
std::vector<venue::Subscription> FeedMachine::plan(const Now& now) {
  const bool all_listed = work_.listings_missing() == 0;
  const auto wanted = wants_.resolve(all_listed);
  for (const auto& each : wanted) {
    engine_.announce(each.symbol, each.channel, now.utc);
    if (each.channel == Channel::trade) go_on_filling(each.symbol);
  }
  subscriptions_ += wanted.size();
  std::vector<venue::Subscription> streamed;
  std::vector<venue::Subscription> polled;
  for (const auto& each : wanted) (is_streamed(each) ? streamed : polled).push_back(each);
  stream(streamed, now);
  poll(polled, now);
  if (!all_listed && subscriptions_ == 0) return wanted;
  planned_ = true;
  wants_.close();
  return wanted;
}

// --- what the engine says ---

void FeedMachine::on_event(Stream& stream, const Event& event) {
  hands_.on_event(stream, event);
  const auto* status = std::get_if<Status>(&event.body);
  if (status == nullptr) return;
  if (status->condition == Condition::subscribed || status->condition == Condition::rejected)
    was_answered(stream, *status);
  if (status->condition != Condition::gap) return;
  if (status->channel == Channel::trade && status->from_sequence && status->to_sequence)
    backfill(stream, {*status->from_sequence, *status->to_sequence});
  counters_.gaps.fetch_add(1, std::memory_order_relaxed);
  log_.warn("gap",
            {{"venue", config_.venue}, {"symbol", stream.symbol}, {"reason", status->reason}});
}

void FeedMachine::on_refused(std::string_view frame, const venue::Reading& reading,
                             Timestamp ts_recv) {
  if (reading.verdict == venue::Verdict::malformed) on_malformed(frame, ts_recv);
  hands_.on_refused(frame, reading, ts_recv);
}

void FeedMachine::want_snapshot(Stream& stream) {
  repair(stream, JobKind::snapshot);
}
void FeedMachine::want_resubscribe(Stream& stream) {
  repair(stream, JobKind::resubscribe);
}

// The book will ask for a snapshot by REST when it is subscribed.
void FeedMachine::expect_book(std::string_view symbol) {
  const venue::Traits& traits = adapter_.traits();
  if (traits.book.start != BookStart::rest_snapshot) return;
  if (const Stream* const stream = engine_.streams().find(symbol)) work_.expect_book(*stream);
}

// A book that is in step stays so for a while: one that is not goes first, and is content with a
// shallow snapshot.
void FeedMachine::repair(Stream& stream, JobKind kind) {
  WorkQueue::Snapshot calls;
  const bool renews = kind == JobKind::snapshot && engine_.is_in_step(stream);
  const bool by_rest = kind == JobKind::snapshot && adapter_.traits().requests.snapshot.empty();
  if (by_rest) {
    auto deep = venue::snapshot_call(adapter_, stream.symbol);
    MP_ASSERT(deep.has_value());
    calls.deep = std::move(*deep);
    auto shallow = venue::shallow_snapshot_call(adapter_, stream.symbol);
    if (shallow && !renews) calls.shallow = std::move(*shallow);
  }
  work_.repair(stream, renews ? JobKind::renewal : kind, std::move(calls), now_);
  hands_.wake();
}

}  // namespace mp::pipeline
