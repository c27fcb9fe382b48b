#include "pipeline/engine.hpp"

#include "core/assert.hpp"

namespace mp::pipeline {

Engine::Engine(venue::Adapter& adapter, Catalog& catalog, Owner& owner, EngineOptions options)
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

venue::Reading Engine::on_frame(std::string_view frame, Timestamp ts_recv) {
  const venue::Reading reading = adapter_.read(frame, ts_recv, *this);
  ++counters_.frames;
  ++counters_.verdicts[static_cast<std::size_t>(reading.verdict)];
  if (reading.verdict > venue::Verdict::control) owner_.on_refused(frame, reading, ts_recv);
  return reading;
}

Result<void> Engine::on_rest(const venue::RestCall& call, std::string_view body,
                             Timestamp ts_recv) {
  reading_rest_ = true;
  auto read = adapter_.read_rest(call, body, ts_recv, *this);
  reading_rest_ = false;
  return read;
}

void Engine::on_event(Event& event) {
  Stream* stream = streams_.find(event.symbol);
  if (stream == nullptr) {
    if (options_.symbols == EngineOptions::Symbols::announced && !reading_rest_ &&
        event.channel() != Channel::index_price) {
      ++counters_.unasked;
      return;
    }
    // Without a stream for each instrument of a listing that is only to be learnt.
    if (!is_learnt(event)) stream = &stream_of(event.symbol);
  }
  if (const auto* info = std::get_if<InstrumentInfo>(&event.body)) {
    catalog_.add(event.symbol, *info);
    if (stream != nullptr) name(*stream);
    if (!is_learnt(event)) emit(*stream, event);
    return;
  }
  const auto* book = std::get_if<Book>(&event.body);
  if (book != nullptr && options_.books == EngineOptions::Books::keep) {
    on_book(*stream, event, *book);
  } else {
    emit(*stream, event);
  }
}

void Engine::on_book(Stream& stream, Event& event, const Book& body) {
  const BookRule& rule = adapter_.traits().book;
  // Beside deltas that join a REST snapshot, a venue may offer whole books of a few levels: another
  // stream, which needs no keeping.
  if (rule.start == BookStart::rest_snapshot && body.is_snapshot && !reading_rest_) {
    stream.levels += body.bids.size() + body.asks.size();
    emit(stream, event);
    return;
  }
  book::Keeper::Listener& listener = *this;
  if (!stream.keeper) stream.keeper = std::make_unique<book::Keeper>(rule, listener);
  book_stream_ = &stream;
  book_time_ = event.ts_recv;
  const book::Step step = reading_rest_
                              ? stream.keeper->on_rest_snapshot(body, event.ts_recv, event.ts_event)
                              : stream.keeper->on_update(body, event.ts_recv, event.ts_event);
  book_stream_ = nullptr;
  const bool is_asked_for =
      reading_rest_ || (body.is_snapshot && rule.start == BookStart::socket_snapshot);
  if (is_asked_for) stream.snapshot_pending = false;
  follow_up(stream, step, event.ts_recv);
}

void Engine::follow_up(Stream& stream, book::Step step, Timestamp now) {
  switch (step) {
    case book::Step::emit:
    case book::Step::stale:
    case book::Step::renew:
      if (stream.gap_open && stream.keeper->valid()) {
        stream.gap_open = false;
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
      if (!stream.keeper->wants_rest_snapshot()) {
        owner_.want_resubscribe(stream);
        return;
      }
      break;
  }
  if (stream.snapshot_pending) return;
  stream.snapshot_pending = true;
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
  emit(*book_stream_, event);
}

void Engine::on_gap(book::GapReason reason, const book::Gap& gap) {
  MP_ASSERT(book_stream_ != nullptr);
  book_stream_->gap_open = true;
  emit_status(*book_stream_,
              {.condition = Condition::gap,
               .channel = Channel::book,
               .reason = name_of(reason),
               .from_sequence = gap.from,
               .to_sequence = gap.to,
               .missing = gap.missing},
              book_time_);
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
  emit_status(stream_of(what.symbol),
              {.condition = Condition::connected, .channel = what.channel, .reason = what.reason},
              now);
}

void Engine::on_disconnected(const Stretch& what, Timestamp now) {
  const auto forget = [](Stream& stream) {
    if (!stream.keeper) return;
    if (stream.keeper->valid()) stream.gap_open = true;
    stream.keeper->on_disconnect();
    stream.snapshot_pending = false;
  };
  if (what.symbol.empty()) {
    for (auto& stream : streams_.all()) forget(stream);
  } else if (!what.channel || *what.channel == Channel::book) {
    forget(stream_of(what.symbol));
  }
  emit_status(
      stream_of(what.symbol),
      {.condition = Condition::disconnected, .channel = what.channel, .reason = what.reason}, now);
}

void Engine::announce(std::string_view symbol, Timestamp now) {
  const auto* entry = catalog_.by_symbol(symbol);
  if (entry == nullptr) return;
  Event event;
  event.venue = adapter_.traits().name;
  event.symbol = entry->symbol;
  event.ts_recv = now;
  event.body = entry->info;
  emit(stream_of(symbol), event);
}

std::size_t Engine::books() const {
  std::size_t count = 0;
  for (const auto& stream : streams_.all()) count += stream.keeper ? 1U : 0U;
  return count;
}

book::KeeperCounters Engine::book_counters() const {
  book::KeeperCounters sum;
  for (const auto& stream : streams_.all()) {
    if (stream.keeper) sum += stream.keeper->counters();
  }
  return sum;
}

}  // namespace mp::pipeline
