// What a venue leaves unsaid or says so that it cannot be read: subscriptions that it does not
// answer, frames that mean nothing.
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
  std::uint64_t sum = 0;
  const PlannedTopic* const planned = planned_topic(leg, topic);
  if (planned == nullptr) return sum;
  for (const auto& each : planned->subscriptions) {
    const Stream* const stream = engine_.streams().find(each.symbol);
    if (stream != nullptr) sum += stream->seq[static_cast<std::size_t>(each.channel)];
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
      if (leg.answered_.contains(topic) || events_of(leg, topic) != asked.events[i]) continue;
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
          return call.second.job.stream == &stream && call.second.job.kind == JobKind::snapshot;
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
