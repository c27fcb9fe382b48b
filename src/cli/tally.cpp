#include "cli/tally.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iterator>

#include "cli/output.hpp"

namespace mp::cli {

std::string tally(const pipeline::EngineCounters& counters, std::uint64_t elsewhere) {
  std::string out = fmt::format("{{\"frames\":{}", counters.frames);
  for (std::size_t i = 0; i < venue::kVerdictCount; ++i) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":{}",
                   venue::name_of(static_cast<venue::Verdict>(i)), counters.verdicts[i]);
  }
  out.append(",\"events\":{");
  bool first = true;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (counters.events[i] == 0) continue;
    fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", first ? "" : ",", kChannelNames[i],
                   counters.events[i]);
    first = false;
  }
  fmt::format_to(std::back_inserter(out), "}},\"slow\":{},\"left_out\":{},\"elsewhere\":{}",
                 counters.slow, counters.left_out, elsewhere);
  return out;
}

void add_lines(const codec::RecordingCounts& counts, std::string& tally) {
  const auto damaged = counts.unread();
  fmt::format_to(std::back_inserter(tally), ",\"damaged\":{},\"skipped\":{},\"lost\":{}", damaged,
                 counts.unknown, counts.lost);
  if (counts.lost > 0) {
    complain(
        fmt::format("the recording says that {} of its lines are missing: the disk did not "
                    "keep up",
                    counts.lost));
  }
  if (counts.passed_over() == 0) return;
  complain(
      fmt::format("{} of {} lines were passed over, the first is line {}: {} damaged ({} of them "
                  "too long), {} of an unknown kind",
                  counts.passed_over(), counts.lines, counts.first_passed_over, damaged,
                  counts.too_long, counts.unknown));
}

void add_books(const pipeline::Engine& engine, std::string& tally) {
  const auto sum = engine.book_counters();
  fmt::format_to(std::back_inserter(tally),
                 ",\"books\":{},\"gaps\":{},\"resyncs\":{},\"held\":{},\"stale\":{},\"crossed\":{},"
                 "\"checksums\":{{\"checked\":{},\"failed\":{}}}",
                 engine.books(), sum.gaps, sum.resyncs, sum.held, sum.stale, sum.crossed,
                 sum.checksums_checked, sum.checksums_failed);
}

void print_tally(std::string tally) {
  tally.append("}\n");
  std::fwrite(tally.data(), 1, tally.size(), stderr);
}

}  // namespace mp::cli
