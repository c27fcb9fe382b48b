// What an engine holds of a symbol, for screens.
#include "pipeline/engine.hpp"

namespace mp::pipeline {
namespace {

std::optional<Level> level_of(const std::optional<Price>& price,
                              const std::optional<Quantity>& quantity) {
  if (!price) return std::nullopt;
  return Level{*price, quantity.value_or(Quantity{})};
}

}  // namespace

// Of trades and quotes, what is shown of them.
void Engine::show(Stream& stream, const Event& event) {
  if (const auto* trade = std::get_if<Trade>(&event.body)) {
    stream.last_price = trade->price;
    if (!stream.bars) stream.bars = std::make_unique<Bars>();
    stream.bars->add(event.ts_event.value_or(event.ts_recv), to_double(trade->price.decimal),
                     to_double(trade->quantity.decimal));
    if (!stream.tape) return;
    if (stream.tape->is_idle(event.ts_recv)) return stream.tape.reset();
    stream.tape->add(event, *trade);
  } else if (const auto* quote = std::get_if<Quote>(&event.body); quote && !stream.book) {
    stream.bid = level_of(quote->bid_price, quote->bid_quantity);
    stream.ask = level_of(quote->ask_price, quote->ask_quantity);
  }
}

InstrumentView Engine::view(const Stream& stream) const {
  const auto known = facts(stream);
  InstrumentView out{.venue = std::string{adapter_.traits().name},
                     .symbol = stream.symbol,
                     .instrument = stream.instrument,
                     .state = stream.life.state(stream.seq),
                     .reason = std::string{stream.life.reason(stream.seq)},
                     .kind = known.kind,
                     .tick = known.tick_size,
                     .events = stream.events(),
                     .gaps = stream.life.gaps(),
                     .missing = stream.life.missing(),
                     .bid = stream.bid,
                     .ask = stream.ask,
                     .last_price = stream.last_price};
  if (stream.book) {
    const auto& book = stream.book->shown().keeper.book();
    out.bid = book.best_bid();
    out.ask = book.best_ask();
  }
  for (std::size_t at = 0; at < kChannelCount; ++at) {
    const auto channel = static_cast<Channel>(at);
    const auto state = stream.life.state(channel, stream.seq);
    if (!state) continue;
    ChannelView view{
        .channel = channel, .state = *state, .events = stream.seq[at] - stream.told_before[at]};
    for (const Carrier& carrier : stream.carriers)
      view.legs += carrier.channels.has(channel) ? 1U : 0U;
    out.channels.push_back(view);
  }
  return out;
}

BookView Engine::book_view(const Stream& stream, std::size_t depth) const {
  BookView out{.venue = std::string{adapter_.traits().name},
               .symbol = stream.symbol,
               .instrument = stream.instrument,
               .tick = facts(stream).tick_size};
  if (!stream.book) return out;
  const book::Keeper& keeper = stream.book->shown().keeper;
  out.state = keeper.valid()          ? StreamState::live
              : stream.book->gap_open ? StreamState::gap
                                      : StreamState::waiting;
  out.sequence = keeper.last();
  out.ts_event = stream.book->last_time();
  if (stream.book->heard() != Timestamp{}) out.ts_recv = stream.book->heard();
  out.known_bid = keeper.known_bid();
  out.known_ask = keeper.known_ask();
  out.bid_levels = keeper.book().bid_count();
  out.ask_levels = keeper.book().ask_count();
  keeper.top(Side::buy, depth, out.bids);
  keeper.top(Side::sell, depth, out.asks);
  return out;
}

Stream* Engine::stream_named(std::string_view name) {
  if (Stream* const stream = streams_.find(name)) return stream;
  for (Stream& stream : streams_.all()) {
    if (stream.instrument == name) return &stream;
  }
  return nullptr;
}

}  // namespace mp::pipeline
