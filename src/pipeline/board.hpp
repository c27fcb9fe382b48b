// L4. Board: what a person wants to see of the instruments: views and what feeds wait for, as rows,
// with what follows from the rows of before.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "obs/histogram.hpp"
#include "pipeline/view.hpp"

namespace mp::pipeline {

struct BoardRow {
  InstrumentView view;
  double events_per_second = 0;  // since the last rows
  std::optional<double> spread_basis_points;
  std::optional<Timestamp> changed;  // when it was first seen to have its last event
  // Of its venue, since the last rows: from the socket to the journal.
  Nanoseconds latency_p50{0};
  Nanoseconds latency_p99{0};

  // What to call it.
  [[nodiscard]] const std::string& name() const {
    return view.instrument.empty() ? view.symbol : view.instrument;
  }
};

class Board {
 public:
  // Sorted by venue and symbol. What feeds wait for has a row from the first moment. `now` is the
  // reader's clock.
  using Latencies = std::map<std::string, obs::LatencySnapshot>;  // by venue
  [[nodiscard]] std::vector<BoardRow> rows(std::vector<InstrumentView> views,
                                           const std::vector<Waiting>& waiting,
                                           const Latencies& latencies, Timestamp now);

 private:
  struct Before {
    std::uint64_t events = 0;
    std::optional<Timestamp> changed;
  };
  BoardRow row_of(InstrumentView view, const std::string& key, Timestamp now);
  void add_latencies(const Latencies& latencies, std::vector<BoardRow>& rows);

  std::map<std::string, Before, std::less<>> before_;  // by "venue symbol"
  Latencies latencies_before_;
  std::optional<Timestamp> rows_at_;
};

}  // namespace mp::pipeline
