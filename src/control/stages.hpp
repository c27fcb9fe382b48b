// L5. The stages of the way from socket to sink, over some time: rows for people and tools, and
// which of them is the narrowest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "obs/cpu_profile.hpp"
#include "obs/process.hpp"
#include "pipeline/view.hpp"

namespace mp::control {

[[nodiscard]] double microseconds(Nanoseconds time);

struct StageRow {
  obs::Stage stage = obs::Stage::decode;
  std::string of;           // the venue, or the sink
  std::uint64_t every = 1;  // one in so many was timed
  obs::LatencySnapshot times;
  double busy = 0;  // of that time, the share that the stage took of a thread
  std::vector<obs::SlowWork> slowest;

  [[nodiscard]] double mean_us() const;
};

// What came between two looks at the stages, `seconds` apart, the busiest first; stages that had
// nothing to do are left out. `before` may be empty: of the whole run.
[[nodiscard]] std::vector<StageRow> stage_rows(const std::vector<pipeline::StageView>& before,
                                               const std::vector<pipeline::StageView>& after,
                                               double seconds);
// {"stage":...,"of":...,"count":...,...,"slowest":[...]}
void append_stage_row(const StageRow& row, std::string& out);

// Lines for people, the heading first.
[[nodiscard]] std::vector<std::string> stage_lines(const std::vector<StageRow>& rows);
// The slowest frame or batch of each row: what, how long, how large, how it begins.
[[nodiscard]] std::vector<std::string> slow_lines(const std::vector<StageRow>& rows);

// What would have to be quicker for more to be collected, in one sentence. `threads`: cores that
// each thread used.
[[nodiscard]] std::string bottleneck(const std::vector<StageRow>& rows,
                                     const std::vector<obs::ThreadTime>& threads,
                                     const obs::CpuProfile& profile);

}  // namespace mp::control
