#include "core/event.hpp"

namespace mp {

std::optional<Channel> channel_named(std::string_view name) {
  for (std::size_t i = 0; i < kChannelNames.size(); ++i) {
    if (kChannelNames[i] == name) return static_cast<Channel>(i);
  }
  return std::nullopt;
}

std::string_view name_of(InstrumentKind kind) {
  constexpr std::array<std::string_view, kInstrumentKindCount> kNames = {"spot", "perpetual",
                                                                         "future", "option"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool applies_to(Channel channel, InstrumentKind kind) {
  switch (channel) {
    case Channel::funding:
      return kind == InstrumentKind::perpetual;
    case Channel::open_interest:
    case Channel::liquidation:
    case Channel::mark_price:
    case Channel::index_price:
    case Channel::long_short_ratio:
      return kind != InstrumentKind::spot;
    case Channel::option_summary:
      return kind == InstrumentKind::option;
    default:
      return true;
  }
}

std::string_view name_of(Condition condition) {
  constexpr std::array<std::string_view, kConditionCount> kNames = {
      "connected", "disconnected", "subscribed", "rejected", "gap", "resynced", "healed"};
  return kNames[static_cast<std::size_t>(condition)];
}

}  // namespace mp
