// L4. StreamLife: how the streams of a symbol stand, as their status events say, and whether they
// have brought anything since.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/event.hpp"
#include "pipeline/feed_state.hpp"

namespace mp::pipeline {

class StreamLife {
 public:
  // Of the last event of each channel.
  using Numbers = std::array<std::uint64_t, kChannelCount>;

  StreamLife() = default;
  // What came before `past` is no news.
  explicit StreamLife(const Numbers& past) : then_(past) {}

  void on_status(const Status& status, const Numbers& now);

  // Nothing: it was never heard of.
  [[nodiscard]] std::optional<StreamState> state(Channel channel, const Numbers& now) const;
  // Of the symbol: the worst of its streams'. A quiet stream does not keep it waiting: all of them
  // must be quiet, or its book.
  [[nodiscard]] StreamState state(const Numbers& now) const;
  // Why it is not live, as far as events tell.
  [[nodiscard]] std::string_view reason(const Numbers& now) const;
  // Nothing of it is wanted any more.
  [[nodiscard]] bool ended() const { return ended_; }

  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }
  // Messages that are known to be missing, less what came later.
  [[nodiscard]] std::uint64_t missing() const { return missing_; }

 private:
  [[nodiscard]] bool any_stream(const Numbers& now) const;
  void count_missing(const Status& status);
  void say(const Status& status, StreamState state, const Numbers& now);

  std::array<std::optional<StreamState>, kChannelCount> said_;
  Numbers then_{};           // when that was said
  bool incomplete_ = false;  // something of it is missing, nobody knows of which stream
  bool ended_ = false;
  std::uint64_t gaps_ = 0;
  std::uint64_t missing_ = 0;
};

}  // namespace mp::pipeline
