// What the load generator sends: every instrument's messages in a closed loop, serialised as
// WebSocket frames beforehand; numbers that change are patched into the copy that is sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace mp::sim {

enum class LoadChannel : std::uint8_t { trade, depth, quote };
inline constexpr std::size_t kLoadChannels = 3;

// instrument * kLoadChannels + channel; instruments count from 0.
using LoadStream = std::uint32_t;
[[nodiscard]] constexpr LoadChannel channel_of(LoadStream stream) {
  return static_cast<LoadChannel>(stream % kLoadChannels);
}
[[nodiscard]] constexpr std::size_t instrument_of(LoadStream stream) {
  return stream / kLoadChannels;
}

inline constexpr std::size_t kLoadFrameBytesMax = 1024;
// A book's sequence before its first delta. Every delta covers ten numbers.
inline constexpr std::uint64_t kLoadSequenceStart = 100'000'000'000;
inline constexpr std::uint64_t kLoadTradeIdStart = 1'000'000'000;
inline constexpr std::uint64_t kLoadSequenceStep = 10;

class LoadMarket {
 public:
  struct Size {
    std::size_t instruments = 0;
    std::size_t levels = 0;  // a side
  };
  explicit LoadMarket(const Size& size);

  [[nodiscard]] std::size_t instruments() const { return size_.instruments; }
  [[nodiscard]] std::size_t streams() const { return size_.instruments * kLoadChannels; }
  // "l00001usdt@depth@100ms"; nothing for what is not served.
  [[nodiscard]] std::optional<LoadStream> stream(std::string_view name) const;
  // "L00001USDT" -> 0.
  [[nodiscard]] std::optional<std::size_t> instrument(std::string_view symbol) const;

  // The time of the messages that follow. To be called before the first one.
  void set_time(Timestamp now);
  // Writes the stream's next frame, of at most kLoadFrameBytesMax bytes, and returns its end.
  // `stamp` (19 digits) is the quote's update.
  char* write(LoadStream stream, std::int64_t stamp, char* at);
  [[nodiscard]] std::size_t next_bytes(LoadStream stream) const {
    return frames_[place_of(stream)].bytes;
  }

  // JSON objects, as of GET /api/v3/depth and /api/v3/exchangeInfo. The book is exactly what all
  // deltas until now have made of it.
  void append_snapshot(std::size_t instrument, std::size_t limit, std::string& out) const;
  void append_listing(std::string& out) const;

 private:
  enum class Change : std::uint8_t { set, remove, restore };
  struct Touch {
    std::size_t level = 0;  // 0 is the best
    Change change = Change::set;
  };
  static constexpr std::size_t kTouches = 5;  // of a side in a delta
  using Touches = std::array<Touch, kTouches>;
  enum SideIndex : std::size_t { bid, ask, kSides };

  // Where a frame is in an instrument's part of the store, and what is patched in it: the same for
  // all instruments.
  struct Frame {
    std::size_t offset = 0;
    std::size_t bytes = 0;
    std::size_t time = 0;        // trade and depth: E
    std::size_t trade_time = 0;  // trade: T
    std::size_t number = 0;      // trade: t; quote: u; depth: u
    std::size_t first = 0;       // depth: U
  };

  void plan_touches(SideIndex side);
  void plan_changes(SideIndex side, std::size_t level);
  void append_frame(LoadStream stream, std::size_t place, std::string& out, Frame& frame) const;
  void append_trade(std::size_t instrument, std::size_t place, std::string& out,
                    Frame& frame) const;
  void append_depth(std::size_t instrument, std::size_t place, std::string& out,
                    Frame& frame) const;
  void append_quote(std::size_t instrument, std::size_t place, std::string& out,
                    Frame& frame) const;
  // In thousandths. `index` counts the touches of a side in all its deltas.
  [[nodiscard]] std::uint32_t start_quantity(std::size_t instrument, SideIndex side,
                                             std::size_t level) const;
  [[nodiscard]] std::uint32_t touched_quantity(std::size_t instrument, SideIndex side,
                                               std::size_t index) const;
  [[nodiscard]] std::size_t place_of(LoadStream stream) const {
    return places_[stream] * kLoadChannels + stream % kLoadChannels;
  }

  Size size_;
  std::size_t loop_ = 0;  // messages of a stream until it repeats
  std::array<std::vector<Touches>, kSides> touches_;
  std::vector<Frame> frames_;  // by place and channel
  std::size_t instrument_bytes_ = 0;
  std::vector<char> store_;
  std::vector<std::size_t> places_;       // by stream: the next message in its loop
  std::vector<std::uint64_t> sequences_;  // by instrument: the last u that was sent
  std::vector<std::uint64_t> trade_ids_;  // likewise, the last t
  std::array<char, 13> time_{};           // in milliseconds
};

}  // namespace mp::sim
