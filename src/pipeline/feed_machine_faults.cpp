// What a venue leaves unsaid or says so that it cannot be read: subscriptions that it does not
// answer, frames that mean nothing.
#include <fmt/format.h>

#include <algorithm>

#include "core/back_off.hpp"
#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"
#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {
namespace {

// Of frames that cannot be read.
constexpr std::chrono::milliseconds kMalformedEvery{1'000};
constexpr std::size_t kMalformedSymbolsMax = 64;
// A connection that has said nothing at all is told of after so long.
constexpr std::chrono::seconds kFirstWord{25};
constexpr std::chrono::seconds kTopicsEvery{5};
constexpr std::chrono::seconds kClockStep{1};
// A topic among others: trades of a small coin may pause for long.
constexpr Silence::Rule kTopicSilence{.least = std::chrono::seconds{60},
                                      .means = 40,
                                      .longests = 5,
                                      .soon = std::chrono::minutes{5},
                                      .late = std::chrono::hours{6}};
// One session after the other that cannot be read must not become a storm of connects.
constexpr std::chrono::minutes kBooksRenewEvery{1};
// A book that nobody cares for.
constexpr BackOff kStalledPauses{.first = std::chrono::seconds{5},
                                 .most = std::chrono::minutes{10}};

// Whether nothing in the venue's messages tells that one of a book was lost.
bool loses_unseen(const BookRule& rule) {
  return rule.start != BookStart::every_message && rule.link == BookLink::none &&
         rule.checksum == BookChecksum::none;
}

}  // namespace

std::uint64_t FeedMachine::events_of(const Leg& leg, const venue::Topic& topic) const {
  const PlannedTopic* const planned = planned_topic(leg, topic);
  return planned == nullptr ? 0 : events_of(*planned);
}

std::uint64_t FeedMachine::events_of(const PlannedTopic& topic) const {
  std::uint64_t sum = 0;
  for (const auto& each : topic.subscriptions) {
    const Stream* const stream = engine_.streams().find(each.symbol);
    const auto channel = static_cast<std::size_t>(each.channel);
    if (stream != nullptr) sum += stream->seq[channel] - stream->by_rest[channel];
  }
  return sum;
}

// A venue that answers requests has not answered this one, and nothing has come of what was asked
// for: that is said, and asked again, later and later.
void FeedMachine::ask_unanswered(Leg& leg, const Now& now) {
  std::vector<std::pair<std::vector<venue::Topic>, unsigned>> again;
  for (auto& [id, asked] : leg.asked_) {
    if (now.steady < asked.due) continue;
    asked.due = net::SteadyTime::max();  // once
    std::vector<venue::Topic> silent;
    for (std::size_t i = 0; i < asked.topics.size(); ++i) {
      const auto& topic = asked.topics[i];
      const bool came = asked.alone && events_of(leg, topic) != asked.events[i];
      if (came || leg.answered_.contains(topic)) continue;
      silent.push_back(topic);
    }
    if (answers_ && !silent.empty()) again.emplace_back(std::move(silent), asked.times);
  }
  for (const auto& [topics, times] : again) {
    ++counters_.unanswered;
    log_.warn("subscription_unanswered",
              {{"venue", config_.venue},
               {"session", leg.name()},
               {"topics", topics.size()},
               {"first", topics.front().text},
               {"problem",
                "the venue has not answered our subscription, and nothing has come of it; it is "
                "asked for again"}});
    ask(leg, topics, now, times + 1);
  }
}

// A book that is not in step and for which nothing is under way: whatever was asked for it has come
// to nothing (refused without a number, never answered). It is asked for again, later and later.
void FeedMachine::tend_books(const Now& now) {
  for (Stream& stream : engine_.streams().all()) {
    if (!stream.book || stream.book->in_step() || !stream.is_carried(Channel::book)) {
      stalled_.erase(&stream);
      continue;
    }
    const auto [found, is_new] = stalled_.try_emplace(&stream);
    Stalled& state = found->second;
    const bool under_way =
        work_.repairs(stream) || std::ranges::any_of(calls_, [&](const auto& call) {
          return call.second.job.stream == &stream && is_of_book(call.second.job.kind);
        });
    if (is_new || under_way) state.again = now.steady + kStalledPauses.first;
    if (now.steady < state.again) continue;
    state.again = now.steady + kStalledPauses.longest(state.times++);
    log_.warn("book_stalled", {{"venue", config_.venue},
                               {"symbol", stream.symbol},
                               {"problem", "it is not in step, and nothing is under way for it"}});
    repair(stream, joins(adapter_.traits().book.start) ? JobKind::snapshot : JobKind::resubscribe);
  }
}

void FeedMachine::resync(Stream& stream, const Now& now) {
  now_ = now.steady;
  engine_.lose_books(0, &stream, kAskedReason, now.utc);
  if (!stream.book || !stream.is_carried(Channel::book)) return;
  const bool by_snapshot = joins(adapter_.traits().book.start);
  stream.book->snapshot_pending = by_snapshot;
  repair(stream, by_snapshot ? JobKind::snapshot : JobKind::resubscribe);
}

// --- frames that cannot be read ---

// The symbol that the frame names, where it is one of the connection's and no other one stands in
// the frame; else none.
std::string FeedMachine::symbol_in(const Leg& leg, std::string_view frame) const {
  std::string_view found;
  for (const auto& planned : sessions_.sessions()[leg.session_]) {
    for (const auto& each : planned.subscriptions) {
      if (each.symbol == found) continue;
      const auto at = frame.find(each.symbol);
      const auto end = at + each.symbol.size();
      if (at == std::string_view::npos || at == 0 || end >= frame.size()) continue;
      if (frame[at - 1] != '"' || frame[end] != '"') continue;
      if (!found.empty()) return {};
      found = each.symbol;
    }
  }
  return std::string{found};
}

// What was in it is missing: a gap of the stream that it names, else of the venue.
void FeedMachine::on_malformed(std::string_view frame, Timestamp ts_recv) {
  if (reading_leg_ == nullptr) return;
  Leg& leg = *reading_leg_;
  std::string symbol = symbol_in(leg, frame);
  if (leg.malformed_.size() >= kMalformedSymbolsMax && !leg.malformed_.contains(symbol))
    symbol.clear();
  ++leg.malformed_[symbol].untold;
  tell_malformed(leg, Malformed::due, ts_recv);
  doubt_books(leg, symbol, ts_recv);
}

// It may have been of a book. Where no number and no checksum will tell, the book begins anew: a
// wrong one is worse than none.
void FeedMachine::doubt_books(Leg& leg, const std::string& symbol, Timestamp now) {
  if (!loses_unseen(adapter_.traits().book)) return;
  Stream* const named = symbol.empty() ? nullptr : engine_.streams().find(symbol);
  bool any = false;
  for (const auto& planned : sessions_.sessions()[leg.session_]) {
    for (const auto& each : planned.subscriptions)
      any = any || (each.channel == Channel::book && (named == nullptr || each.symbol == symbol));
  }
  if (!any) return;
  engine_.lose_books(leg.reading_->id(), named, kMalformedReason, now);
  if (named == nullptr) {
    leg.books_lost_ = true;
    tend_now_ = true;
    hands_.wake();
  } else if (adapter_.traits().book.start == BookStart::stream_snapshot) {
    repair(*named, JobKind::resubscribe);
  }
}

void FeedMachine::renew_lost_books(Leg& leg, const Now& now) {
  if (!leg.books_lost_ || now.steady < leg.books_renewed_ + kBooksRenewEvery) return;
  leg.books_lost_ = false;
  leg.books_renewed_ = now.steady;
  hands_.renew(leg, "a frame could not be read, and its books may be wrong");
}

// It answers pings, perhaps, and says nothing, which is not its habit. One that has never said
// anything may be quiet: that is said, and it is left alone for longer.
void FeedMachine::mind_silence(Leg& leg, const Now& now) {
  const bool out = leg.silence_.out_of_habit(leg.data_, now.steady);
  const auto silent = std::chrono::floor<std::chrono::seconds>(leg.silence_.silent_for(now.steady));
  const bool first =
      leg.silence_.never_heard() && silent >= kFirstWord && !std::exchange(leg.mute_told_, true);
  if (!out && !first) return;
  ++counters_.silences;
  const auto problem = fmt::format("no data has come for {} s", silent.count());
  if (out) return hands_.renew(leg, problem + ", which is not its habit");
  log_.warn("session_silent",
            {{"venue", config_.venue}, {"session", leg.name()}, {"problem", problem}});
}

// Its data flow, and get ever older: a gateway resends, or a queue grows.
void FeedMachine::mind_staleness(Leg& leg, const Now& now) {
  const auto least = leg.reading_->take_delay();
  const auto habit = leg.staleness_.habit();
  if (!leg.staleness_.out_of_habit(least, now.steady)) return;
  ++counters_.stale;
  leg.stale_ = true;
  const std::chrono::duration<double> delay = *least;
  const std::chrono::duration<double> usual = habit.value_or(*least);
  hands_.renew(leg, fmt::format("what comes is {:.1f} s old by the venue's clock, and {:.1f} s "
                                "were usual",
                                delay.count(), usual.count()));
}

// Our wall clock may be set. What came since the last look may be of either time.
void FeedMachine::mind_clock(const Now& now) {
  const Nanoseconds apart = now.utc.time_since_epoch() - now.steady.time_since_epoch();
  const Nanoseconds before = clocks_apart_.value_or(apart);
  clocks_apart_ = apart;
  if (apart - before < kClockStep && before - apart < kClockStep) return;
  for (const auto& leg : legs_) {
    leg->staleness_.clock_was_set(apart - before);
    if (leg->is_open()) (void)leg->reading_->take_delay();
  }
}

// A topic falls silent while its connection goes on: it is asked for anew, later and later.
void FeedMachine::mind_topics(const Now& now) {
  if (now.steady < topics_due_) return;
  topics_due_ = now.steady + kTopicsEvery;
  topic_silences_.resize(sessions_.sessions().size());
  for (std::size_t session = 0; session < topic_silences_.size(); ++session) {
    auto& silences = topic_silences_[session];
    for (std::size_t i = 0; i < sessions_.sessions()[session].size(); ++i) {
      const PlannedTopic& planned = sessions_.sessions()[session][i];
      const auto events = events_of(planned);
      if (i == silences.size()) silences.emplace_back(kTopicSilence).begin(events, now.steady);
      if (silences[i].out_of_habit(events, now.steady)) wake_topic(session, planned.topic, now);
    }
  }
}

void FeedMachine::wake_topic(std::size_t session, const venue::Topic& topic, const Now& now) {
  for (const auto& leg : legs_) {
    if (leg->session_ != session || !leg->asked_for_all_ || leg->refused_.contains(topic)) continue;
    ++counters_.silences;
    log_.warn("topic_silent", {{"venue", config_.venue},
                               {"session", leg->name()},
                               {"topic", topic.text},
                               {"problem", "nothing has come of it for longer than is its habit"}});
    // Where a request takes the place of all before it, no topic is asked for by itself.
    if (adapter_.traits().requests.can_end()) ask_anew(*leg, {topic}, now);
  }
}

// Not more often for a stream than once a second; how many there were is exact.
void FeedMachine::tell_malformed(Leg& leg, Malformed which, Timestamp now) {
  for (auto& [symbol, state] : leg.malformed_) {
    const bool told = state.told != net::SteadyTime::min() && now_ < state.told + kMalformedEvery;
    if (state.untold == 0 || (told && which == Malformed::due)) continue;
    state.told = now_;
    engine_.tell(Condition::gap,
                 {.symbol = symbol,
                  .channel = std::nullopt,
                  .reason = kMalformedReason,
                  .session = leg.reading_->id(),
                  .missing = std::exchange(state.untold, 0)},
                 now);
  }
}

}  // namespace mp::pipeline
