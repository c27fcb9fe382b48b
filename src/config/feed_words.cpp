// The short form of a feed on the command line.
#include <fmt/format.h>

#include <algorithm>

#include "config/check.hpp"
#include "config/parse.hpp"

namespace mp::config {
namespace {

constexpr std::size_t kWordsMax = 10'000;  // names in one argument

Error bad(std::string_view words, std::string_view what) {
  return {ErrorKind::config, fmt::format("{}: {}", words, what)};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos || parts.size() > kWordsMax) return parts;
    text.remove_prefix(end + 1);
  }
}

// An asset may be called as its venue likes, in letters of any script; blanks, control characters
// and what stands between words are no part of it.
bool is_asset(std::string_view text) {
  constexpr std::string_view kSeparators = ",:@";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7F && kSeparators.find(c) == std::string_view::npos;
  });
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_date(std::string_view text) {
  return text.size() == 8 && is_digits(text);
}

bool is_strike(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos) return is_digits(text);
  return is_digits(text.substr(0, point)) && is_digits(text.substr(point + 1));
}

Result<void> add_channels(std::string_view words, std::string_view text, const KnownVenue& venue,
                          Feed& feed) {
  std::vector<std::string_view> names;
  for (const auto channel : venue.channels) names.push_back(name_of(channel));
  for (const auto part : split(text, ',')) {
    const auto channel = channel_named(part);
    if (!channel || std::find(names.begin(), names.end(), part) == names.end()) {
      const auto problem = channel ? fmt::format("{} has no channel `{}`", venue.name, part)
                                   : fmt::format("unknown channel `{}`", part);
      return bad(words, fmt::format("{}; {}", problem, suggestion(part, names)));
    }
    if (std::find(feed.channels.begin(), feed.channels.end(), *channel) != feed.channels.end()) {
      return bad(words, fmt::format("the channel `{}` is there twice", part));
    }
    feed.channels.push_back(*channel);
  }
  return {};
}

Result<void> add_names(std::string_view words, std::string_view text, Feed& feed) {
  for (const auto part : split(text, ',')) {
    if (part.empty()) return bad(words, "a name between two commas, or after `:`, is missing");
    auto& list = is_instrument_name(part) ? feed.instruments : feed.symbols;
    if (std::find(list.begin(), list.end(), part) != list.end()) {
      return bad(words, fmt::format("`{}` is there twice", part));
    }
    list.emplace_back(part);
  }
  if (feed.instruments.size() + feed.symbols.size() > kWordsMax) {
    return bad("VENUE:NAME,...", fmt::format("more than {} names", kWordsMax));
  }
  return {};
}

}  // namespace

bool is_instrument_name(std::string_view text) {
  if (text.find('*') != std::string_view::npos) return is_asset(text);  // all that match
  const auto parts = split(text, '-');
  if (parts.size() < 2 || !is_asset(parts[0]) || !is_asset(parts[1])) return false;
  switch (parts.size()) {
    case 2:
      return true;
    case 3:
      return parts[2] == "PERP" || is_date(parts[2]);
    case 5:
      return is_date(parts[2]) && is_strike(parts[3]) && (parts[4] == "C" || parts[4] == "P");
    default:
      return false;
  }
}

Result<Feed> parse_feed(std::string_view words, const Known& known) {
  const auto colon = words.find(':');
  if (colon == std::string_view::npos) {
    return bad(words, "expected VENUE:NAME[,NAME...][@CHANNEL,...], such as binance:BTC-USDT");
  }
  Feed feed;
  feed.venue = words.substr(0, colon);
  std::vector<Problem> problems;
  check_venue_name(feed.venue, {}, known, problems);
  if (!problems.empty()) return bad(words, problems.front().text);
  const auto venue =
      std::find_if(known.venues.begin(), known.venues.end(),
                   [&](const KnownVenue& candidate) { return candidate.name == feed.venue; });
  auto names = words.substr(colon + 1);
  const auto at = names.rfind('@');
  if (at == std::string_view::npos) {
    feed.channels = default_channels(*venue);
  } else {
    const auto added = add_channels(words, names.substr(at + 1), *venue, feed);
    if (!added) return added.error();
    names = names.substr(0, at);
  }
  const auto added = add_names(words, names, feed);
  if (!added) return added.error();
  return feed;
}

}  // namespace mp::config
