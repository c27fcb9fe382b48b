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
#include "pipeline/feed_state.hpp"

namespace mp::pipeline {

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
  std::string reason;  // why it is not live, where that is known
};

class Monitor {
 public:
  // `now` is the reader's clock.
  void on_event(const Event& event, Timestamp now);

  // Sorted by venue and symbol; rates and latencies are of the time since the last call. What feeds
  // wait for has a row from the first moment.
  [[nodiscard]] std::vector<MonitorRow> rows(Timestamp now,
                                             const std::vector<Waiting>& waiting = {});

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

 private:
  struct Line {
    MonitorRow row;
    std::array<std::optional<StreamState>, kChannelCount> streams;  // that were heard of
    bool incomplete = false;  // something of it is missing, nobody knows of which stream
    bool ended = false;       // nothing of it is wanted any more
    std::uint64_t events_before = 0;
    obs::Histogram latency;
    obs::LatencySnapshot latency_before;
  };
  Line& line_of(const Event& event);
  void on_status(Line& line, const Status& status);
  [[nodiscard]] static MonitorRow row_of(Line& line, double seconds);
  [[nodiscard]] static std::string_view reason_of(const Line& line);
  [[nodiscard]] static StreamState state_of(const Line& line);

  std::map<std::string, Line, std::less<>> lines_;  // by "venue symbol"
  std::string key_;
  std::optional<Timestamp> rows_at_;
  std::uint64_t events_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace mp::pipeline
