#include "control/stream_wish.hpp"

#include <fmt/format.h>

#include <charconv>

#include "core/instrument.hpp"
#include "core/name_limit.hpp"
#include "core/utf8.hpp"

namespace mp::control {
namespace {

constexpr std::size_t kDepthMax = 1'000;

bool is_glob(std::string_view text) {
  return text.find('*') != std::string_view::npos;
}

}  // namespace

bool StreamWish::matches(const Event& event) const {
  if (!matches_glob(channel, name_of(event.channel())) || !matches_glob(venue, event.venue))
    return false;
  return matches_glob(name, event.instrument) || matches_glob(name, event.symbol);
}

Result<StreamWish> stream_wish(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return Error{ErrorKind::usage,
                 fmt::format("\"{}\" is no stream: {}", printable(text, kNameBytesMax), why)};
  };
  const auto first = text.find('/');
  const auto last = text.rfind('/');
  if (first == std::string_view::npos || first == last || first == 0 || last == first + 1 ||
      last + 1 == text.size())
    return refuse("expected VENUE/INSTRUMENT/CHANNEL, as in binance/BTC-USDT/trade");
  StreamWish out{.venue = std::string{text.substr(0, first)},
                 .name = std::string{text.substr(first + 1, last - first - 1)},
                 .channel = std::string{text.substr(last + 1)}};
  if (is_glob(out.channel) || channel_named(out.channel)) return out;
  const std::string_view depth = std::string_view{out.channel}.substr(
      out.channel.starts_with("book") ? 4 : out.channel.size());
  const auto [end, code] = std::from_chars(depth.data(), depth.data() + depth.size(), out.depth);
  if (code != std::errc{} || end != depth.data() + depth.size() || out.depth == 0 ||
      out.depth > kDepthMax)
    return refuse("the channel is none; expected one like trade, quote, book or book10");
  if (is_glob(out.venue) || is_glob(out.name))
    return refuse("bookN is of one instrument, without *");
  return out;
}

}  // namespace mp::control
