#include "pipeline/stream.hpp"

#include <algorithm>
#include <numeric>

namespace mp::pipeline {

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

StreamPast Stream::past() const {
  StreamPast out{.seq = seq};
  for (const Carrier& carrier : carriers) out.live.add(carrier.channels);
  if (!trades) return out;
  out.last_trade = trades->last();
  out.missing_trades = trades->missing();
  return out;
}

}  // namespace mp::pipeline
