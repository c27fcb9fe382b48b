#include "venue/traits.hpp"

#include <algorithm>

namespace mp::venue {

const Route* route_of(const Traits& traits, Channel channel) {
  const auto found = std::ranges::find(traits.routes, channel, &Route::channel);
  return found == traits.routes.end() ? nullptr : &*found;
}

const Endpoint* endpoint_of(const Traits& traits, RestKind kind) {
  const auto found = std::ranges::find(traits.endpoints, kind, &Endpoint::kind);
  return found == traits.endpoints.end() ? nullptr : &*found;
}

const Endpoint* poll_of(const Traits& traits, Channel channel) {
  const auto found = std::ranges::find_if(traits.endpoints, [channel](const Endpoint& endpoint) {
    return endpoint.kind == RestKind::poll && endpoint.channel == channel;
  });
  return found == traits.endpoints.end() ? nullptr : &*found;
}

std::vector<Channel> channels_of(const Traits& traits) {
  std::vector<Channel> channels;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (route_of(traits, channel) != nullptr || poll_of(traits, channel) != nullptr)
      channels.push_back(channel);
  }
  return channels;
}

std::optional<std::string_view> their_interval(const Traits& traits, std::string_view ours) {
  const auto found = std::ranges::find(traits.intervals, ours, &Interval::ours);
  if (found == traits.intervals.end()) return std::nullopt;
  return found->theirs;
}

std::string_view our_interval(const Traits& traits, std::string_view theirs) {
  const auto found = std::ranges::find(traits.intervals, theirs, &Interval::theirs);
  return found == traits.intervals.end() ? theirs : found->ours;
}

}  // namespace mp::venue
