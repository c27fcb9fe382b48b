// What changes when something else is wanted while the feed runs; polls, from their beginning to
// their end.
#include <algorithm>
#include <map>

#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"
#include "pipeline/gap_reason.hpp"
#include "venue/rest.hpp"

namespace mp::pipeline {

FeedMachine::Change FeedMachine::want(WantsOfShard wanted, const Now& now) {
  now_ = now.steady;
  Change out;
  if (stopping_) return out;
  const bool all_listed = work_.listings_tried() && work_.listings_missing() == 0;
  const auto gone = wants_.change(std::move(wanted), all_listed);
  for (const auto& each : gone) out.removed.push_back(named(each));
  end(gone, now);
  stream(take_waiting(), now);  // in the room that there is now
  for (const auto& each : plan_if_listed(now)) out.added.push_back(named(each));
  tend_now_ = true;
  hands_.wake();
  return out;
}

WantedStream FeedMachine::named(const venue::Subscription& subscription) const {
  const auto* const entry = catalog_.by_symbol(subscription.symbol);
  const bool has_name = entry != nullptr && !entry->name.empty();
  return {.instrument = has_name ? entry->name : subscription.symbol,
          .channel = subscription.channel};
}

// The others on the same sessions notice nothing.
void FeedMachine::end(const std::vector<venue::Subscription>& gone, const Now& now) {
  subscriptions_ -= gone.size();
  std::map<std::size_t, std::vector<venue::Topic>> ended;
  for (const auto& each : gone) {
    if (!is_streamed(each)) {
      end_poll(each, now);
      continue;
    }
    const auto removed = sessions_.remove(each);
    if (removed.topic) ended[removed.session].push_back(venue::topic_of(adapter_, each));
    if (!wants_.has(each.symbol, each.channel)) end_stream(removed.session, each, now);
  }
  for (const auto& [session, topics] : ended) {
    for (const auto& leg : legs_) {
      if (leg->session_ == session) end_topics(*leg, topics, now);
    }
    if (sessions_.sessions()[session].empty() && !places_[session].empty())
      connections_.give_back();
  }
}

void FeedMachine::end_stream(std::size_t session, const venue::Subscription& subscription,
                             const Now& now) {
  engine_.renounce(subscription.symbol, subscription.channel);
  for (const auto& leg : legs_) {
    if (leg->session_ != session || !leg->is_open()) continue;
    engine_.on_disconnected({.symbol = subscription.symbol,
                             .channel = subscription.channel,
                             .reason = kNotWantedReason,
                             .session = leg->reading_->id()},
                            now.utc);
  }
  const Stream* const stream = engine_.streams().find(subscription.symbol);
  if (stream != nullptr && subscription.channel == Channel::book) work_.forget_book(*stream);
}

// Where the venue has no request to end a topic, what still comes of it is passed over.
void FeedMachine::end_topics(Leg& leg, const std::vector<venue::Topic>& topics, const Now& now) {
  for (const auto& topic : topics) {
    leg.refused_.erase(topic);
    leg.answered_.insert(topic);  // nobody waits for an answer
  }
  if (sessions_.sessions()[leg.session_].empty()) {
    if (!std::exchange(leg.retired_, true)) hands_.retire(leg);
    return;
  }
  if (adapter_.traits().requests.can_end() && leg.is_open() && leg.asked_for_all_)
    unsubscribe(leg, topics, now);
}

void FeedMachine::end_poll(const venue::Subscription& subscription, const Now& now) {
  for (const auto& call : venue::poll_calls(adapter_, subscription)) {
    work_.drop_polls(call);
    const bool under_way = std::ranges::any_of(calls_, [&](const auto& each) {
      return each.second.job.kind == JobKind::poll && each.second.job.call == call;
    });
    if (under_way) ended_polls_.push_back(call);
  }
  if (wants_.has(subscription.symbol, subscription.channel)) return;
  engine_.renounce(subscription.symbol, subscription.channel);
  engine_.tell(
      Condition::disconnected,
      {.symbol = subscription.symbol, .channel = subscription.channel, .reason = kNotWantedReason},
      now.utc);
}

// An answer to what nobody wants any more: true, and it is not asked for again.
bool FeedMachine::is_ended_poll(const Job& job) {
  if (job.kind != JobKind::poll) return false;
  return std::erase(ended_polls_, job.call) > 0;
}

// What it brought is not wanted.
void FeedMachine::end_call(Call call, const Now& now) {
  const venue::RestCall made = call.job.call;
  (void)work_.done(std::move(call.job), {}, now.steady);
  work_.drop_polls(made);
  call.turn = VenueBudget::Call{};
  on_time(now);
  hands_.wake();
}

// Spread over the interval, so that a thousand symbols are no burst.
void FeedMachine::poll(const std::vector<venue::Subscription>& wanted, const Now& now) {
  std::size_t started = 0;
  for (const auto& each : wanted) {
    const auto every = venue::poll_of(adapter_.traits(), each.channel)->every;
    const auto due = now.steady + std::chrono::milliseconds{every} * started++ / wanted.size();
    for (auto& call : venue::poll_calls(adapter_, each)) {
      // It had been ended, and its call is still under way: it goes on.
      if (std::erase(ended_polls_, call) > 0) continue;
      work_.add_poll(std::move(call), engine_.streams().find(each.symbol), every, due);
    }
  }
  if (started > 0) hands_.wake();
}

}  // namespace mp::pipeline
