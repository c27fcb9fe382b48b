#include "config/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/units.hpp"
#include "net/local_server.hpp"
#include "net/proxy.hpp"
#include "net/socket_options.hpp"
#include "net/url.hpp"

namespace mp::config {
namespace {

const Node* value_of(const Node& table, std::string_view key) {
  for (const auto& member : table.members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

// The place of a key, or of its table where the key was left out.
Span place_of(const Node& table, std::string_view key) {
  const auto* value = value_of(table, key);
  return value == nullptr ? table.at : value->at;
}

const KnownVenue* venue_named(const Known& known, std::string_view name) {
  const auto found = std::find_if(known.venues.begin(), known.venues.end(),
                                  [&](const KnownVenue& venue) { return venue.name == name; });
  return found == known.venues.end() ? nullptr : &*found;
}

bool has(std::span<const Channel> channels, Channel channel) {
  return std::find(channels.begin(), channels.end(), channel) != channels.end();
}

void check_channels(const Node& node, const KnownVenue& venue, const Feed& feed,
                    std::vector<Problem>& problems) {
  const auto* list = value_of(node, "channels");
  std::vector<std::string_view> names;
  for (const auto channel : venue.channels) names.push_back(name_of(channel));
  for (const auto channel : feed.channels) {
    if (has(venue.channels, channel)) continue;
    Span at = node.at;
    if (list != nullptr) {
      for (const auto& item : list->items) {
        if (item.text == name_of(channel)) at = item.at;
      }
    }
    problems.push_back({at, fmt::format("{} has no channel `{}`; it has {}", venue.name,
                                        name_of(channel), fmt::join(names, ", "))});
  }
}

// A wrong interval would be silence: some venues answer nothing at all.
void check_interval(const Node& node, const KnownVenue& venue, const Feed& feed,
                    std::vector<Problem>& problems) {
  if (!has(feed.channels, Channel::candle)) return;
  if (std::find(venue.intervals.begin(), venue.intervals.end(), feed.interval) !=
      venue.intervals.end()) {
    return;
  }
  // The list stands there already: of a suggestion only what is near.
  const auto near = suggestion(feed.interval, venue.intervals);
  const auto hint = near.starts_with("did") ? fmt::format(" ({})", near) : std::string{};
  problems.push_back(
      {value_of(node, "interval") == nullptr ? node.at : place_of(node, "interval"),
       fmt::format("`interval` \"{}\" is none that {} has; they are {}{}", feed.interval,
                   venue.name, fmt::join(venue.intervals, ", "), hint)});
}

// scheme://host[:port][/path], without blanks.
bool is_url(std::string_view url, std::span<const std::string_view> schemes) {
  if (url.find_first_of(" \t\r\n\"") != std::string_view::npos) return false;
  return std::any_of(schemes.begin(), schemes.end(), [&](std::string_view scheme) {
    return url.starts_with(scheme) && url.size() > scheme.size() && url[scheme.size()] != '/' &&
           url[scheme.size()] != ':';
  });
}

void check_url(const Node& node, std::string_view key, std::string_view url,
               std::span<const std::string_view> schemes, std::vector<Problem>& problems) {
  if (url.empty()) return;
  if (!is_url(url, schemes)) {
    problems.push_back({place_of(node, key), fmt::format("`{}` must be a URL that begins with {}",
                                                         key, fmt::join(schemes, " or "))});
  } else if (const auto parsed = net::parse_url(url); !parsed) {
    problems.push_back({place_of(node, key), fmt::format("`{}`: {}", key, parsed.error().message)});
  }
}

void check_listen(const Node& root, std::string_view key, const std::string& listen,
                  std::vector<Problem>& problems) {
  if (listen == "none" || parse_listen(listen)) return;
  const auto* table = value_of(root, "control");
  problems.push_back({table == nullptr ? Span{} : place_of(*table, key),
                      fmt::format("`{}` in [control] is \"{}\"; it must be HOST:PORT with a "
                                  "port of 0 to 65535, as in {}, or none",
                                  key, listen, kListenUsual)});
}

// Nobody asks for a token there.
void check_legacy(const Node& root, std::string_view key, const std::string& listen,
                  std::vector<Problem>& problems) {
  check_listen(root, key, listen, problems);
  const auto place = parse_listen(listen);
  if (!place || net::is_loopback(place->host)) return;
  const auto* table = value_of(root, "control");
  problems.push_back({table == nullptr ? Span{} : place_of(*table, key),
                      fmt::format("`{}` in [control] is \"{}\"; it must be an address of this "
                                  "machine alone, as 127.0.0.1, since it asks for no token",
                                  key, listen)});
}

}  // namespace

void check_venue_name(std::string_view name, Span at, const Known& known,
                      std::vector<Problem>& problems) {
  if (venue_named(known, name) != nullptr) return;
  std::vector<std::string_view> names;
  for (const auto& venue : known.venues) names.push_back(venue.name);
  problems.push_back({at, fmt::format("unknown venue `{}`; {}", name, suggestion(name, names))});
}

std::vector<Channel> default_channels(const KnownVenue& venue) {
  std::vector<Channel> channels;
  for (const auto channel : {Channel::trade, Channel::quote, Channel::book}) {
    if (has(venue.channels, channel)) channels.push_back(channel);
  }
  if (channels.empty()) channels.assign(venue.channels.begin(), venue.channels.end());
  return channels;
}

void check_feed(const Node& node, const Known& known, Feed& feed, std::vector<Problem>& problems) {
  if (value_of(node, "instruments") == nullptr && value_of(node, "symbols") == nullptr) {
    problems.push_back({node.at, "[[feed]] needs `instruments` or `symbols`: what to collect"});
  }
  for (const auto& name : feed.instruments) {
    if (is_instrument_name(name)) continue;
    Span at = place_of(node, "instruments");
    for (const auto& item : value_of(node, "instruments")->items) {
      if (item.text == name) at = item.at;
    }
    problems.push_back(
        {at, fmt::format("`{}` is not an instrument, which is written like BTC-USDT or "
                         "BTC-USDT-PERP; the venue's own spelling goes into `symbols`",
                         name)});
  }
  if (feed.venue.empty()) {
    if (value_of(node, "venue") == nullptr) {
      problems.push_back({node.at, "[[feed]] needs `venue`: where to collect"});
    }
    return;
  }
  check_venue_name(feed.venue, place_of(node, "venue"), known, problems);
  const auto* venue = venue_named(known, feed.venue);
  if (venue == nullptr) return;
  if (value_of(node, "channels") == nullptr) {
    feed.channels = default_channels(*venue);
  } else {
    check_channels(node, *venue, feed, problems);
  }
  check_interval(node, *venue, feed, problems);
}

void check_override(const Node& node, const VenueOverride& override,
                    std::vector<Problem>& problems) {
  constexpr std::array<std::string_view, 2> kWebSocket = {"wss://", "ws://"};
  constexpr std::array<std::string_view, 2> kHttp = {"https://", "http://"};
  check_url(node, "ws_url", override.ws_url, kWebSocket, problems);
  check_url(node, "rest_url", override.rest_url, kHttp, problems);
  for (const auto& text : override.proxy.texts) {
    if (text == "none") continue;
    if (const auto proxy = net::parse_proxy(text); !proxy)
      problems.push_back({place_of(node, "proxy"), proxy.error().message});
  }
  for (const auto& text : override.source_address.texts) {
    if (net::is_address(text)) continue;
    problems.push_back({place_of(node, "source_address"),
                        fmt::format("`source_address` must be an IPv4 or IPv6 address of this "
                                    "machine, but is \"{}\"",
                                    text)});
  }
}

void check_whole(const Node& root, const Config& config, std::vector<Problem>& problems) {
  check_listen(root, "listen", config.control.listen, problems);
  check_legacy(root, "legacy_health", config.control.legacy_health, problems);
  check_legacy(root, "legacy_metrics", config.control.legacy_metrics, problems);
  const auto& wanted = config.journal;
  const std::uint64_t shards = config.collector.shards;
  const std::uint64_t segments = journal::kSegmentsMin * shards;  // of each shard's journal
  if (wanted.retention_bytes.count / segments >= wanted.segment_bytes.count) return;
  const auto* table = value_of(root, "journal");
  const auto* collector = value_of(root, "collector");
  const Span shards_at = collector == nullptr ? Span{} : place_of(*collector, "shards");
  problems.push_back(
      {table == nullptr ? shards_at : place_of(*table, "retention_bytes"),
       fmt::format("`retention_bytes` in [journal] is {}; it must be at least {} "
                   "segments of {} each",
                   to_string(wanted.retention_bytes),
                   shards == 1 ? fmt::format("{}", segments)
                               : fmt::format("{} for each of {} shards, {}", journal::kSegmentsMin,
                                             shards, segments),
                   to_string(wanted.segment_bytes))});
}

std::vector<std::string> warnings_of(const Config& config) {
  // What an event may take is half a segment, and some venues send their whole books: as many
  // levels on both sides together as fit into that are enough for all that is known.
  constexpr std::uint64_t kAdvised = std::uint64_t{4} << 20U;
  std::vector<std::string> warnings;
  const auto& segment = config.journal.segment_bytes;
  if (segment.count < kAdvised) {
    warnings.push_back(fmt::format(
        "`segment_bytes` in [journal] is {}: a book of more than about {} levels is "
        "larger than half of that and will be dropped; {} is enough for all",
        to_string(segment), segment.count / 2 / sizeof(Level), to_string(Bytes{kAdvised})));
  }
  return warnings;
}

}  // namespace mp::config
