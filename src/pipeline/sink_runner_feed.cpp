#include "pipeline/sink_runner_feed.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "core/back_off.hpp"

namespace mp::pipeline {
namespace {

using sink::Outcome;

constexpr std::chrono::minutes kUnreadMax{10};  // after a rewind, until that is the end
// A batch that waits for company looks for it so often. To be woken by each event would cost both
// sides more than the event: who appends would wake every sink each time.
constexpr std::chrono::milliseconds kCompanyLooked{5};

}  // namespace

std::string_view name_of(Discard reason) {
  return reason == Discard::refused ? "refused" : "unlettered";
}

SinkFeed::SinkFeed(const SinkRunnerConfig& config, journal::ReaderConfig journal, OpenReader open,
                   sink::Sink& sink, Chance chance)
    : config_(config),
      batch_(config.form),
      journal_(std::move(journal)),
      open_(std::move(open)),
      sink_(sink),
      chance_(std::move(chance)),
      dead_letters_(config_.dead_letter, config_.dead_letter_bytes_max) {}

Result<void> SinkFeed::open() {
  if (journal_.name.empty())
    return Error{ErrorKind::config,
                 "the sink " + config_.name + " has no cursor name, and needs one to start again"};
  // The reader first: it holds what the sink will want.
  if (!reader_) {
    auto reader = open_(journal_);
    if (!reader) return reader.error();
    reader_ = reader.take();
  }
  if (auto opened = dead_letters_.open(); !opened) return opened;
  if (auto opened = sink_.open(); !opened) return opened;
  not_open_.reset();
  return {};
}

// A stop leaves it one more try.
SinkFeed::State SinkFeed::open_again(Timestamp now) {
  auto opened = open();
  if (opened) {
    failures_ = 0;
    return State::busy;
  }
  not_open_ = opened.error();
  const State state = back_off(not_open_->message, now);
  failed_ = draining_;
  return failed_ ? State::failed : state;
}

void SinkFeed::drain() {
  draining_ = true;
  retry_at_.reset();  // one attempt at once: there may be no time for another
}

SinkFeed::State SinkFeed::step(Timestamp now) {
  if (failed_) return State::failed;
  if (closed_) return State::ended;
  if (retry_at_ && now < *retry_at_) {
    pause_ = std::chrono::ceil<std::chrono::milliseconds>(*retry_at_ - now);
    return State::backing;
  }
  retry_at_.reset();
  if (not_open_) return open_again(now);
  if (!reader_) return read_again(now);
  if (!work_.empty()) return offer(now);
  if (const auto state = tick(now)) return *state;
  return read(now);
}

SinkFeed::State SinkFeed::read(Timestamp now) {
  const Filled filled = fill(now);
  if (held_) return back_off(hindrance_, now);
  if (!batch_.empty()) {
    const auto age = now - batch_since_.value_or(now);
    if (filled != Filled::idle || draining_ || age >= config_.batch_age_max) {
      batch_.finish();
      work_.push_back({0, batch_.size()});
      return offer(now);
    }
    pause_ = std::min(std::chrono::ceil<std::chrono::milliseconds>(config_.batch_age_max - age),
                      kCompanyLooked);
    return State::backing;
  }
  end_batch();
  if (filled == Filled::hindered) return back_off(hindrance_, now);
  if (filled == Filled::full) return State::busy;  // a full read of events for other sinks
  if (draining_ || filled == Filled::closed) return finish(now);
  pause_ = config_.tick_interval;
  return State::idle;
}

SinkFeed::Filled SinkFeed::fill(Timestamp now) {
  // Events for other sinks count as well: a step is bounded.
  for (std::size_t reads = 0; reads < config_.batch_events_max; ++reads) {
    if (batch_.size() >= config_.batch_events_max || batch_.weight() >= config_.batch_bytes_max)
      return Filled::full;
    switch (held_ ? journal::Next::event : reader_->next()) {
      case journal::Next::idle:
        hindrance_ = reader_->obstacle();
        return hindrance_.empty() ? Filled::idle : Filled::hindered;
      case journal::Next::closed:
        return Filled::closed;
      case journal::Next::lost:
        missed_ = Missed::retention;
        missed_told_ += reader_->lost_count();
        break;
      case journal::Next::corrupt:
        if (missed_ == Missed::nothing) missed_ = Missed::damage;
        problem_ = reader_->problem();
        break;
      case journal::Next::event:
        if (!take(now)) return Filled::hindered;
        break;
    }
  }
  return Filled::full;
}

// The reader's event. False: it stays there until it is known what is missing before it.
bool SinkFeed::take(Timestamp now) {
  const std::uint64_t index = reader_->index();
  const auto told = add_gap(index);
  held_ = !told;
  if (held_) {
    hindrance_ = told.error().message;
    return false;
  }
  if (!batch_since_) batch_since_ = now;
  ++counters_.read;
  expected_ = index + 1;
  const Event& event = reader_->event();
  if (!config_.filter.passes(event)) return true;
  if (is_overflow(event, now)) {
    ++counters_.eligible;
    ++counters_.skipped;
    ++skipped_;
    return true;
  }
  if (skipped_ > 0) add_status("overflow", std::exchange(skipped_, 0), index - 1);
  add(event, index, reader_->facts().kind);
  return true;
}

bool SinkFeed::is_overflow(const Event& event, Timestamp now) const {
  if (config_.overflow == Overflow::skip_oldest) return now - event.ts_recv > config_.overflow_age;
  return passed_over_ && event.ts_recv >= passed_over_->from && event.ts_recv < passed_over_->to;
}

void SinkFeed::add(const Event& event, std::uint64_t index, std::optional<InstrumentKind> kind) {
  const auto begun = stages_.begin_encode();
  if (!batch_.add(event, index, kind)) return;
  ++counters_.eligible;
  // A sink of events has no form that takes time.
  if (const auto bytes = batch_.newest(); !bytes.empty())
    stages_.encoded(begun, event.ts_recv, bytes);
}

// Before the event `index`: what is missing there, as an event at the last missing index. What an
// earlier run delivered before it was killed is not missing, though the cursor does not know of it.
Result<void> SinkFeed::add_gap(std::uint64_t index) {
  const std::uint64_t hole = expected_ && index > *expected_ ? index - *expected_ : 0;
  if ((hole == 0 && missed_ == Missed::nothing) || index == 0) {
    missed_ = Missed::nothing;
    missed_told_ = 0;
    return {};
  }
  const auto delivered = sink_.delivered_before(index, reader_->event());
  if (!delivered) return delivered.error();
  const Missed missed = std::exchange(missed_, Missed::nothing);
  const std::uint64_t told = std::exchange(missed_told_, 0);
  const std::uint64_t from = index - std::min(index, expected_ ? hole : told);
  const std::uint64_t missing = index - std::clamp(*delivered, from, index);
  if ((expected_ || told > 0) && missing == 0) return {};  // the damage cost nothing
  counters_.lost += missing;
  add_status(missed == Missed::damage ? "journal damage" : "retention", missing, index - 1);
  return {};
}

void SinkFeed::add_status(std::string_view reason, std::uint64_t missing, std::uint64_t index) {
  Status status;
  status.condition = Condition::gap;
  status.reason = reason;
  if (missing > 0) status.missing = static_cast<std::int64_t>(missing);
  Event event;
  event.venue = "marketprism";
  event.ts_recv = reader_->event().ts_recv;  // the same at each delivery
  event.seq = ++gaps_;
  event.body = status;
  add(event, index, std::nullopt);
}

SinkFeed::State SinkFeed::offer(Timestamp now) {
  const Range range = work_.back();
  const sink::Batch batch = batch_.range(range.begin, range.end);
  const auto begun = stages_.begin_write();
  const sink::Written written = sink_.write(batch);
  const auto head = batch.bytes.empty() ? batch.items.front().event->symbol : batch.bytes;
  stages_.wrote(begun, {.at = now, .bytes = batch_.weight(), .head = head});
  if (written.outcome == Outcome::more) return State::busy;
  ++counters_.batches;
  return answer(written, range, now);
}

// The first `count` of a range: accepted, but for those that the sink refused.
void SinkFeed::deal_with(const sink::Written& written, std::size_t count) {
  if (count == 0) return;
  Range& range = work_.back();
  for (const sink::Refused& refused : written.refused)
    refuse(range.begin + refused.position, refused.problem);
  counters_.acked += count - written.refused.size();
  range.begin += count;
  accepted_end_ = std::max(accepted_end_, batch_.item(range.begin - 1).index + 1);
  if (range.begin == range.end) work_.pop_back();
}

SinkFeed::State SinkFeed::answer(const sink::Written& written, const Range& range, Timestamp now) {
  const Range dealt = range;  // `range` may go with work_
  switch (written.outcome) {
    case Outcome::retriable:
    case Outcome::reopen:
      deal_with(written, written.taken);
      if (written.outcome == Outcome::reopen)
        not_open_ = Error{ErrorKind::unavailable, written.problem};
      if (work_.empty()) end_batch();
      return back_off(written.problem, now);
    case Outcome::rewind:
      return rewind(written.problem, now);
    case Outcome::permanent:
      problem_ = written.problem;
      work_.pop_back();
      if (dealt.end - dealt.begin > 1) {
        const std::size_t middle = dealt.begin + (dealt.end - dealt.begin) / 2;
        work_.push_back({middle, dealt.end});
        work_.push_back({dealt.begin, middle});
        return State::busy;
      }
      refuse(dealt.begin, written.problem);
      break;
    case Outcome::more:
    case Outcome::done:
      if (std::exchange(failures_, 0) > 0) problem_.clear();  // it is over
      resume(now);
      deal_with(written, dealt.end - dealt.begin);
      break;
  }
  if (work_.empty()) end_batch();
  return State::busy;
}

// The sink takes events again.
void SinkFeed::resume(Timestamp now) {
  const auto since = std::exchange(stalled_since_, std::nullopt);
  if (config_.overflow != Overflow::skip_newest || !since) return;
  const Timestamp from = *since + config_.overflow_age;
  if (from < now) passed_over_ = Stretch{.from = from, .to = now};
}

SinkFeed::State SinkFeed::back_off(const std::string& problem, Timestamp now) {
  ++counters_.retries;
  problem_ = problem;
  if (!stalled_since_) stalled_since_ = now;
  const BackOff pauses{.first = config_.retry_first, .most = config_.retry_longest};
  pause_ = spread_upper(pauses.longest(failures_++), chance_());
  retry_at_ = now + pause_;
  return State::backing;
}

// The sink lost what it had accepted above delivered(); the journal still has it.
SinkFeed::State SinkFeed::rewind(const std::string& problem, Timestamp now) {
  ++counters_.rewinds;
  const std::uint64_t back = std::max(committed_, sink_.delivered().value_or(0));
  work_.clear();
  forget_batch();
  reader_->release();
  if (back > 0) reader_->commit(back);
  reader_.reset();
  journal_.from = journal::From::cursor;
  held_ = false;
  missed_ = Missed::nothing;
  missed_told_ = 0;
  expected_.reset();
  accepted_end_ = dealt_end_ = committed_ = counters_.dealt = back;
  unread_since_ = now;
  return back_off(problem, now);
}

SinkFeed::State SinkFeed::read_again(Timestamp now) {
  auto reader = open_(journal_);
  if (reader) {
    reader_ = reader.take();
    return State::busy;
  }
  const State state = back_off("cannot read the journal again: " + reader.error().message, now);
  failed_ = now >= unread_since_ + kUnreadMax;
  return failed_ ? State::failed : state;
}

std::optional<SinkFeed::State> SinkFeed::tick(Timestamp now) {
  if (tick_at_ && now < *tick_at_) return std::nullopt;
  tick_at_ = now + config_.tick_interval;
  const sink::Written written = sink_.tick(now);
  upkeep_ = sink_.upkeep();
  if (written.outcome == Outcome::more) {
    tick_at_.reset();
    return State::busy;
  }
  if (written.outcome == Outcome::rewind) return rewind(written.problem, now);
  if (written.outcome != Outcome::done) return back_off(written.problem, now);
  commit();
  return std::nullopt;
}

SinkFeed::State SinkFeed::finish(Timestamp now) {
  const sink::Written written = sink_.close();
  if (written.outcome == Outcome::more) return State::busy;
  if (written.outcome == Outcome::rewind) return rewind(written.problem, now);
  if (written.outcome != Outcome::done) return back_off(written.problem, now);
  commit();
  closed_ = true;
  return State::ended;
}

void SinkFeed::end_batch() {
  if (expected_) dealt_end_ = std::max(dealt_end_, *expected_);
  counters_.dealt = dealt_end_;
  forget_batch();
  reader_->release();
  commit();
}

void SinkFeed::forget_batch() {
  batch_.clear();
  batch_since_.reset();
}

void SinkFeed::commit() {
  const std::uint64_t delivered = sink_.delivered().value_or(accepted_end_);
  const bool all = delivered >= accepted_end_ && work_.empty() && batch_.empty();
  const std::uint64_t cursor = all ? std::max(delivered, dealt_end_) : delivered;
  if (cursor <= committed_) return;
  reader_->commit(cursor);
  committed_ = cursor;
  counters_.cursor = cursor;
}

void SinkFeed::refuse(std::size_t position, const std::string& problem) {
  const sink::Item& item = batch_.item(position);
  const auto kept = dead_letters_.write(
      {.sink = config_.name, .index = item.index, .problem = problem, .event = *item.event});
  if (kept == DeadLetters::Kept::failed) problem_ = dead_letters_.problem();
  const bool is_there = kept == DeadLetters::Kept::yes;
  ++counters_
        .discarded[static_cast<std::size_t>(is_there ? Discard::refused : Discard::unlettered)];
}

}  // namespace mp::pipeline
