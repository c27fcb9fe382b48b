// L5. Config: everything that a user can set, with its default beside its meaning. How each key is
// written and documented: tables.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/origins.hpp"
#include "core/bytes.hpp"
#include "core/event.hpp"
#include "journal/journal.hpp"
#include "obs/log.hpp"
#include "pipeline/connection_share.hpp"
#include "sink/spec.hpp"

namespace mp::config {

using mp::Bytes;

// One text, or several in an array; none: empty.
struct OneOrMore {
  std::vector<std::string> texts;
  friend bool operator==(const OneOrMore&, const OneOrMore&) = default;
};

using Duration = std::chrono::milliseconds;

using obs::LogFormat;
using obs::LogLevel;

struct Data {
  std::filesystem::path dir = "data";
  friend bool operator==(const Data&, const Data&) = default;
};

struct Collector {
  std::uint64_t shards = 1;
  std::uint64_t legs = 1;
  std::uint64_t max_connections_per_venue = pipeline::kConnectionsMaxDefault;
  bool busy_poll = false;
  friend bool operator==(const Collector&, const Collector&) = default;
};

// The journal's own defaults are those of journal::Config.
inline constexpr const char* kJournalFolder = "journal";
struct Journal {
  std::filesystem::path dir;  // empty: kJournalFolder in Data::dir
  bool memory = false;
  Bytes segment_bytes{journal::Config{}.segment_bytes};
  Bytes retention_bytes{journal::Config{}.retention_bytes};
  Duration retention_age = journal::Config{}.retention_age;
  journal::Fsync fsync = journal::Config{}.fsync;
  Duration fsync_interval = journal::Config{}.fsync_interval;
  Bytes spare_memory_bytes{journal::Config{}.spare_memory_bytes};
  friend bool operator==(const Journal&, const Journal&) = default;
};

// What to collect from one venue. At least one instrument or symbol; at least one channel.
struct Feed {
  std::string venue;
  std::vector<std::string> instruments;  // our names: "BTC-USDT"
  std::vector<std::string> symbols;      // the venue's spelling: "BTCUSDT"
  // As written. Left out: those of trade, quote and book that the venue has.
  std::vector<Channel> channels;
  std::string interval = "1m";  // of the candle channel
  friend bool operator==(const Feed&, const Feed&) = default;
};

// Stands in for what the venue's adapter says. Empty: no change.
struct VenueOverride {
  std::string ws_url;
  std::string rest_url;
  std::filesystem::path ca_file;
  OneOrMore proxy;           // the first leg's, the second's, ...
  OneOrMore source_address;  // likewise
  bool compression = false;
  Bytes receive_buffer;  // 0: the system's
  Bytes send_buffer;     // likewise
  friend bool operator==(const VenueOverride&, const VenueOverride&) = default;
};

struct Log {
  LogLevel level = LogLevel::warn;
  LogFormat format = LogFormat::logfmt;
  friend bool operator==(const Log&, const Log&) = default;
};

inline constexpr const char* kListenUsual = "127.0.0.1:8080";

struct Control {
  std::string listen = kListenUsual;  // HOST:PORT, or "none"
  // Of the older system: its health checks, its metrics; likewise.
  std::string legacy_health = "none";
  std::string legacy_metrics = "none";
  friend bool operator==(const Control&, const Control&) = default;
};

// 0: never, or no limit.
struct Memory {
  Bytes trim_above{0};
  Bytes books{0};
  Bytes connections{0};
  Bytes journal{0};
  Bytes sinks{0};
  friend bool operator==(const Memory&, const Memory&) = default;
};

struct Record {
  std::filesystem::path file;  // empty: nothing is recorded
  friend bool operator==(const Record&, const Record&) = default;
};

[[nodiscard]] std::vector<sink::Settings> usual_sinks();

struct Config {
  Data data;
  Collector collector;
  Journal journal;
  std::vector<Feed> feeds;
  std::map<std::string, VenueOverride, std::less<>> venues;
  // [sink.NAME], in the order of the file. Without a word about it there is Parquet.
  std::vector<sink::Settings> sinks = usual_sinks();
  Log log;
  Record record;
  Control control;
  Memory memory;
  Origins origins;
  friend bool operator==(const Config&, const Config&) = default;
};

// A key as it is in force.
struct Effective {
  std::string key;     // journal.dir
  std::string value;   // as a file would have it; secrets are masked
  std::string origin;  // default, FILE:LINE, --set, another option, or "command line"
};
// All that lie outside of [[feed]], and each feed's venue, instruments and channels.
[[nodiscard]] std::vector<Effective> effective(const Config& config);

// What the journal is opened with.
[[nodiscard]] journal::Config journal_config(const Config& config);

}  // namespace mp::config
