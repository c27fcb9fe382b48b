#include "pipeline/stream.hpp"

#include <algorithm>
#include <numeric>

namespace mp::pipeline {
namespace {

std::optional<Level> level_of(const std::optional<Price>& price,
                              const std::optional<Quantity>& quantity) {
  if (!price) return std::nullopt;
  return Level{*price, quantity.value_or(Quantity{})};
}

}  // namespace

bool Stream::carry(SessionId session, Channel channel) {
  const bool before = is_carried(channel);
  auto found = std::ranges::find(carriers, session, &Carrier::session);
  if (found == carriers.end()) found = carriers.insert(found, {.session = session});
  found->channels.add(channel);
  if (carriers.size() > 1 && before && !arbiter) arbiter = std::make_unique<Arbiter>();
  return before;
}

bool Stream::drop(SessionId session, Channel channel) {
  const auto found = std::ranges::find(carriers, session, &Carrier::session);
  if (found == carriers.end() || !found->channels.has(channel)) return false;
  found->channels.remove(channel);
  if (found->channels.empty()) carriers.erase(found);
  return true;
}

bool Stream::is_carried(Channel channel) const {
  return std::ranges::any_of(carriers,
                             [&](const Carrier& each) { return each.channels.has(channel); });
}

bool Stream::is_carried(Channel channel, SessionId by) const {
  return std::ranges::any_of(carriers, [&](const Carrier& each) {
    return each.session == by && each.channels.has(channel);
  });
}

std::uint64_t Stream::events() const {
  const auto sum = [](const auto& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
  };
  return sum(seq) - sum(told_before);
}

void Stream::show(const Event& event) {
  if (const auto* trade = std::get_if<Trade>(&event.body)) {
    if (tape && tape->is_idle(event.ts_recv)) tape.reset();
    if (tape) tape->add(event, *trade);
    if (!bars) bars = std::make_unique<Bars>();
    const Timestamp ts = event.ts_event.value_or(event.ts_recv);
    if (ts < bars->newest()) return;
    last_price = trade->price;
    bars->add(ts, to_double(trade->price.decimal), to_double(trade->quantity.decimal));
  } else if (const auto* quote = std::get_if<Quote>(&event.body); quote && !book) {
    bid = level_of(quote->bid_price, quote->bid_quantity);
    ask = level_of(quote->ask_price, quote->ask_quantity);
  }
}

StreamPast Stream::past() const {
  StreamPast out{.seq = seq};
  for (const Carrier& carrier : carriers) out.live.add(carrier.channels);
  if (!trades) return out;
  out.last_trade = trades->last();
  out.missing_trades = trades->missing();
  return out;
}

}  // namespace mp::pipeline
