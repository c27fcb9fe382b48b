// What an engine holds of a symbol, for screens.
#include "pipeline/engine.hpp"

namespace mp::pipeline {

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
  out.seq = stream.seq[static_cast<std::size_t>(Channel::book)];
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
