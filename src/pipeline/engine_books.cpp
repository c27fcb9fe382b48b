// The books of an engine: one for each session that brings them, one stream of what goes on.
#include "core/assert.hpp"
#include "pipeline/engine.hpp"

namespace mp::pipeline {

BookFeed& Engine::feed_of(Stream& stream, std::int64_t depth) {
  if (stream.book && stream.book->depth() == depth) return *stream.book;
  for (const auto& feed : stream.more_books) {
    if (feed->depth() == depth) return *feed;
  }
  book::Keeper::Listener& listener = *this;
  BookRule rule = adapter_.traits().book;
  if (depth != 0) {
    // Beside the main stream: begun by a snapshot of its own, and never deeper than it says.
    rule.depth_max = static_cast<std::size_t>(depth);
    rule.snapshot_levels = 0;
    if (joins(rule.start)) rule.start = BookStart::stream_snapshot;
  }
  auto made = std::make_unique<BookFeed>(rule, depth, listener, held_room_);
  if (!stream.book) {
    stream.book = std::move(made);
    return *stream.book;
  }
  return *stream.more_books.emplace_back(std::move(made));
}

// Runs apply(keeper) -> Step with the listener's context set, and what follows from it.
template <class Update>
void Engine::update(Stream& stream, BookFeed& feed, SessionBook& book, Timestamp now,
                    Update&& apply) {
  book_stream_ = &stream;
  book_feed_ = &feed;
  book_ = &book;
  book_time_ = now;
  const FrameStages::Part timed{options_.stages, obs::Stage::book};
  const book::Step step = apply(book.keeper);
  book_stream_ = nullptr;
  book_feed_ = nullptr;
  book_ = nullptr;
  follow_up(stream, feed, book, step, now);
}

void Engine::on_book(Stream& stream, Event& event, const Book& body) {
  BookFeed& feed = feed_of(stream, body.depth.value_or(0));
  if (body.is_snapshot) feed.snapshot_pending = false;  // it may have been asked for on the socket
  update(stream, feed, feed.book_of(reading_->id_), event.ts_recv, [&](book::Keeper& keeper) {
    return keeper.on_update(body, event.ts_recv, event.ts_event);
  });
}

// A snapshot that came by REST is for every session's book that waits for one.
void Engine::on_snapshot(Stream& stream, const Event& event, const Book& body) {
  BookFeed& feed = feed_of(stream, 0);
  feed.snapshot_pending = false;
  feed.for_each([&](SessionBook& book) {
    update(stream, feed, book, event.ts_recv, [&](book::Keeper& keeper) {
      return keeper.on_rest_snapshot(body, event.ts_recv, event.ts_event, snapshot_levels_);
    });
  });
}

bool Engine::is_in_step(const Stream& stream) const {
  return stream.book && stream.book->in_step();
}

bool Engine::is_shallow(const Stream& stream) const {
  bool shallow = false;
  if (stream.book) {
    stream.book->for_each(
        [&](const SessionBook& book) { shallow = shallow || book.keeper.is_shallow(); });
  }
  return shallow;
}

void Engine::await_deeper(Stream& stream) {
  MP_ASSERT(is_shallow(stream));
  stream.book->snapshot_pending = true;
  stream.book->for_each([](SessionBook& book) {
    if (book.keeper.is_shallow()) book.keeper.await_deeper();
  });
}

void Engine::give_up_deeper(Stream& stream) {
  if (!is_in_step(stream)) return;
  stream.book->snapshot_pending = false;
  stream.book->for_each([](SessionBook& book) { book.keeper.give_up_deeper(); });
}

void Engine::follow_up(Stream& stream, BookFeed& feed, SessionBook& book, book::Step step,
                       Timestamp now) {
  switch (step) {
    case book::Step::emit:
    case book::Step::stale:
    case book::Step::renew:
      if (feed.gap_open && feed.in_step() && book.keeper.valid()) {
        feed.gap_open = false;
        emit_status(stream,
                    {.condition = Condition::resynced, .channel = Channel::book, .reason = ""},
                    now);
      }
      if (step != book::Step::renew) return;
      break;
    case book::Step::held:
    case book::Step::refetch:
      break;
    case book::Step::resync:
      if (!book.keeper.wants_rest_snapshot()) {
        owner_.want_resubscribe(stream);
        return;
      }
      break;
  }
  if (feed.snapshot_pending) return;
  feed.snapshot_pending = true;
  owner_.want_snapshot(stream);
}

void Engine::on_applied(const Book& body, const std::optional<Timestamp>& ts_event,
                        Timestamp ts_recv) {
  MP_ASSERT(book_stream_ != nullptr);
  const auto passing = book_feed_->judge(*book_, body, ts_event, ts_recv);
  if (book_feed_->size() > 1 && reading_ != nullptr) {
    Race& race = reading_->race_;
    ++(passing == BookFeed::Passing::copy ? race.late : race.first);
  }
  if (passing == BookFeed::Passing::copy) {
    ++counters_.copies;
    return;
  }
  if (passing == BookFeed::Passing::whole) {
    emit_whole(*book_stream_, *book_feed_, *book_, ts_recv);
    return;
  }
  Event event;
  event.venue = adapter_.traits().name;
  event.symbol = book_stream_->symbol;
  event.ts_event = ts_event;
  event.ts_recv = ts_recv;
  event.body = body;
  book_stream_->levels += body.bids.size() + body.asks.size();
  emitting_ = book_;
  emit(*book_stream_, event);
  emitting_ = nullptr;
}

// What went on stands elsewhere: a gap, up to where the book is, and the book as a snapshot.
void Engine::emit_whole(Stream& stream, const BookFeed& feed, const SessionBook& book,
                        Timestamp now) {
  emit_status(stream,
              {.condition = Condition::gap, .channel = Channel::book, .reason = "other_session"},
              now);
  book.keeper.top(Side::buy, book::kLevelsMax, bids_);
  book.keeper.top(Side::sell, book::kLevelsMax, asks_);
  Event event;
  event.venue = adapter_.traits().name;
  event.symbol = stream.symbol;
  event.ts_recv = now;
  Book body{.is_snapshot = true,
            .last_sequence = book.keeper.last(),
            .known_bid = book.keeper.known_bid(),
            .known_ask = book.keeper.known_ask(),
            .bids = bids_,
            .asks = asks_};
  if (feed.depth() != 0) body.depth = feed.depth();
  event.body = body;
  stream.levels += bids_.size() + asks_.size();
  emitting_ = &book;
  emit(stream, event);
  emitting_ = nullptr;
  emit_status(stream, {.condition = Condition::resynced, .channel = Channel::book, .reason = ""},
              now);
}

// A book is lost. True: nothing is missing from what goes on, or another book takes over.
bool Engine::go_on(Stream& stream, BookFeed& feed, const SessionBook& lost, Timestamp now) {
  const auto loss = feed.lost(lost);
  if (loss.of_stream) return false;
  ++counters_.healed;
  if (loss.whole != nullptr) emit_whole(stream, feed, *loss.whole, now);
  return true;
}

void Engine::on_gap(book::GapReason reason, const book::Gap& gap) {
  MP_ASSERT(book_stream_ != nullptr);
  if (go_on(*book_stream_, *book_feed_, *book_, book_time_)) return;
  book_feed_->gap_open = true;
  emit_status(*book_stream_,
              {.condition = Condition::gap,
               .channel = Channel::book,
               .reason = name_of(reason),
               .from_sequence = gap.from,
               .to_sequence = gap.to,
               .missing = gap.missing},
              book_time_);
}

// Messages of a session were lost, nobody knows of which streams: no book of it can be trusted.
void Engine::on_broken(const Session& session, std::string_view problem, Timestamp now) {
  ++counters_.broken;
  lose_books(session.id_, nullptr, problem, now);
  emit_status(stream_of(""), {.condition = Condition::gap, .reason = problem}, now);
}

void Engine::lose_books(SessionId session, Stream* stream, std::string_view reason, Timestamp now) {
  const auto lose = [&](Stream& each) {
    if (!forget_books(each, session, now)) return;
    emit_status(each, {.condition = Condition::gap, .channel = Channel::book, .reason = reason},
                now);
  };
  if (stream != nullptr) return lose(*stream);
  for (auto& each : streams_.all()) lose(each);
}

// Forgets what a session's book holds. True: it was right, and no other goes on in its place.
bool Engine::forget(Stream& stream, BookFeed& feed, SessionBook& book, Timestamp now) {
  const bool was_valid = book.keeper.valid();
  book.keeper.on_disconnect();
  feed.snapshot_pending = false;
  if (!was_valid || go_on(stream, feed, book, now)) return false;
  feed.gap_open = true;
  return true;
}

// 0: of all sessions. True: of one of its streams of books nothing goes on.
bool Engine::forget_books(Stream& stream, SessionId session, Timestamp now) {
  bool any = false;
  stream.for_each_book_feed([&](BookFeed& feed) {
    feed.for_each([&](SessionBook& book) {
      if (session == 0 || book.session == session) any = forget(stream, feed, book, now) || any;
    });
  });
  return any;
}

bool Engine::is_valid(const Stream& stream, SessionId session) const {
  if (!stream.book) return false;
  const SessionBook* const book = stream.book->find(session);
  return book != nullptr && book->keeper.valid();
}

bool Engine::wants_snapshot(const Stream& stream) const {
  bool wants = false;
  if (stream.book) {
    stream.book->for_each([&](const SessionBook& book) {
      wants = wants || (book.session != 0 && book.keeper.wants_rest_snapshot());
    });
  }
  return wants;
}

}  // namespace mp::pipeline
