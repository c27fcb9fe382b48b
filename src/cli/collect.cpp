#include "cli/collect.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <initializer_list>
#include <system_error>

#include "config/check.hpp"
#include "pipeline/budget_file.hpp"
#include "venue/registry.hpp"

namespace mp::cli {
namespace {

// The adapters' traits have static storage, so the views live on.
config::KnownVenue known_venue(const venue::Registration& registration) {
  const auto adapter = registration.make();
  config::KnownVenue known{.name = registration.name,
                           .channels = venue::channels_of(adapter->traits())};
  for (const auto& interval : adapter->traits().intervals) known.intervals.push_back(interval.ours);
  return known;
}

pipeline::FeedConfig& feed_of(pipeline::CollectorConfig& out, const config::Config& config,
                              const std::string& venue) {
  for (auto& feed : out.feeds) {
    if (feed.venue == venue) return feed;
  }
  return out.feeds.emplace_back(feed_config(config, venue));
}

}  // namespace

config::Known known_to_this_program() {
  config::Known known;
  for (const auto& registration : venue::registry()) {
    known.venues.push_back(known_venue(registration));
  }
  return known;
}

bool is_file(const std::vector<std::string>& targets) {
  return targets.size() == 1 &&
         (targets.front().ends_with(".toml") || targets.front().find(':') == std::string::npos);
}

namespace {

// A name without its venue: a file has a path, an ending, or is there.
bool is_nameless_feed(const std::string& target) {
  std::error_code ignored;
  return target.find_first_of("./") == std::string::npos &&
         !std::filesystem::exists(target, ignored);
}

}  // namespace

Result<config::Config> load_targets(const std::vector<std::string>& targets,
                                    const std::vector<std::string>& overrides) {
  const auto known = known_to_this_program();
  if (is_file(targets) && !is_nameless_feed(targets.front()))
    return config::load(targets.front(), known, overrides);
  auto config = config::load_text({}, {}, known, overrides);
  if (!config) return config;
  for (const auto& target : targets) {
    auto feed = config::parse_feed(target, known);
    if (!feed) return feed.error();
    config->feeds.push_back(feed.take());
  }
  return config;
}

namespace {

struct Variable {
  std::string name;  // empty: none of them is set
  std::string value{};
};
Variable environment(std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return {.name = name, .value = value};
  }
  return {};
}

// The configuration's word, else the environment's, from which this machine is exempt.
void find_proxies(const std::vector<std::string>& configured, pipeline::FeedConfig& feed) {
  for (const auto& each : configured) feed.proxies.push_back(each == "none" ? "" : each);
  if (!configured.empty()) return;
  auto found = environment({"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"});
  if (found.name.empty()) return;
  if (found.value.find("://") == std::string::npos) found.value.insert(0, "http://");
  feed.proxies = {std::move(found.value)};
  feed.proxy_from = found.name + " of the environment";
  feed.no_proxy = environment({"NO_PROXY", "no_proxy"}).value + ",localhost,127.0.0.1,::1";
}

}  // namespace

pipeline::FeedConfig feed_config(const config::Config& config, const std::string& venue) {
  pipeline::FeedConfig feed;
  feed.venue = venue;
  feed.legs = static_cast<unsigned>(config.collector.legs);
  feed.connections_max = config.collector.max_connections_per_venue;
  feed.seed =
      std::hash<std::string>{}(venue) ^ static_cast<std::uint64_t>(to_nanoseconds(net::now()));
  feed.quarantine.file = config.data.dir / "quarantine" / (venue + ".ndjson");
  feed.budget_file = config.data.dir / pipeline::kBudgetFile;
  const auto found = config.venues.find(venue);
  const config::VenueOverride own =
      found == config.venues.end() ? config::VenueOverride{} : found->second;
  feed.ws_url = own.ws_url;
  feed.rest_url = own.rest_url;
  feed.ca_file = own.ca_file;
  feed.compression = own.compression ? net::Compression::offered : net::Compression::none;
  feed.source_addresses = own.source_address.texts;
  feed.receive_buffer = static_cast<std::uint32_t>(own.receive_buffer.count);
  feed.send_buffer = static_cast<std::uint32_t>(own.send_buffer.count);
  find_proxies(own.proxy.texts, feed);
  return feed;
}

pipeline::CollectorConfig collector_config(const config::Config& config, Sinks sinks) {
  pipeline::CollectorConfig out;
  out.journal = config::journal_config(config);
  out.shards = static_cast<std::uint32_t>(config.collector.shards);
  out.busy_poll = config.collector.busy_poll;
  out.recording = config.record.file;
  for (const auto& wanted : config.feeds) {
    feed_of(out, config, wanted.venue)
        .wants.push_back({.instruments = wanted.instruments,
                          .symbols = wanted.symbols,
                          .channels = wanted.channels,
                          .interval = wanted.interval});
  }
  if (sinks == Sinks::none) return out;
  for (const auto& wanted : config.sinks) {
    if (!wanted.flag("enabled")) continue;
    auto& settings = out.sinks.emplace_back(wanted);
    settings.data_dir = config.data.dir;
    settings.set_usual("library", duckdb_config().library.string());
  }
  return out;
}

void obey(const config::Log& wanted, obs::Logger& log) {
  log.set_level(wanted.level);
  log.set_format(wanted.format);
}

Result<void> make_directory(const std::filesystem::path& dir) {
  std::error_code problem;
  std::filesystem::create_directories(dir, problem);
  if (!problem) return {};
  const bool denied =
      problem == std::errc::permission_denied || problem == std::errc::read_only_file_system;
  return Error{
      denied ? ErrorKind::permission : ErrorKind::io,
      fmt::format("cannot make the data directory {}: {}", dir.string(), problem.message())};
}

}  // namespace mp::cli
