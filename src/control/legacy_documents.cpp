#include "control/legacy_documents.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "codec/json_object.hpp"

namespace mp::control {
namespace {

using codec::JsonObject;
using namespace std::chrono_literals;

// A channel that the old system had, under its name; what is older than `fresh` it called degraded.
struct DataType {
  Channel channel;
  std::string_view name;
  std::chrono::seconds fresh;
};
constexpr std::array kDataTypes = {
    DataType{Channel::book, "orderbook", 60s},
    DataType{Channel::trade, "trade", 60s},
    DataType{Channel::funding, "funding_rate", 8h},
    DataType{Channel::open_interest, "open_interest", 8h},
    DataType{Channel::liquidation, "liquidation", 1h},
    DataType{Channel::long_short_ratio, "lsr_all_account", 8h},
    DataType{Channel::volatility_index, "volatility_index", 8h},
};
constexpr std::chrono::seconds kGrace{120};  // in which it need not be healthy yet

const DataType* data_type_of(Channel channel) {
  const auto found = std::ranges::find(kDataTypes, channel, &DataType::channel);
  return found == kDataTypes.end() ? nullptr : &*found;
}

double age_of(Timestamp last, Timestamp now) {
  return std::max(0.0, std::chrono::duration<double>(now - last).count());
}

double percent_of_disk(const std::filesystem::path& dir) {
  struct statvfs disk{};
  if (::statvfs(dir.c_str(), &disk) != 0 || disk.f_blocks == 0) return 0;
  return 100.0 * static_cast<double>(disk.f_blocks - disk.f_bfree) /
         static_cast<double>(disk.f_blocks);
}

// Sums of feeds by exchange.
using Sums = std::map<std::string, std::uint64_t>;
Sums sums_of(const pipeline::Collector& collector, auto&& count) {
  Sums out;
  for (const auto* feed : collector.feeds())
    out[exchange_of(feed->venue())] += count(feed->counters());
  return out;
}

// The text form of Prometheus. Label values are names of ours.
class Metrics {
 public:
  explicit Metrics(std::string& out) : out_(out) {}

  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ +=
        fmt::format("# HELP marketprism_{} {}\n# TYPE marketprism_{} {}\n", name, help, name, type);
  }
  void add(std::string_view labels, double value) {
    out_ += fmt::format("marketprism_{}{} {:.10g}\n", name_,
                        labels.empty() ? "" : fmt::format("{{{}}}", labels), value);
  }
  void one(std::string_view name, std::string_view type, std::string_view help, double value) {
    begin(name, type, help);
    add({}, value);
  }
  void by_exchange(std::string_view name, std::string_view type, std::string_view help,
                   const Sums& sums) {
    begin(name, type, help);
    for (const auto& [exchange, sum] : sums)
      add(fmt::format("exchange=\"{}\"", exchange), static_cast<double>(sum));
  }

 private:
  std::string& out_;
  std::string_view name_;
};

void add_process(const Identity& identity, Observer& observer, Metrics& to) {
  const auto memory = obs::process_memory();
  const auto now = net::now();
  to.begin("system_info", "gauge", "System information");
  to.add(fmt::format("service=\"marketprism\",version=\"{}\"", identity.version), 1);
  to.one("uptime_seconds", "gauge", "System uptime in seconds",
         std::chrono::duration<double>(now - identity.started).count());
  to.one("cpu_usage_percent", "gauge", "CPU usage percentage of this process, 100 a core",
         observer.cores_used() * 100);
  to.one("cpu_effective_cores", "gauge", "Cores of this machine",
         std::thread::hardware_concurrency());
  to.one("memory_usage_bytes", "gauge", "Memory usage in bytes, of this process",
         static_cast<double>(memory.resident_bytes));
  to.one("process_rss_bytes", "gauge", "Collector process RSS memory in bytes",
         static_cast<double>(memory.resident_bytes));
  to.one("disk_usage_percent", "gauge", "Disk usage percentage, of the data directory",
         percent_of_disk(identity.data_dir));
  to.one("thread_count", "gauge", "Number of threads, by their names",
         static_cast<double>(obs::thread_times().size()));
}

void add_data(const LegacyCoverages& coverages, Metrics& to) {
  const auto books = coverages.find("orderbook");
  const auto& of_books = books == coverages.end() ? decltype(books->second){} : books->second;
  std::uint64_t symbols = 0;
  for (const auto& [exchange, each] : of_books) symbols += each.symbols;
  to.one("active_symbols_count", "gauge", "Number of active symbols", static_cast<double>(symbols));
  to.begin("orderbook_updates_total", "counter", "Total number of orderbook updates");
  for (const auto& [exchange, each] : of_books)
    to.add(fmt::format("exchange=\"{}\"", exchange), static_cast<double>(each.events));
  to.begin("last_orderbook_update_timestamp", "gauge", "Timestamp of last orderbook update");
  for (const auto& [exchange, each] : of_books) {
    if (each.last)
      to.add(fmt::format("exchange=\"{}\"", exchange),
             static_cast<double>(to_nanoseconds(*each.last)) / 1e9);
  }
  to.begin("collector_last_success_timestamp_seconds", "gauge",
           "Last success timestamp (epoch seconds) by exchange and data type");
  for (const auto& [type, by_exchange] : coverages) {
    for (const auto& [exchange, each] : by_exchange) {
      if (each.last)
        to.add(fmt::format("exchange=\"{}\",data_type=\"{}\"", exchange, type),
               static_cast<double>(to_nanoseconds(*each.last)) / 1e9);
    }
  }
}

void add_connections(const pipeline::Collector& collector, Metrics& to) {
  Sums connected;
  for (const auto* feed : collector.feeds()) {
    const auto& counters = feed->counters();
    if (counters.connects.load() > counters.disconnects.load())
      connected[exchange_of(feed->venue())] = 1;
    else
      connected.try_emplace(exchange_of(feed->venue()), 0);
  }
  to.by_exchange("websocket_connected", "gauge",
                 "WebSocket connection status (1=connected, 0=disconnected)", connected);
  to.by_exchange("websocket_reconnections_total", "counter",
                 "Total number of WebSocket reconnections",
                 sums_of(collector, [](const auto& it) { return it.disconnects.load(); }));
  to.by_exchange("websocket_messages_received_total", "counter",
                 "Total number of WebSocket messages received",
                 sums_of(collector, [](const auto& it) { return it.frames.load(); }));
  to.by_exchange("orderbook_resync_count", "gauge", "Total resync count: gaps of all streams",
                 sums_of(collector, [](const auto& it) { return it.gaps.load(); }));
  to.by_exchange("snapshot_requests_total", "counter", "REST calls",
                 sums_of(collector, [](const auto& it) { return it.calls.submitted.value(); }));
  to.by_exchange(
      "data_validation_errors_total", "counter", "Frames that could not be used",
      sums_of(collector, [](const auto& it) { return it.malformed.load() + it.unknown.load(); }));
  to.begin("collector_errors_total", "counter", "Total number of collector errors (HTTP/WS etc.)");
  const auto failed = sums_of(collector, [](const auto& it) { return it.calls.failed.value(); });
  for (const auto& [exchange, sum] : failed)
    to.add(fmt::format("exchange=\"{}\",data_type=\"all\",code=\"rest\"", exchange),
           static_cast<double>(sum));
}

void append_coverage(const LegacyCoverages& coverages, Timestamp now, std::string& out) {
  JsonObject all{out};
  for (const auto& [type, by_exchange] : coverages) {
    JsonObject of_type{all.key(type)};
    for (const auto& [exchange, each] : by_exchange) {
      JsonObject object{of_type.key(exchange)};
      object.add("active_symbols", each.symbols);
      object.add("last_success_ts", each.last);
      object.add("age_seconds", each.last ? std::optional{age_of(*each.last, now)} : std::nullopt);
      object.add("status", each.status(type, now));
    }
  }
}

}  // namespace

