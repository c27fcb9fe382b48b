#include "cli/tally.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iterator>

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
