#include "pipeline/engine.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/name_limit.hpp"
#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {
namespace {

std::string failure_of(const std::exception& mistake) {
  return std::string{"the decoder failed: "}.append(mistake.what());
}

}  // namespace

Engine::Engine(const venue::Adapter& adapter, Catalog& catalog, Owner& owner, EngineOptions options)
    : adapter_(adapter),
      catalog_(catalog),
      owner_(owner),
      options_(options),
      counts_trades_(adapter.traits().trades_are_counted &&
                     options.books == EngineOptions::Books::keep) {}

Stream& Engine::stream_of(std::string_view symbol) {
  if (Stream* const known = streams_.find(symbol)) return *known;
  Stream& stream = streams_.add(symbol);
  if (!symbol.empty()) name(stream);
  go_on_from(stream);
  return stream;
}

// What an earlier run has told of it is not told again, and its numbers are not given again.
void Engine::go_on_from(Stream& stream) {
  const auto past = options_.past ? options_.past(stream.symbol) : std::nullopt;
  if (!past) return;
  stream.seq = past->seq;
  stream.told_before = past->seq;
  stream.life = StreamLife{past->seq};
  if (counts_trades_ && past->last_trade)
    stream.trades = std::make_unique<TradeWatch>(*past->last_trade, past->missing_trades);
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

// What no venue should be able to find, a mistake of ours, costs this frame and not the collector.
venue::Reading Engine::decode(Session& session, std::string_view frame, Timestamp ts_recv) try {
  return session.decoder_->read(frame, ts_recv, *this);
} catch (const std::exception& mistake) {
  failure_ = failure_of(mistake);
  venue::Reading reading;
  reading.verdict = venue::Verdict::malformed;
  reading.problem = failure_;
  return reading;
}

venue::Reading Engine::on_frame(Session& session, std::string_view frame, Timestamp ts_recv) {
  reading_ = &session;
  if (options_.stages != nullptr) options_.stages->begin();
  const venue::Reading reading = decode(session, frame, ts_recv);
  if (options_.stages != nullptr) options_.stages->end(frame, ts_recv);
  ++counters_.frames;
  counters_.bytes += frame.size();
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
  reading_ = nullptr;
  reading_rest_ = true;
  snapshot_levels_ = call.levels;
  Result<void> read;
  try {
    read = adapter_.read_rest(call, body, ts_recv, *this, answer);
  } catch (const std::exception& mistake) {  // as above
    read = Error{ErrorKind::data, failure_of(mistake)};
  }
  tell_filled();
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
  const bool is_new = book != nullptr ? !book->is_snapshot : event.channel() == Channel::trade;
  if (is_new && event.ts_event && reading_ != nullptr) {
    Nanoseconds& least = reading_->least_delay_;
    least = std::min<Nanoseconds>(least, event.ts_recv - *event.ts_event);
  }
  if (book == nullptr || options_.books == EngineOptions::Books::pass_through) {
    if (is_copy(*stream, event)) return;
    const auto* trade = counts_trades_ ? std::get_if<Trade>(&event.body) : nullptr;
    if (trade != nullptr) return on_trade(*stream, event, *trade);
    emit(*stream, event);
  } else if (reading_rest_) {
    on_snapshot(*stream, event, *book);
  } else {
    on_book(*stream, event, *book);
  }
}

// What is missing before a trade is said before it, and what was missing and has come behind it.
void Engine::on_trade(Stream& stream, Event& event, const Trade& trade) {
  const auto id = TradeWatch::number_of(trade.trade_id.value_or(""));
  if (!id) return emit(stream, event);
  if (reading_rest_) return on_past_trade(stream, event, *id);
  if (!stream.trades) stream.trades = std::make_unique<TradeWatch>();
  const Timestamp now = event.ts_recv;
  const auto found = stream.trades->judge(*id, now);
  switch (found.kind) {
    case TradeWatch::Kind::gap:
      emit_status(stream,
                  {.condition = Condition::gap,
                   .channel = Channel::trade,
                   .reason = "sequence",
                   .from_sequence = found.from,
                   .to_sequence = found.to,
                   .missing = found.missing,
                   .since = found.since},
                  now);
      [[fallthrough]];
    case TradeWatch::Kind::next:
      return emit(stream, event);
    case TradeWatch::Kind::late:
      emit(stream, event);
      return emit_status(stream,
                         {.condition = Condition::healed,
                          .channel = Channel::trade,
                          .reason = "late",
                          .from_sequence = *id,
                          .to_sequence = *id,
                          .missing = 0},
                         now);
    case TradeWatch::Kind::copy:
      ++counters_.copies;
  }
}

// Asked for because it was missing; what else the answer has, the stream says by itself.
void Engine::on_past_trade(Stream& stream, Event& event, std::int64_t id) {
  if (!stream.trades || !stream.trades->fill(id)) return;
  if (filled_ && (filled_->stream != &stream || filled_->ids.to + 1 != id)) tell_filled();
  if (!filled_) filled_ = {.stream = &stream, .ids = {id, id}, .ts_recv = event.ts_recv};
  filled_->ids.to = id;
  emit(stream, event);
}

void Engine::tell_filled() {
  if (!filled_) return;
  const Filled filled = *std::exchange(filled_, std::nullopt);
  emit_status(*filled.stream,
              {.condition = Condition::healed,
               .channel = Channel::trade,
               .reason = kBackfillReason,
               .from_sequence = filled.ids.from,
               .to_sequence = filled.ids.to,
               .missing = 0},
              filled.ts_recv);
}

// Another session has said it before.
bool Engine::is_copy(Stream& stream, const Event& event) {
  if (stream.arbiter == nullptr) {
    if (options_.legs == EngineOptions::Legs::connected || sessions_ < 2) return false;
    stream.arbiter = std::make_unique<Arbiter>();
  }
  if (reading_ == nullptr || event.channel() == Channel::status) return false;
  const auto answer = stream.arbiter->judge(event, reading_->id_);
  Race& race = reading_->race_;
  if (answer.is_first) {
    ++race.first;
    return false;
  }
  ++race.late;
  if (answer.behind) {
    ++race.timed;
    race.behind += *answer.behind;
  }
  ++counters_.copies;
  return true;
}

// Of a listing that is only to be learnt there is no stream for each instrument, and no event
// unless something that is followed has changed.
void Engine::on_instrument(Stream* stream, Event& event, const InstrumentInfo& info) {
  if (event.symbol.size() > kNameBytesMax) {
    ++counters_.too_long;
    return;
  }
  const bool learnt = reading_rest_ && options_.listings == EngineOptions::Listings::learn;
  const auto* known = catalog_.by_symbol(event.symbol);
  const bool changed = known != nullptr && !same_facts(known->info, info);
  catalog_.add(event.symbol, info);
  if (stream != nullptr) name(*stream);
  if (stream != nullptr && (known == nullptr || changed)) stream->subject.reset();
  if (learnt && (stream == nullptr || !changed)) return;
  emit(stream != nullptr ? *stream : stream_of(event.symbol), event);
}

void Engine::emit(Stream& stream, Event& event) {
  const auto channel = event.body.index();
  event.instrument = stream.instrument;
  event.seq = ++stream.seq[channel];
  if (reading_rest_) {
    const auto* const book = std::get_if<Book>(&event.body);
    if (book == nullptr || book->is_snapshot) ++stream.by_rest[channel];
  }
  ++counters_.events[channel];
  owner_.on_event(stream, event);
}

void Engine::emit_status(Stream& stream, const Status& status, Timestamp now) {
  Event event;
  event.venue = adapter_.traits().name;
  event.symbol = stream.symbol;
  event.ts_recv = now;
  event.body = status;
  stream.life.on_status(status, stream.seq);
  emit(stream, event);
}

void Engine::on_connected(const Stretch& what, Timestamp now) {
  if (what.session != 0 && what.channel) {
    Stream& stream = stream_of(what.symbol);
    if (stream.carry(what.session, *what.channel)) return;  // once more, or beside another
  }
  tell(Condition::connected, what, now);
}

void Engine::tell(Condition condition, const Stretch& what, Timestamp now) {
  emit_status(stream_of(what.symbol),
              {.condition = condition,
               .channel = what.channel,
               .reason = what.reason,
               .missing = what.missing,
               .since = what.since},
              now);
}

void Engine::on_disconnected(const Stretch& what, Timestamp now) {
  const auto end = [&](Stream& stream) {
    const bool lost = forget_books(stream, what.session, now);
    stream.for_each_book_feed([&](BookFeed& feed) {
      feed.for_each([&](SessionBook& book) {
        if (what.session == 0 || book.session == what.session) book.session = 0;
      });
    });
    if (stream.arbiter && what.session != 0) stream.arbiter->ended(what.session);
    return lost;
  };
  if (what.symbol.empty()) {
    for (auto& stream : streams_.all()) (void)end(stream);
    return tell(Condition::disconnected, what, now);
  }
  Stream& stream = stream_of(what.symbol);
  const bool of_book = !what.channel || *what.channel == Channel::book;
  const bool lost = of_book && end(stream);
  if (what.session != 0 && what.channel) {
    if (!stream.drop(what.session, *what.channel)) return;  // ended before
    if (stream.is_carried(*what.channel)) {
      if (!lost) return;
      emit_status(stream,
                  {.condition = Condition::gap,
                   .channel = what.channel,
                   .reason = what.reason,
                   .since = what.since},
                  now);
      return;
    }
  }
  tell(Condition::disconnected, what, now);
}

void Engine::announce(std::string_view symbol, Channel channel, Timestamp now) {
  Stream& stream = stream_of(symbol);
  const bool is_new = stream.asked.empty();  // though an index of its spelling may have come
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

void Engine::renounce(std::string_view symbol, Channel channel) {
  if (Stream* const stream = streams_.find(symbol)) stream->ask_no_longer_for(channel);
}

std::size_t Engine::books() const {
  std::size_t count = 0;
  for (const auto& stream : streams_.all())
    stream.for_each_book_feed([&](const BookFeed& feed) { count += feed.size(); });
  return count;
}

book::KeeperCounters Engine::book_counters() const {
  book::KeeperCounters sum;
  for (const auto& stream : streams_.all()) {
    stream.for_each_book_feed([&](const BookFeed& feed) {
      feed.for_each([&](const SessionBook& book) { sum += book.keeper.counters(); });
    });
  }
  return sum;
}

}  // namespace mp::pipeline
