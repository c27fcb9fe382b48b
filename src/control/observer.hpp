// L5. Observer: a running collector as documents of JSON, and what of it needs a history: rates and
// the last minutes.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/disk_trend.hpp"
#include "net/clock.hpp"
#include "obs/process.hpp"
#include "pipeline/board.hpp"
#include "pipeline/collector.hpp"

namespace mp::control {

// A key of the configuration as it is in force.
struct ConfigEntry {
  std::string key;
  std::string value;
  std::string origin;  // default, a file and its line, an option

  static void fields(auto& self, auto&& visit) {
    visit("key", self.key);
    visit("value", self.value);
    visit("origin", self.origin);
  }
};

// What the program is, beside its collector.
struct Identity {
  std::string version;
  std::string mode;  // run, demo
  std::filesystem::path data_dir;
  Timestamp started{};
};

// [{"ts":...,"seq":...,"price":...},...]
void append_trades(const std::vector<pipeline::TradeView>& trades, std::string& out);

// Belongs to one thread.
// A book as a document: of GET /api/v1/books, and of the streams.
void append_book(const pipeline::BookView& book, std::string& out);

class Observer {
 public:
  // `collector` outlives it.
  Observer(const pipeline::Collector& collector, Identity identity);

  // Once a second or more often: a point of the history for each second.
  void on_time();

  // Those that can be asked for by their name alone: false where `name` is none of them.
  static constexpr std::array<std::string_view, 8> kDocuments = {
      "status", "instruments", "connections", "sinks", "performance", "stages", "gaps", "memory"};
  bool document(std::string_view name, std::string& out);
  // Documents of docs/openapi.json, appended to `out`.
  void status(std::string& out);
  void instruments(std::string& out);
  // False: there is no instrument of that name.
  bool book(std::string_view venue, std::string_view name, std::size_t depth, std::string& out);
  // Trades behind number `after`, as far as they are kept.
  void trades(std::string_view venue, std::string_view name, std::uint64_t after,
              std::string& out) const;
  void gaps(std::size_t count, std::string& out) const;
  void connections(std::string& out) const;
  void sinks(std::string& out) const;
  void performance(std::string& out) const;
  void stages(std::string& out) const;
  void memory(std::string& out) const;

  struct Totals {
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
    std::uint64_t events = 0;
    std::uint64_t gaps = 0;
    std::uint64_t malformed = 0;
    std::uint64_t unknown = 0;
    std::uint64_t rejected = 0;
    std::uint64_t slow_reads = 0;
    std::uint64_t left_out = 0;
    std::uint64_t duplicates = 0;

    static void fields(auto& self, auto&& visit) {
      visit("frames", self.frames);
      visit("bytes", self.bytes);
      visit("events", self.events);
      visit("gaps", self.gaps);
      visit("malformed", self.malformed);
      visit("unknown", self.unknown);
      visit("rejected", self.rejected);
      visit("slow_reads", self.slow_reads);
      visit("left_out", self.left_out);
      visit("duplicates", self.duplicates);
    }
  };
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] std::chrono::seconds uptime() const;
  [[nodiscard]] std::optional<std::chrono::seconds> disk_time_left() const { return disk_.left(); }
  [[nodiscard]] double cores_used() const { return rates_.cores_used; }
  // How the instruments stand; looked at a few times a second at most.
  [[nodiscard]] const std::vector<pipeline::BoardRow>& rows();

 private:
  struct Rates {
    double frames_per_second = 0;
    double bytes_per_second = 0;
    double events_per_second = 0;
    double cores_used = 0;
    double p50_us = 0;  // from the socket to the journal
    double p99_us = 0;

    static void fields(auto& self, auto&& visit) {
      visit("frames_per_second", self.frames_per_second);
      visit("bytes_per_second", self.bytes_per_second);
      visit("events_per_second", self.events_per_second);
      visit("p50_us", self.p50_us);
      visit("p99_us", self.p99_us);
    }
  };
  struct Point {
    std::int64_t second = 0;
    double events_per_second = 0;
    double p50_us = 0;
    double p99_us = 0;
    std::uint64_t resident = 0;
    double cores_used = 0;
  };
  struct Worst {
    std::string state;
    std::string reason;
  };
  [[nodiscard]] Worst state_of(const std::vector<pipeline::BoardRow>& rows) const;
  void append_totals(const std::vector<pipeline::BoardRow>& rows, std::uint64_t dropped,
                     std::string& out) const;
  void take_point(net::SteadyTime now, double seconds);

  const pipeline::Collector& collector_;
  const Identity identity_;
  pipeline::Board board_;
  std::vector<pipeline::BoardRow> rows_;
  std::optional<net::SteadyTime> rows_at_;
  // Of the last point.
  Totals totals_before_;
  double cpu_before_ = 0;
  obs::LatencySnapshot latency_before_;
  std::vector<obs::ThreadTime> threads_before_;
  std::vector<obs::ThreadTime> threads_;  // cores used by each since then
  std::optional<net::SteadyTime> point_at_;
  Rates rates_;
  std::deque<Point> history_;
  DiskTrend disk_;
};

}  // namespace mp::control
