// L4. Monitor: what a person wants to see of the streams, computed from events alone: whoever reads
// a journal can have it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/event.hpp"
#include "obs/histogram.hpp"

namespace mp::pipeline {

// The state of an instrument is the worst of its streams', as they stand here.
enum class StreamState : std::uint8_t {
  live,
  waiting,  // nothing has come yet, or no book where one is wanted
  gap,      // the book is not in step
  down,     // not connected
  refused,  // the venue refused the subscription
};
[[nodiscard]] std::string_view name_of(StreamState state);

// One line of the live table.
struct MonitorRow {
  std::string venue;
  std::string instrument;  // the symbol where the instrument is unknown
  StreamState state = StreamState::waiting;
  std::uint64_t events = 0;
  double events_per_second = 0;
  std::optional<Price> bid;
  std::optional<Price> ask;
  std::optional<double> spread_basis_points;
  std::chrono::nanoseconds latency_p50{0};  // from the socket to this reader of the journal
  std::chrono::nanoseconds latency_p99{0};
  std::uint64_t gaps = 0;
};

class Monitor {
 public:
  // `now` is the reader's clock.
  void on_event(const Event& event, Timestamp now);

  // Sorted by venue and instrument; rates and latencies are of the time since the last call.
  [[nodiscard]] std::vector<MonitorRow> rows(Timestamp now);

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

 private:
  struct Line {
    MonitorRow row;
    std::array<std::optional<StreamState>, kChannelCount> streams;  // that were heard of
    bool incomplete = false;  // something of it is missing, nobody knows of which stream
    std::uint64_t events_before = 0;
    obs::Histogram latency;
    obs::LatencySnapshot latency_before;
  };
  Line& line_of(const Event& event);
  void on_status(Line& line, const Status& status);
  [[nodiscard]] static StreamState state_of(const Line& line);

  std::map<std::string, Line, std::less<>> lines_;  // by "venue symbol"
  std::string key_;
  std::optional<Timestamp> rows_at_;
  std::uint64_t events_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace mp::pipeline
