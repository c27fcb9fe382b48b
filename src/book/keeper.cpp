#include "book/keeper.hpp"

#include "book/checksum.hpp"

namespace mp::book {

KeeperCounters& KeeperCounters::operator+=(const KeeperCounters& other) {
  applied += other.applied;
  held += other.held;
  stale += other.stale;
  gaps += other.gaps;
  resyncs += other.resyncs;
  refetches += other.refetches;
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
      break;
  }
  return "held_overflow";
}

Keeper::Keeper(const BookRule& rule, Listener& listener)
    : rule_(rule),
      listener_(listener),
      sequencer_(rule),
      book_(rule.depth_max),
      held_(rule.held_max) {}

Step Keeper::on_update(const Book& body, Timestamp ts_recv,
                       const std::optional<Timestamp>& ts_event) {
  const Message message{body, numbers_of(body), ts_recv, ts_event};
  if (is_repeated_snapshot(message)) {
    ++counters_.stale;
    return Step::stale;
  }
  const Decision decision = sequencer_.on_update(message.update);
  switch (decision.action) {
    case Action::apply:
      return take(message) ? Step::emit : Step::resync;
    case Action::hold:
      return hold(message);
    case Action::stale:
      ++counters_.stale;
      return Step::stale;
    case Action::resync:
      break;
  }
  lose(GapReason::sequence, decision.gap);
  // The next REST snapshot may well end before this delta, which then has to follow it.
  if (sequencer_.on_update(message.update).action == Action::hold) (void)hold(message);
  return Step::resync;
}

Step Keeper::on_rest_snapshot(const Book& body, Timestamp ts_recv,
                              const std::optional<Timestamp>& ts_event) {
  switch (sequencer_.on_snapshot(body.last_sequence, held_.updates())) {
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
  if (!take({snapshot, numbers_of(snapshot), ts_recv, ts_event})) return Step::resync;
  return replay_held();
}

void Keeper::on_disconnect() {
  sequencer_.lose();
  book_.clear();
  held_.clear();
}

// A venue that repeats its snapshot while nothing happens (Bybit, depth 1) says nothing new. Its
// number alone does not prove that: it may have restarted at the same one.
bool Keeper::is_repeated_snapshot(const Message& message) const {
  return message.update.is_snapshot && rule_.start == BookStart::stream_snapshot &&
         rule_.link != BookLink::none && valid() && message.update.last &&
         message.update.last == sequencer_.last() &&
         book_.equals(message.body.bids, message.body.asks);
}

// Changes the book by a message that fits. False: the book is invalid now, and the gap is reported.
bool Keeper::take(const Message& message) {
  Book body = message.body;
  if (rule_.start == BookStart::every_message) body.is_snapshot = true;
  if (body.is_snapshot) {
    book_.reset(body.bids, body.asks);
  } else {
    book_.apply(body.bids, body.asks);
  }
  if (const auto problem = problem_with(body)) {
    lose(*problem, {});
    return false;
  }
  ++counters_.applied;
  listener_.on_applied(body, message.ts_event, message.ts_recv);
  return true;
}

std::optional<GapReason> Keeper::problem_with(const Book& body) {
  if (book_.crossed()) {
    ++counters_.crossed;
    return GapReason::crossed;
  }
  const ChecksumResult result = check(rule_.checksum, book_, body.checksum);
  if (result == ChecksumResult::not_checked) return std::nullopt;
  ++counters_.checksums_checked;
  if (result == ChecksumResult::right) return std::nullopt;
  ++counters_.checksums_failed;
  return GapReason::checksum;
}

Step Keeper::hold(const Message& message) {
  const auto add = [&] {
    return held_.add(message.body, message.update, message.ts_recv, message.ts_event) ==
           HeldDeltas::Added::yes;
  };
  if (add()) {
    ++counters_.held;
    return Step::held;
  }
  held_.clear();
  lose(GapReason::held_overflow, {});
  if (add()) ++counters_.held;
  return Step::resync;
}

Step Keeper::replay_held() {
  for (std::size_t i = 0; i < held_.size(); ++i) {
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
    if (!take({held_.body(i), held_.updates()[i], held_.ts_recv(i), held_.ts_event(i)})) {
      held_.drop_front(i + 1);
      return Step::resync;
    }
  }
  held_.clear();
  return Step::emit;
}

void Keeper::lose(GapReason reason, const Gap& gap) {
  sequencer_.lose();
  book_.clear();
  ++counters_.gaps;
  ++counters_.resyncs;
  listener_.on_gap(reason, gap);
}

}  // namespace mp::book
