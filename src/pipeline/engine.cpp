#include "pipeline/engine.hpp"

#include "core/assert.hpp"

namespace mp::pipeline {

Engine::Engine(const venue::Adapter& adapter, Catalog& catalog, Owner& owner, EngineOptions options)
    : adapter_(adapter), catalog_(catalog), owner_(owner), options_(options) {}

Stream& Engine::stream_of(std::string_view symbol) {
  if (Stream* const known = streams_.find(symbol)) return *known;
  Stream& stream = streams_.add(symbol);
  if (!symbol.empty()) name(stream);
  return stream;
}

void Engine::name(Stream& stream) {
  const auto* entry = catalog_.by_symbol(stream.symbol);
  std::string instrument;
  if (entry != nullptr) {
    instrument = entry->name;
  } else if (const auto derived = adapter_.derive(stream.symbol)) {
    instrument = canonical_name(*derived);
  }
  if (instrument == stream.instrument) return;
  stream.instrument = std::move(instrument);
  stream.subject.reset();
}

InstrumentFacts Engine::facts(const Stream& stream) const {
  if (stream.instrument.empty()) return {};
  if (const auto* entry = catalog_.by_symbol(stream.symbol)) return facts_of(entry->info);
  const auto derived = adapter_.derive(stream.symbol);
  return derived ? facts_of(*derived) : InstrumentFacts{};
}

std::unique_ptr<Engine::Session> Engine::open_session() {
  return std::make_unique<Session>(++sessions_, adapter_.decoder());
}

venue::Reading Engine::on_frame(Session& session, std::string_view frame, Timestamp ts_recv) {
  reading_session_ = session.id_;
  const venue::Reading reading = session.decoder_->read(frame, ts_recv, *this);
  ++counters_.frames;
  ++counters_.verdicts[static_cast<std::size_t>(reading.verdict)];
  counters_.left_out += reading.left_out;
  if (reading.verdict == venue::Verdict::data && reading.unusual) ++counters_.slow;
  if (reading.broken) on_broken(session, reading.problem, ts_recv);
  if (reading.verdict > venue::Verdict::control) owner_.on_refused(frame, reading, ts_recv);
  return reading;
}

Result<venue::RestReading> Engine::on_rest(const venue::RestCall& call, std::string_view body,
                                           Timestamp ts_recv) {
  venue::RestReading answer;
  reading_rest_ = true;
  const auto read = adapter_.read_rest(call, body, ts_recv, *this, answer);
  reading_rest_ = false;
  if (!read) return read.error();
  return answer;
}

bool Engine::is_unasked(const Stream* stream, const Event& event) const {
  if (options_.symbols == EngineOptions::Symbols::all || reading_rest_) return false;
  const Channel channel = event.channel();
  if (channel == Channel::status) return stream == nullptr && !event.symbol.empty();
  if (stream == nullptr) return channel != Channel::index_price;
  return channel != Channel::instrument && !stream->wants(channel);
}

void Engine::on_event(Event& event) {
  Stream* stream = streams_.find(event.symbol);
  if (is_unasked(stream, event)) {
    ++counters_.unasked;
    return;
  }
  if (const auto* info = std::get_if<InstrumentInfo>(&event.body)) {
    on_instrument(stream, event, *info);
    return;
  }
  if (stream == nullptr) stream = &stream_of(event.symbol);
  const auto* book = std::get_if<Book>(&event.body);
  if (book == nullptr || options_.books == EngineOptions::Books::pass_through) {
    emit(*stream, event);
  } else if (reading_rest_) {
    on_snapshot(*stream, event, *book);
  } else {
    on_book(*stream, event, *book);
  }
}

// Of a listing that is only to be learnt there is no stream for each instrument, and no event
// unless something that is followed has changed.
void Engine::on_instrument(Stream* stream, Event& event, const InstrumentInfo& info) {
  const bool learnt = reading_rest_ && options_.listings == EngineOptions::Listings::learn;
  const auto* known = catalog_.by_symbol(event.symbol);
  const bool changed = known != nullptr && !same_facts(known->info, info);
  catalog_.add(event.symbol, info);
  if (stream != nullptr) name(*stream);
  if (stream != nullptr && (known == nullptr || changed)) stream->subject.reset();
  if (learnt && (stream == nullptr || !changed)) return;
  emit(stream != nullptr ? *stream : stream_of(event.symbol), event);
}

StreamBook& Engine::book_of(Stream& stream, std::int64_t depth) {
  const auto fits = [&](const StreamBook& book) {
    return book.depth == depth && book.session == reading_session_;
  };
  if (stream.book && fits(*stream.book)) return *stream.book;
  StreamBook* found = nullptr;
  StreamBook* free = nullptr;
  stream.for_each_book([&](StreamBook& book) {
    if (fits(book)) found = &book;
    if (book.depth == depth && book.session == 0) free = &book;
  });
  if (found != nullptr) return *found;
  if (free == nullptr) {
    book::Keeper::Listener& listener = *this;
    BookRule rule = adapter_.traits().book;
    if (depth != 0) {
      // Beside the main stream: begun by a snapshot of its own, and never deeper than it says.
      rule.depth_max = static_cast<std::size_t>(depth);
      rule.snapshot_levels = 0;
      if (joins(rule.start)) rule.start = BookStart::stream_snapshot;
    }
    auto made = std::make_unique<StreamBook>(rule, listener);
    made->depth = depth;
    free = made.get();
    if (stream.book) {
      stream.more_books.push_back(std::move(made));
    } else {
      stream.book = std::move(made);
    }
  }
  free->session = reading_session_;
  return *free;
}

// Runs apply(keeper) -> Step with the listener's context set, and what follows from it.
template <class Update>
void Engine::update(Stream& stream, StreamBook& book, Timestamp now, Update&& apply) {
  book_stream_ = &stream;
  book_ = &book;
  book_time_ = now;
  const book::Step step = apply(book.keeper);
  book_stream_ = nullptr;
  book_ = nullptr;
  follow_up(stream, book, step, now);
}

void Engine::on_book(Stream& stream, Event& event, const Book& body) {
  const std::int64_t depth = body.depth.value_or(0);
  StreamBook& book = book_of(stream, depth);
  if (body.is_snapshot) book.snapshot_pending = false;  // it may have been asked for on the socket
  update(stream, book, event.ts_recv, [&](book::Keeper& keeper) {
    return keeper.on_update(body, event.ts_recv, event.ts_event);
  });
}

// A snapshot that came by REST is for every session's book that waits for one.
void Engine::on_snapshot(Stream& stream, const Event& event, const Book& body) {
  reading_session_ = 0;
  if (!stream.book) (void)book_of(stream, 0);
  stream.for_each_book([&](StreamBook& book) {
    if (book.depth != 0) return;
    book.snapshot_pending = false;
    update(stream, book, event.ts_recv, [&](book::Keeper& keeper) {
      return keeper.on_rest_snapshot(body, event.ts_recv, event.ts_event);
    });
  });
}

void Engine::follow_up(Stream& stream, StreamBook& book, book::Step step, Timestamp now) {
  switch (step) {
    case book::Step::emit:
    case book::Step::stale:
    case book::Step::renew:
      if (book.gap_open && book.keeper.valid()) {
        book.gap_open = false;
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
  if (book.snapshot_pending) return;
  book.snapshot_pending = true;
  owner_.want_snapshot(stream);
}

void Engine::on_applied(const Book& body, const std::optional<Timestamp>& ts_event,
                        Timestamp ts_recv) {
  MP_ASSERT(book_stream_ != nullptr);
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

void Engine::on_gap(book::GapReason reason, const book::Gap& gap) {
  MP_ASSERT(book_stream_ != nullptr);
  book_->gap_open = true;
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
  for (auto& stream : streams_.all()) {
    stream.for_each_book([&](StreamBook& book) {
      if (book.session != session.id_ || !book.keeper.valid()) return;
      forget(book);
      emit_status(stream,
                  {.condition = Condition::gap, .channel = Channel::book, .reason = problem}, now);
    });
  }
  emit_status(stream_of(""), {.condition = Condition::gap, .reason = problem}, now);
}

void Engine::emit(Stream& stream, Event& event) {
  const auto channel = event.body.index();
  event.instrument = stream.instrument;
  event.seq = ++stream.seq[channel];
  ++counters_.events[channel];
  owner_.on_event(stream, event);
}

void Engine::emit_status(Stream& stream, const Status& status, Timestamp now) {
  Event event;
  event.venue = adapter_.traits().name;
  event.symbol = stream.symbol;
  event.ts_recv = now;
  event.body = status;
  emit(stream, event);
}

void Engine::on_connected(const Stretch& what, Timestamp now) {
  on_answered(Condition::connected, what, now);
}

void Engine::on_answered(Condition condition, const Stretch& what, Timestamp now) {
  emit_status(stream_of(what.symbol),
              {.condition = condition, .channel = what.channel, .reason = what.reason}, now);
}

void Engine::forget(StreamBook& book) {
  if (book.keeper.valid()) book.gap_open = true;
  book.keeper.on_disconnect();
  book.snapshot_pending = false;
}

void Engine::on_disconnected(const Stretch& what, Timestamp now) {
  const auto forget_books = [&](Stream& stream) {
    stream.for_each_book([&](StreamBook& book) {
      if (what.session != 0 && book.session != what.session) return;
      forget(book);
      book.session = 0;
    });
  };
  if (what.symbol.empty()) {
    for (auto& stream : streams_.all()) forget_books(stream);
  } else if (!what.channel || *what.channel == Channel::book) {
    forget_books(stream_of(what.symbol));
  }
  on_answered(Condition::disconnected, what, now);
}

void Engine::announce(std::string_view symbol, Channel channel, Timestamp now) {
  Stream& stream = stream_of(symbol);
  const bool is_new = stream.asked == 0;  // though an index of its spelling may have come
  stream.ask_for(channel);
  const auto* entry = catalog_.by_symbol(symbol);
  if (entry == nullptr) return;
  // An index may be spelt like an instrument that has none (OKX: BTC-USDT): who follows both gets
  // both.
  if (!applies_to(Channel::index_price, entry->info.kind)) stream.ask_for(Channel::index_price);
  if (!is_new) return;
  Event event;
  event.venue = adapter_.traits().name;
  event.symbol = entry->symbol;
  event.ts_recv = now;
  event.body = entry->info;
  emit(stream, event);
}

std::size_t Engine::books() const {
  std::size_t count = 0;
  for (const auto& stream : streams_.all()) stream.for_each_book([&](const auto&) { ++count; });
  return count;
}

book::KeeperCounters Engine::book_counters() const {
  book::KeeperCounters sum;
  for (const auto& stream : streams_.all()) {
    stream.for_each_book([&](const StreamBook& book) { sum += book.keeper.counters(); });
  }
  return sum;
}

}  // namespace mp::pipeline
