// L5. The keys of the configuration as data: one line each. The parser, its hints, the example file
// and `list` read these tables, so a key added here is known everywhere.
#pragma once

#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hpp"
#include "journal/shards.hpp"
#include "pipeline/feed_config.hpp"

namespace mp::config {

// The member that a key sets. Its type decides how the value is written.
template <class T>
using Field =
    std::variant<bool T::*, std::string T::*, std::filesystem::path T::*, Bytes T::*, Duration T::*,
                 std::uint64_t T::*, journal::Fsync T::*, LogLevel T::*, LogFormat T::*,
                 std::vector<std::string> T::*, std::vector<Channel> T::*, OneOrMore T::*>;

// What a number may be; bytes, milliseconds or a count, as the key's type says.
struct Range {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t multiple_of = 1;
};

template <class T>
struct Key {
  std::string_view name;
  Field<T> field;
  std::string_view doc;           // a sentence or two
  std::string_view example = {};  // in TOML, for a key whose default is empty
  Range range = {};
};

template <class T>
struct Section {
  std::string_view path;  // "journal"
  std::string_view doc;
  std::span<const Key<T>> keys;
};

// Values that are one of a few words.
template <class E>
struct Choice {
  std::string_view word;
  E value;
};
inline constexpr std::array kFsyncChoices = {
    Choice{"none", journal::Fsync::none},
    Choice{"interval", journal::Fsync::interval},
    Choice{"always", journal::Fsync::always},
};
inline constexpr std::array kLogLevelChoices = {
    Choice{"debug", LogLevel::debug},
    Choice{"info", LogLevel::info},
    Choice{"warn", LogLevel::warn},
    Choice{"error", LogLevel::error},
};
inline constexpr std::array kLogFormatChoices = {
    Choice{"text", LogFormat::text},
    Choice{"logfmt", LogFormat::logfmt},
    Choice{"json", LogFormat::json},
};
[[nodiscard]] constexpr std::span<const Choice<journal::Fsync>> choices_of(journal::Fsync) {
  return kFsyncChoices;
}
[[nodiscard]] constexpr std::span<const Choice<LogLevel>> choices_of(LogLevel) {
  return kLogLevelChoices;
}
[[nodiscard]] constexpr std::span<const Choice<LogFormat>> choices_of(LogFormat) {
  return kLogFormatChoices;
}

namespace keys {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kSecond = 1000;
inline constexpr std::uint64_t kSocketBufferMax = 1024 * kMiB;

inline constexpr std::array<Key<Data>, 1> kData = {{
    {"dir", &Data::dir, "The folder that everything is written to, unless a key below says else."},
}};

inline constexpr std::array<Key<Collector>, 4> kCollector = {{
    {"legs",
     &Collector::legs,
     "Connections that carry the same: the first copy of each message counts, and nothing is lost "
     "while one of them lives. Each costs the venue's limits and our work once more.",
     "",
     {1, pipeline::kLegsMax}},
    {"max_connections_per_venue",
     &Collector::max_connections_per_venue,
     "WebSocket connections to a venue, of each leg, over all shards. What does not fit into them "
     "waits, and that is said with the number that would do. While a connection is renewed its "
     "successor lives beside it, and does not count.",
     "",
     {1, 1000}},
    {"shards",
     &Collector::shards,
     "Threads that receive, decode and keep books, each with a journal of its own. More than one "
     "pays where one core is not enough. The instruments, also those of one venue, are spread by "
     "the load that was measured when they were last collected; the number may change from run to "
     "run.",
     "",
     {1, journal::kShardsMax}},
    {"busy_poll", &Collector::busy_poll,
     "Never sleep while waiting for messages: each is there a wake-up sooner, some 10 us, and "
     "every "
     "shard keeps a core busy."},
}};

inline constexpr std::array<Key<Journal>, 8> kJournal = {{
    {"dir", &Journal::dir, "Where the segment files are. Default: the folder journal in data.dir.",
     "\"/var/lib/marketprism/journal\""},
    {"memory", &Journal::memory,
     "Keep the journal in memory only: nothing survives the end of the process."},
    {"segment_bytes",
     &Journal::segment_bytes,
     "Size of one segment file.",
     "",
     {64 * kKiB, 1024 * kMiB, 4096}},
    {"retention_bytes",
     &Journal::retention_bytes,
     "All segments together; the oldest go first. At least three segments for each shard.",
     "",
     {journal::kSegmentsMin * 64 * kKiB}},
    {"retention_age", &Journal::retention_age, "Segments older than this go.", "", {1 * kSecond}},
    {"spare_memory_bytes",
     &Journal::spare_memory_bytes,
     "Memory that holds events while the disk is full, all shards together; it is written to the "
     "disk when that has room again. What comes beyond it is lost, and gap events say how much.",
     "",
     {64 * kKiB, 1024 * kMiB, 4096}},
    {"fsync", &Journal::fsync,
     "What a power loss may cost: none = what the system had not written yet, interval = at most "
     "fsync_interval, always = nothing. A crash of the program costs nothing in any case."},
    {"fsync_interval",
     &Journal::fsync_interval,
     "With fsync = \"interval\": the time between two.",
     "",
     {1, 60 * kSecond}},
}};

inline constexpr std::array<Key<Feed>, 5> kFeed = {{
    {"venue", &Feed::venue, "The venue's id; `marketprism list venues` shows all.", "\"binance\""},
    {"instruments", &Feed::instruments,
     "Our names: BTC-USDT, BTC-USDT-PERP, BTC-USD-20261225, BTC-USD-20261225-100000-C; `*` in a "
     "name takes all that match and trade: *-USDT-PERP.",
     "[\"BTC-USDT\", \"ETH-USDT\"]"},
    {"symbols", &Feed::symbols, "The venue's own spelling, in place of instruments or beside them.",
     "[\"SOLUSDT\"]"},
    {"channels", &Feed::channels,
     "What to collect. Default: trade, quote and book, as far as the venue has them.",
     "[\"trade\", \"quote\", \"book\", \"candle\"]"},
    {"interval", &Feed::interval,
     "The length of the candles: 1m, 5m, 1h, 1d, ..., the same for every venue."},
}};

inline constexpr std::array<Key<VenueOverride>, 8> kVenue = {{
    {"ws_url", &VenueOverride::ws_url, "The WebSocket endpoint in place of the venue's own.",
     "\"wss://127.0.0.1:9443\""},
    {"rest_url", &VenueOverride::rest_url, "The REST endpoint in place of the venue's own.",
     "\"https://127.0.0.1:9443\""},
    {"ca_file", &VenueOverride::ca_file,
     "PEM file of the authorities to trust for this venue, in place of the system's.",
     "\"proxy-ca.pem\""},
    {"proxy", &VenueOverride::proxy,
     "Who connects for us: http://, socks5:// or socks5h://host:port, with user:password@ where it "
     "wants that; \"none\" for nobody. Default: HTTPS_PROXY of the environment, but for hosts in "
     "NO_PROXY and this machine. An array has one for each leg, and begins again where there are "
     "more legs; REST calls take the first.",
     "\"socks5h://127.0.0.1:1080\""},
    {"source_address", &VenueOverride::source_address,
     "The address of this machine that connections come from; an array as for proxy.",
     "[\"192.0.2.10\", \"192.0.2.11\"]"},
    {"compression", &VenueOverride::compression,
     "Offer the venue permessage-deflate: a fifth to a third of the bytes, for more work than TLS "
     "is. What the venue does not take comes as ever.",
     "true"},
    {"receive_buffer",
     &VenueOverride::receive_buffer,
     "Of each socket, as far as the system allows (net.core.rmem_max). 0: as the system sizes it.",
     "\"4MiB\"",
     {0, kSocketBufferMax}},
    {"send_buffer",
     &VenueOverride::send_buffer,
     "Likewise (net.core.wmem_max).",
     "\"256KiB\"",
     {0, kSocketBufferMax}},
}};

inline constexpr std::array<Key<Log>, 2> kLog = {{
    {"level", &Log::level, "The least severe lines: debug, info, warn or error."},
    {"format", &Log::format,
     "logfmt (key=value), json (an object a line), or text, for people. Secrets are masked; of "
     "lines that say the same, the first ten in ten seconds, and how many more there were."},
}};

inline constexpr std::array<Key<Control>, 3> kControl = {{
    {"listen", &Control::listen,
     "Where the page, the metrics and the control API are: HOST:PORT, port 0 for a free one, "
     "\"none\" for nowhere. On another host than this one, every request needs the token of "
     "control.token in the data directory."},
    {"legacy_health", &Control::legacy_health,
     "Also answer there as the older system did: /health, /status, /ping, /version, /metrics; its "
     "port was 8087. HOST:PORT on this machine, or \"none\"."},
    {"legacy_metrics", &Control::legacy_metrics,
     "Likewise, for those who scrape /metrics under its names; its port was 9092."},
}};

inline constexpr std::array<Key<Record>, 1> kRecord = {{
    {"file", &Record::file,
     "Also record every raw frame and REST answer there; .zst at the end compresses. A file that "
     "exists is kept: the recording goes beside it, to session.2.ndjson.zst.",
     "\"session.ndjson.zst\""},
}};

inline constexpr std::array<Key<Memory>, 5> kMemory = {{
    {"trim_above", &Memory::trim_above,
     "Free memory beyond this is given back to the system, looked at each minute; 0: as the "
     "allocator sees fit."},
    {"books", &Memory::books, "What order books may have; 0: as much as they need."},
    {"connections", &Memory::connections, "Likewise connections, with what TLS holds."},
    {"journal", &Memory::journal, "Likewise the journal, besides its mapped files."},
    {"sinks", &Memory::sinks, "Likewise all sinks together."},
}};

}  // namespace keys

inline constexpr Section<Feed> kFeedSection = {
    "feed", "What to collect: one [[feed]] for each venue.", keys::kFeed};
inline constexpr Section<VenueOverride> kVenueSection = {
    "venue.NAME", "Another endpoint for a venue: a test server, a proxy.", keys::kVenue};

// Calls visit(section, object) for each section that is there once, in the order of the example.
// Those of sinks: sink_section.hpp.
void for_each_section(auto& config, auto&& visit) {
  visit(Section<Data>{"data", "Where things are written.", keys::kData}, config.data);
  visit(Section<Collector>{"collector", "How the work is spread.", keys::kCollector},
        config.collector);
  visit(
      Section<Journal>{"journal", "The log of events that everything else reads.", keys::kJournal},
      config.journal);
  visit(Section<Control>{"control", "The page, the metrics and the control API.", keys::kControl},
        config.control);
  visit(Section<Memory>{"memory",
                        "What memory may hold. Of its parts `marketprism memory top` tells; one "
                        "that has more than it may is said in the log and by `doctor`.",
                        keys::kMemory},
        config.memory);
  visit(Section<Log>{"log", "What the program says.", keys::kLog}, config.log);
  visit(
      Section<Record>{"record", "Raw recordings, which `marketprism replay` reads.", keys::kRecord},
      config.record);
}

}  // namespace mp::config
