// L0. ChannelSet: some of the channels.
#pragma once

#include <cstdint>

#include "core/event.hpp"

namespace mp {

class ChannelSet {
 public:
  constexpr void add(Channel channel) { bits_ |= bit(channel); }
  constexpr void add(ChannelSet others) { bits_ |= others.bits_; }
  constexpr void remove(Channel channel) { bits_ &= ~bit(channel); }
  [[nodiscard]] constexpr bool has(Channel channel) const { return (bits_ & bit(channel)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

  friend constexpr bool operator==(ChannelSet, ChannelSet) = default;

 private:
  static_assert(kChannelCount <= 32);
  static constexpr std::uint32_t bit(Channel channel) {
    return std::uint32_t{1} << static_cast<unsigned>(channel);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace mp
