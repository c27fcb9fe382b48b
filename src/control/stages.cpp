#include "control/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "codec/json_object.hpp"
#include "core/utf8.hpp"

namespace mp::control {
namespace {

using codec::JsonObject;
using obs::Stage;

constexpr double kIdle = 0.05;              // of a thread: below this nothing is narrow
constexpr std::size_t kHeadShown = 72;      // bytes of a slow frame on a line
constexpr std::size_t kThreadNameMax = 15;  // as the system keeps it: obs::name_thread
constexpr std::size_t kSlowLinesMax = 8;

bool is_of_feed(Stage stage) {
  return stage == Stage::decode || stage == Stage::book || stage == Stage::append;
}

// What the shard's threads are called, or the sink's.
obs::WhichThreads threads_of(Stage stage, const std::string& of) {
  if (is_of_feed(stage)) return [](std::string_view name) { return name.starts_with("mp-shard-"); };
  const std::string name = ("mp-" + of).substr(0, kThreadNameMax);
  return [name](std::string_view thread) { return thread == name; };
}

// "210 us"
std::string time_text(Nanoseconds time) {
  const double us = microseconds(time);
  if (us < 1) return fmt::format("{} ns", time.count());
  if (us < 100) return fmt::format("{:.1f} us", us);
  if (us < 10'000) return fmt::format("{:.0f} us", us);
  return fmt::format("{:.0f} ms", us / 1e3);
}

std::string unit_of(Stage stage) {
  if (stage == Stage::encode) return "event";
  return stage == Stage::write ? "batch" : "frame";
}

std::string most_in(const obs::Hottest& hottest) {
  if (hottest.function.empty()) return {};
  return fmt::format("; {:.0f} % of its samples are in {}", hottest.share * 100, hottest.function);
}

void append_slow(const obs::SlowWork& slow, std::string& out) {
  JsonObject object{out};
  object.add("took_us", microseconds(slow.took));
  object.add("at", slow.at);
  object.add("bytes", slow.bytes);
  object.add("head", printable(slow.head));
}

}  // namespace

double microseconds(Nanoseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

double StageRow::mean_us() const {
  return times.count == 0 ? 0 : microseconds(times.sum) / static_cast<double>(times.count);
}

std::vector<StageRow> stage_rows(const std::vector<pipeline::StageView>& before,
                                 const std::vector<pipeline::StageView>& after, double seconds) {
  std::vector<StageRow> out;
  for (const auto& now : after) {
    const auto had = std::ranges::find_if(before, [&](const pipeline::StageView& each) {
      return each.stage == now.stage && each.of == now.of;
    });
    StageRow row{
        .stage = now.stage,
        .of = now.of,
        .every = now.every,
        .times = had == before.end() ? now.taken.times : now.taken.times.since(had->taken.times),
        .busy = 0,
        .slowest = now.taken.slowest};
    if (row.times.count == 0) continue;
    row.times.max = row.times.percentile(1);  // of this time, not of the whole run
    const double took = std::chrono::duration<double>(row.times.sum).count();
    if (seconds > 0) row.busy = took * static_cast<double>(row.every) / seconds;
    out.push_back(std::move(row));
  }
  std::ranges::sort(out, std::ranges::greater{}, &StageRow::busy);
  return out;
}

void append_stage_row(const StageRow& row, std::string& out) {
  JsonObject object{out};
  object.add("stage", row.stage);
  object.add("of", row.of);
  object.add("every", row.every);
  object.add("count", row.times.count);
  object.add("busy", row.busy);
  object.add("mean_us", row.mean_us());
  object.add("min_us", microseconds(row.times.percentile(0)));
  object.add("p50_us", microseconds(row.times.percentile(0.50)));
  object.add("p95_us", microseconds(row.times.percentile(0.95)));
  object.add("p99_us", microseconds(row.times.percentile(0.99)));
  object.add("p999_us", microseconds(row.times.percentile(0.999)));
  object.add("max_us", microseconds(row.times.max));
  codec::append_json_list(row.slowest, object.key("slowest"), append_slow);
}

std::vector<std::string> stage_lines(const std::vector<StageRow>& rows) {
  std::vector<std::string> out;
  constexpr const char* kForm =
      "{:<7} {:<16} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}";
  out.push_back(fmt::format(fmt::runtime(kForm), "STAGE", "OF", "BUSY", "TIMED", "MEAN", "MIN",
                            "P50", "P95", "P99", "P99.9", "MAX"));
  for (const auto& row : rows) {
    const auto at = [&row](double share) { return time_text(row.times.percentile(share)); };
    const auto mean = time_text(row.times.sum / static_cast<std::int64_t>(row.times.count));
    out.push_back(fmt::format(fmt::runtime(kForm), obs::name_of(row.stage), row.of,
                              fmt::format("{:.2f} %", row.busy * 100), row.times.count, mean, at(0),
                              at(0.5), at(0.95), at(0.99), at(0.999), time_text(row.times.max)));
  }
  return out;
}

std::vector<std::string> slow_lines(const std::vector<StageRow>& rows) {
  std::vector<std::string> out;
  // One of each: a sink's batch of thousands of events is no measure for a frame.
  for (const auto& row : rows) {
    if (row.slowest.empty() || out.size() == kSlowLinesMax) continue;
    const obs::SlowWork& work = row.slowest.front();
    out.push_back(fmt::format("{:<7} {:<16} {:>9} {:>8} bytes  {}", obs::name_of(row.stage), row.of,
                              time_text(work.took), work.bytes, printable(work.head, kHeadShown)));
  }
  return out;
}

std::string bottleneck(const std::vector<StageRow>& rows,
                       const std::vector<obs::ThreadTime>& threads,
                       const obs::CpuProfile& profile) {
  const auto busiest = std::ranges::max_element(threads, {}, &obs::ThreadTime::seconds);
  const double cores = busiest == threads.end() ? 0 : busiest->seconds;
  const StageRow* const row = rows.empty() ? nullptr : &rows.front();
  const double busy = row == nullptr ? 0 : row->busy;
  if (busy < kIdle && cores < kIdle) {
    return "nothing is near its limit: no thread and no stage is busy for more than 5 % of the "
           "time";
  }
  // A stage that waits takes time and no processor; a thread that does other work than its stages
  // is told by its samples.
  if (row != nullptr && busy >= cores / 2) {
    const auto hottest = obs::hottest_of(profile, threads_of(row->stage, row->of));
    return fmt::format(
        "{} of {} is the bottleneck: it keeps a thread busy for {:.0f} % of the "
        "time, {} at p50 and {} at p99 for each {}{}",
        obs::name_of(row->stage), row->of, busy * 100, time_text(row->times.percentile(0.5)),
        time_text(row->times.percentile(0.99)), unit_of(row->stage), most_in(hottest));
  }
  const auto hottest =
      obs::hottest_of(profile, [&](std::string_view name) { return name == busiest->name; });
  return fmt::format("the thread {} is the bottleneck: it uses {:.2f} of a core{}", busiest->name,
                     cores, most_in(hottest));
}

}  // namespace mp::control
