#include "book/keeper.hpp"

#include <utility>

#include "book/checksum.hpp"
#include "core/assert.hpp"

namespace mp::book {

KeeperCounters& KeeperCounters::operator+=(const KeeperCounters& other) {
  applied += other.applied;
  held += other.held;
  stale += other.stale;
  gaps += other.gaps;
  resyncs += other.resyncs;
  refetches += other.refetches;
  renewals += other.renewals;
  crossed += other.crossed;
  checksums_checked += other.checksums_checked;
  checksums_failed += other.checksums_failed;
  return *this;
}
namespace {

Update numbers_of(const Book& body) {
  return {.is_snapshot = body.is_snapshot,
          .first = body.first_sequence,
          .last = body.last_sequence,
          .previous = body.previous_sequence};
}

}  // namespace

std::string_view name_of(GapReason reason) {
  switch (reason) {
    case GapReason::sequence:
      return "sequence";
    case GapReason::crossed:
      return "crossed";
    case GapReason::checksum:
      return "checksum";
    case GapReason::held_overflow:
      return "held_overflow";
    case GapReason::depth:
      break;
  }
  return "depth";
}

Keeper::Keeper(const BookRule& rule, Listener& listener, HeldRoom* room)
    : rule_(rule),
      listener_(listener),
      sequencer_(rule),
      book_(rule.depth_max),
      known_(rule.snapshot_levels),
      held_(rule.held_max, room) {}

Step Keeper::on_update(const Book& body, Timestamp ts_recv,
                       const std::optional<Timestamp>& ts_event) {
  if (body.is_snapshot && rule_.start == BookStart::socket_snapshot)
    return on_rest_snapshot(body, ts_recv, ts_event);
  const Message message{body, numbers_of(body), ts_recv, ts_event};
  if (is_repeated_snapshot(message)) {
    ++counters_.stale;
    return Step::stale;
  }
  const Decision decision = sequencer_.on_update(message.update);
  switch (decision.action) {
    case Action::apply:
      if (const auto problem = take(message)) {
        // The next snapshot may end before this delta. What made a book that cannot be is no help.
        if (*problem == GapReason::depth) (void)keep(message);
        return Step::resync;
      }
      return emitted(message);
    case Action::hold:
      return hold(message);
    case Action::stale:
      ++counters_.stale;
      return Step::stale;
    case Action::resync:
      break;
  }
  lose(GapReason::sequence, decision.gap);
  // The next snapshot may well end before this delta, which then has to follow it.
  if (sequencer_.on_update(message.update).action == Action::hold) (void)hold(message);
  return Step::resync;
}

Step Keeper::on_rest_snapshot(const Book& body, Timestamp ts_recv,
                              const std::optional<Timestamp>& ts_event, std::size_t levels_max) {
  const bool renews = valid() && runs_low_;
  switch (sequencer_.on_snapshot(body.last_sequence, held_.updates(),
                                 renews ? Renewal::yes : Renewal::no)) {
    case Join::refetch:
      ++counters_.refetches;
      return Step::refetch;
    case Join::stale:
      ++counters_.stale;
      return Step::stale;
    case Join::apply:
      break;
  }
  Book snapshot = body;
  snapshot.is_snapshot = true;
  if (!join({snapshot, numbers_of(snapshot), ts_recv, ts_event}, levels_max)) return Step::resync;
  if (renews) ++counters_.renewals;
  return replay_held();
}

void Keeper::await_deeper() {
  MP_ASSERT(is_shallow());
  runs_low_ = true;
}

// Where little of it is still known, too, the next update tells.
void Keeper::give_up_deeper() {
  if (!valid()) return;
  runs_low_ = false;
  drop_held();
}

void Keeper::on_disconnect() {
  sequencer_.lose();
  forget_book();
  drop_held();
}

// A venue that repeats its snapshot while nothing happens (Bybit, depth 1) says nothing new. Its
// number alone does not prove that: it may have restarted at the same one.
bool Keeper::is_repeated_snapshot(const Message& message) const {
  return message.update.is_snapshot && rule_.start == BookStart::stream_snapshot &&
         rule_.link != BookLink::none && valid() && message.update.last &&
         message.update.last == sequencer_.last() &&
         book_.equals(message.body.bids, message.body.asks);
}

// Changes the book by a message that fits. A problem is reported already, and the book is invalid.
std::optional<GapReason> Keeper::take(const Message& message) {
  Book body = message.body;
  if (rule_.start == BookStart::every_message) body.is_snapshot = true;
  if (body.is_snapshot) {
    forget_book();
    drop_held();
    book_.reset(body.bids, body.asks);
  } else {
    book_.apply(body.bids, body.asks);
  }
  if (const auto problem = problem_with(body)) {
    lose(*problem, {});
    return problem;
  }
  show(body, message);
  return std::nullopt;
}

// Starts the book from a snapshot that was asked for. The deltas that follow it and were emitted
// before go into it, so that nothing is emitted twice.
bool Keeper::join(const Message& message, std::size_t levels_max) {
  Book body = message.body;
  forget_book();
  book_.reset(body.bids, body.asks);
  known_.start(body, book_, levels_max);
  is_shallow_ = levels_max != 0 && (known_.bid() || known_.ask());
  overflowed_ = false;
  bool is_whole = true;
  for (std::size_t i = 0; i < shown_; ++i) {
    const Decision decision = sequencer_.on_update(held_.updates()[i]);
    if (decision.action == Action::stale) continue;
    if (decision.action != Action::apply) {
      lose(GapReason::sequence, decision.gap);
      return false;
    }
    const Book delta = held_.body(i);
    book_.apply(delta.bids, delta.asks);
    is_whole = false;
  }
  std::vector<Level> bids;
  std::vector<Level> asks;
  if (!is_whole) {
    book_.top(Side::buy, book_.bid_count(), bids);
    book_.top(Side::sell, book_.ask_count(), asks);
    body.first_sequence.reset();
    body.last_sequence = sequencer_.last();
    body.previous_sequence.reset();
    body.checksum.reset();
    body.bids = bids;
    body.asks = asks;
  }
  body.known_bid = known_.bid();
  body.known_ask = known_.ask();
  if (const auto problem = problem_with(body)) {
    lose(*problem, {});
    return false;
  }
  show(body, message);
  return true;
}

void Keeper::show(const Book& body, const Message& message) {
  ++counters_.applied;
  listener_.on_applied(body, message.ts_event, message.ts_recv);
}

std::optional<GapReason> Keeper::problem_with(const Book& body) {
  if (book_.crossed()) {
    ++counters_.crossed;
    return GapReason::crossed;
  }
  const KnownRange::Left left = known_.left(body, book_);
  if (left == KnownRange::Left::none) return GapReason::depth;
  if (left == KnownRange::Left::few) runs_low_ = true;
  const ChecksumResult result = check(rule_.checksum, book_, body.checksum);
  if (result == ChecksumResult::not_checked) return std::nullopt;
  ++counters_.checksums_checked;
  if (result == ChecksumResult::right) return std::nullopt;
  ++counters_.checksums_failed;
  return GapReason::checksum;
}

// What follows a message that was emitted: while the book waits for another snapshot, the message
// is kept for it. Where that does not go, what is kept begins anew, and an older snapshot is
// refused.
Step Keeper::emitted(const Message& message) {
  if (!runs_low_) return Step::emit;
  if (!keep(message)) {
    drop_held();
    (void)keep(message);
  }
  shown_ = held_.size();
  return Step::renew;
}

bool Keeper::keep(const Message& message) {
  return held_.add(message.body, message.update, message.ts_recv, message.ts_event) ==
         HeldDeltas::Added::yes;
}

Step Keeper::hold(const Message& message) {
  if (keep(message)) {
    ++counters_.held;
    return Step::held;
  }
  drop_held();
  if (!std::exchange(overflowed_, true)) lose(GapReason::held_overflow, {});
  if (keep(message)) ++counters_.held;
  return Step::resync;
}

// Those of the held deltas that were not emitted yet.
Step Keeper::replay_held() {
  for (std::size_t i = std::exchange(shown_, 0); i < held_.size(); ++i) {
    const Decision decision = sequencer_.on_update(held_.updates()[i]);
    if (decision.action == Action::stale) {
      ++counters_.stale;
      continue;
    }
    if (decision.action == Action::resync) {
      lose(GapReason::sequence, decision.gap);
      held_.drop_front(i);
      return Step::resync;
    }
    const auto problem =
        take({held_.body(i), held_.updates()[i], held_.ts_recv(i), held_.ts_event(i)});
    if (problem) {
      held_.drop_front(*problem == GapReason::depth ? i : i + 1);
      return Step::resync;
    }
  }
  drop_held();
  return runs_low_ ? Step::renew : Step::emit;
}

void Keeper::drop_held() {
  held_.clear();
  shown_ = 0;
}

void Keeper::forget_book() {
  book_.clear();
  known_.clear();
  is_shallow_ = false;
  runs_low_ = false;
}

void Keeper::lose(GapReason reason, const Gap& gap) {
  sequencer_.lose();
  forget_book();
  // Deltas that were emitted help a later snapshot only if those behind them follow without a gap.
  if (reason != GapReason::depth && shown_ > 0) drop_held();
  ++counters_.gaps;
  ++counters_.resyncs;
  listener_.on_gap(reason, gap);
}

}  // namespace mp::book