std::string_view LegacyCoverage::status(std::string_view data_type, Timestamp now) const {
  if (symbols == 0 || !last) return "unhealthy";
  const auto found = std::ranges::find(kDataTypes, data_type, &DataType::name);
  const auto fresh = found == kDataTypes.end() ? std::chrono::seconds{60} : found->fresh;
  return now - *last < fresh ? "healthy" : "degraded";
}

std::string exchange_of(std::string_view venue) {
  return std::string{venue.substr(0, venue.find('-'))};
}

LegacyCoverages coverage_of(const std::vector<pipeline::BoardRow>& rows) {
  LegacyCoverages out;
  for (const auto& row : rows) {
    for (const auto& channel : row.view.channels) {
      const auto* const type = data_type_of(channel.channel);
      if (type == nullptr) continue;
      auto& each = out[type->name][exchange_of(row.view.venue)];
      if (channel.state == pipeline::StreamState::live) ++each.symbols;
      each.events += channel.events;
      if (channel.events > 0 && row.changed) each.last = std::max(each.last, row.changed);
    }
  }
  return out;
}

unsigned append_legacy_health(const pipeline::Collector& collector, Observer& observer,
                              const Identity& identity, std::string& out) {
  const auto now = net::now();
  const double uptime = std::chrono::duration<double>(now - identity.started).count();
  const auto coverages = coverage_of(observer.rows());
  std::size_t healthy = 0;
  std::size_t all = 0;
  for (const auto& [type, by_exchange] : coverages) {
    for (const auto& [exchange, each] : by_exchange) {
      ++all;
      healthy += each.status(type, now) == "healthy" ? 1U : 0U;
    }
  }
  const auto* const status = all > 0 && healthy == all ? "healthy"
                             : healthy > 0             ? "degraded"
                                                       : "unhealthy";
  Sums connected;
  for (const auto& feed : collector.health())
    connected[exchange_of(feed.venue)] += feed.connections.size();
  JsonObject object{out};
  object.add("status", status);
  object.add("timestamp", now);
  object.add("version", identity.version);
  object.add("uptime", uptime);
  object.add("uptime_seconds", uptime);
  object.add("exchanges_connected", connected.size());
  {
    JsonObject metrics{object.key("metrics")};
    metrics.add("uptime_seconds", uptime);
    metrics.add("memory_used_mb",
                static_cast<double>(obs::process_memory().resident_bytes) / (1024.0 * 1024.0));
    metrics.add("disk_percent", percent_of_disk(identity.data_dir));
  }
  append_coverage(coverages, now, object.key("coverage"));
  const bool grace = uptime < static_cast<double>(kGrace.count());
  return healthy > 0 || grace ? 200U : 503U;
}

void append_legacy_metrics(const pipeline::Collector& collector, Observer& observer,
                           const Identity& identity, std::string& out) {
  Metrics to{out};
  add_process(identity, observer, to);
  add_data(coverage_of(observer.rows()), to);
  add_connections(collector, to);
}

}  // namespace mp::control
