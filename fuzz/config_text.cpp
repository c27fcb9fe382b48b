// Any text is a configuration or a list of problems, and the problems can be shown. What was read
// from a short form reads back the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/parse.hpp"
#include "core/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mp::Channel;
  static constexpr std::array kChannels = {Channel::trade, Channel::book};
  const mp::config::Known known{{{"binance", kChannels}, {"okx", kChannels}}};
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto parsed = mp::config::parse(text, known);
  const auto loaded = mp::config::load_text(text, "fuzz", known);
  MP_ASSERT(loaded.ok() == parsed.problems.empty());
  if (!loaded) MP_ASSERT(!loaded.error().message.empty());
  if (const auto feed = mp::config::parse_feed(text, known); feed) {
    MP_ASSERT(!feed->venue.empty());
    MP_ASSERT(!feed->channels.empty());
    MP_ASSERT(!feed->instruments.empty() || !feed->symbols.empty());
  }
  return 0;
}
