// L6. What each command is asked, and the functions that do it. Each returns the exit code of the
// program.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/collect.hpp"
#include "cli/progress.hpp"
#include "obs/log.hpp"
#include "sim/load.hpp"

namespace mp::cli {

struct DecodeOptions {
  std::string venue;
  std::string file = "-";
  std::string quarantine;  // malformed and unknown frames are kept there; empty: nowhere
  bool frame_numbers = false;
  bool marketprism = false;  // the encoding of the system that this program replaces
  ProgressForm progress = ProgressForm::automatic;
};
[[nodiscard]] int decode(const DecodeOptions& options, obs::Logger& log);

struct ReplayOptions {
  std::string recording;
  std::string venue;       // empty: as the header says
  std::size_t top = 0;     // levels a side to add to book events
  bool real_time = false;  // as slowly as it was recorded
  ProgressForm progress = ProgressForm::automatic;
};
[[nodiscard]] int replay(const ReplayOptions& options);

// `marketprism replay FILE --serve`: the recording as a venue.
struct ServeOptions {
  bool wanted = false;
  std::string recording;
  std::uint16_t port = 0;   // 0: a free one
  std::uint32_t speed = 0;  // times the recorded pace; 0: as fast as the clients take it
  std::string ca_file = "replay-ca.pem";
  std::string faults;  // sim/fault_plan.hpp
  std::string ledger;  // what was sent goes there; empty: nowhere
  bool close_at_the_end = false;
  std::optional<std::chrono::seconds> time;
  ProgressForm progress = ProgressForm::automatic;
};
[[nodiscard]] int serve(const ServeOptions& options);

struct RunOptions {
  std::vector<std::string> targets;          // VENUE:INSTRUMENT..., or one configuration file
  std::optional<std::chrono::seconds> time;  // end after that
  std::string data_dir;                      // empty: as configured, else ./data
  std::string record;                        // raw frames go there too
  std::vector<std::string> overrides;        // KEY=VALUE: config/override.hpp
  bool plain = false;                        // lines instead of a live table
  bool sinks = true;                         // false: only to record
  bool overwrite = false;                    // a recording that is there; only to record
  std::uint64_t shards = 0;                  // 0: as configured
  std::uint64_t legs = 0;                    // likewise
  std::string listen;                        // of the page; empty: as configured
};
[[nodiscard]] int run(const RunOptions& options, obs::Logger& log);

struct ReloadOptions {
  std::string config;  // of the collector; empty: data_dir says which one is meant
  std::string data_dir = "data";
};
[[nodiscard]] int reload(const ReloadOptions& options);

// `marketprism status`: how the connections of a running collector are.
struct StatusOptions {
  std::string data_dir = "data";
  bool json = false;
};
[[nodiscard]] int status(const StatusOptions& options);

struct DemoOptions {
  std::optional<std::chrono::seconds> time;
  std::string dir = "marketprism-demo";
  std::uint64_t seed = 1;
  std::uint64_t rate = 2000;  // messages per second and venue
  bool check = false;
  bool plain = false;
  std::uint64_t shards = 1;
  std::string listen;  // of the page; empty: the usual place
};
[[nodiscard]] int demo(const DemoOptions& options, obs::Logger& log);

struct SimulateOptions {
  std::optional<std::chrono::seconds> time;
  std::string ca_file = "simulator-ca.pem";
  std::uint16_t port = 0;  // the venues listen on it and the next ones; 0: on free ones
  std::uint64_t seed = 1;
  std::uint64_t rate = 2000;
};
[[nodiscard]] int simulate(const SimulateOptions& options);

// `marketprism simulate --load N`: a load generator instead of a market.
struct SimulateLoadOptions {
  sim::LoadConfig load;
  bool until_stdin_closes = false;  // so that it does not outlive its parent
};
[[nodiscard]] int simulate_load(const SimulateLoadOptions& options);

struct QueryOptions {
  std::string sql;
  std::string data_dir = "data";
  std::string format = "table";
  std::string sink;  // of type parquet; empty: the one of that name, or the only one
};
[[nodiscard]] int query(const QueryOptions& options);

// `marketprism gaps`: what is missing of what was collected.
struct GapsOptions {
  std::string data_dir = "data";
  std::optional<std::chrono::seconds> last;  // found in this time until now; absent: all
  bool explain = false;
  bool json = false;
  ProgressForm progress = ProgressForm::automatic;
};
[[nodiscard]] int gaps(const GapsOptions& options);

struct TapOptions {
  std::vector<std::string> patterns;  // VENUE/INSTRUMENT/CHANNEL, each with *; none: everything
  std::string data_dir = "data";
  std::string format = "json";         // or csv, pretty
  std::string where;                   // FIELD OP VALUE; empty: all
  std::optional<std::uint64_t> count;  // then end
  std::optional<std::chrono::seconds> time;
  bool all = false;  // from the oldest event on, and end with the newest of a collector that ended
};
[[nodiscard]] int tap(const TapOptions& options);

struct TopOptions {
  std::string data_dir = "data";     // of the collector that is looked at
  std::string url;                   // or where its page is
  std::string view = "instruments";  // or connections, sinks
  std::string filter;                // a glob of VENUE/INSTRUMENT
  std::string sort;                  // a column; empty: by name
  std::optional<std::chrono::seconds> time;
  bool plain = false;
  bool once = false;
};
[[nodiscard]] int top(const TopOptions& options);

struct ProfileOptions {
  std::string data_dir = "data";  // of the collector that is looked at
  std::string url;                // or where its page is
  std::optional<int> pid;         // or its process
  std::optional<std::chrono::seconds> time;
  std::string out = "marketprism-profile";
  bool json = false;
};
[[nodiscard]] int profile(const ProfileOptions& options);

struct MemoryOptions {
  std::string action;             // snapshot, diff, top or trim
  std::string data_dir = "data";  // of the collector that is looked at
  std::string url;                // or where its page is
  std::string from = "baseline";  // the snapshot that is taken, or that a difference begins with
  std::string to;                 // where it ends; empty: now
  std::size_t count = 10;         // sites that are shown
  bool json = false;
};
[[nodiscard]] int memory(const MemoryOptions& options);

struct DoctorOptions {
  std::string data_dir = "data";
  std::string format = "text";  // or json, nagios
};
[[nodiscard]] int doctor(const DoctorOptions& options);

struct ListOptions {
  std::string what = "venues";  // venues, channels, sinks
  bool json = false;
  bool markdown = false;  // docs/venues.md or docs/sinks.md
};
[[nodiscard]] int list(const ListOptions& options);

// `marketprism list instruments`. What is empty does not matter.
struct ListInstrumentsOptions {
  std::string venue;
  std::string kind, base, quote, status;
  std::string name;                    // "BTC-*"
  std::vector<std::string> overrides;  // as in RunOptions
  bool json = false;
};
[[nodiscard]] int list_instruments(const ListInstrumentsOptions& options, obs::Logger& log);

struct ValidateOptions {
  std::vector<std::string> targets;
  std::vector<std::string> overrides;  // as in RunOptions
  bool offline = false;                // do not ask the venues
  bool effective = false;              // print each key as it is in force, and where it comes from
};
[[nodiscard]] int validate(const ValidateOptions& options, obs::Logger& log);

struct BenchOptions {
  std::vector<std::string> parts;  // empty: all
  std::vector<std::string> recordings;
  std::string venue;  // whose they are: decode them as its, and no others
  int rounds = 3;
  std::string json;               // rows go there too, one object each; empty: nowhere
  std::string scratch;            // journals go under it; empty: memory
  bench::CollectOptions collect;  // with a port: be the process that the bench looks at
};
[[nodiscard]] int bench(const BenchOptions& options);

}  // namespace mp::cli
