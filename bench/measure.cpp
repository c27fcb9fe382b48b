#include "bench/measure.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "codec/json_encode.hpp"
#include "commit.hpp"  // made by the build

namespace mp::bench {
namespace {

std::string number(double value) {
  const double size = std::fabs(value);
  if (size >= 100) return fmt::format("{:.0f}", value);
  if (size >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

void add_text(std::string_view key, std::string_view value, std::string& out) {
  codec::append_json_key(key, out);
  codec::append_json_string(value, out);
}

void add_samples(std::string_view key, const Samples& samples, std::string& out) {
  codec::append_json_key(key, out);
  out.append(fmt::format("{{\"median\":{:.6g},\"min\":{:.6g},\"max\":{:.6g},\"runs\":[",
                         samples.median(), samples.low(), samples.high()));
  for (std::size_t i = 0; i < samples.values.size(); ++i) {
    out.append(fmt::format("{}{:.6g}", i == 0 ? "" : ",", samples.values[i]));
  }
  out.append("]}");
}

}  // namespace

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void pin(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  // Where it is not allowed, the numbers are those of the threads' own wanderings.
  (void)::sched_setaffinity(0, sizeof set, &set);
}

double Samples::quantile(double share) const {
  if (values.empty()) return 0;
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - std::floor(place));
}

void compare(Measurement& out, int rounds, const std::function<double()>& ours,
             const std::function<double()>& floor) {
  for (int round = 0; round <= rounds; ++round) {
    const double least = floor();
    const double own = ours();
    if (round == 0) continue;
    out.floor.values.push_back(least);
    out.ours.values.push_back(own);
    out.ratio.values.push_back(least == 0 ? 0 : own / least);
  }
}

void repeat(Measurement& out, int rounds, const std::function<double()>& ours) {
  for (int round = 0; round <= rounds; ++round) {
    const double own = ours();
    if (round > 0) out.ours.values.push_back(own);
  }
}

std::string table_head() {
  return fmt::format("{:<52} {:>9} {:<14} {:>17} {:>9} {:>13} {:>9}  {}\n", "WORK", "MEDIAN",
                     "UNIT", "MIN..MAX", "FLOOR", "RATIO", "TARGET", "");
}

std::string table_row(const Measurement& row) {
  std::string ratio;
  if (!row.ratio.values.empty()) {
    ratio = fmt::format("{} x", number(row.ratio.median()));
  }
  std::string target;
  if (row.target) {
    target = fmt::format(
        "{} {}{}", row.target->is == Target::Is::at_least ? ">=" : "<=", number(row.target->value),
        row.judged == Measurement::Judged::ratio ? " x" : "");
  }
  const std::string_view verdict = !row.target ? "" : row.met() ? "met" : "MISSED";
  return fmt::format(
      "{:<52} {:>9} {:<14} {:>17} {:>9} {:>13} {:>9}  {}\n", row.name, number(row.ours.median()),
      row.unit, number(row.ours.low()) + ".." + number(row.ours.high()),
      row.floor.values.empty() ? "" : number(row.floor.median()), ratio, target, verdict);
}

std::string to_json(const Measurement& row) {
  std::string out = "{\"name\":";
  codec::append_json_string(row.name, out);
  add_text("input", row.input, out);
  add_text("unit", row.unit, out);
  add_samples("ours", row.ours, out);
  if (!row.floor.values.empty()) {
    add_text("floor_name", row.floor_name, out);
    add_samples("floor", row.floor, out);
    add_samples("ratio", row.ratio, out);
  }
  if (row.target) {
    add_text("target_is", row.target->is == Target::Is::at_least ? "at least" : "at most", out);
    out.append(fmt::format(",\"target\":{:.6g},\"judged\":\"{}\",\"met\":{}", row.target->value,
                           row.judged == Measurement::Judged::ratio ? "ratio" : "value",
                           row.met()));
  }
  if (!row.note.empty()) add_text("note", row.note, out);
  add_text("machine", machine(), out);
  add_text("commit", kCommit, out);
  add_text("build", MP_BUILD, out);
  out.append("}\n");
  return out;
}

std::string build() {
  return fmt::format("commit {}, {}", kCommit, MP_BUILD);
}

std::string machine() {
  std::string model = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("model name")) continue;
    model = line.substr(std::min(line.size(), line.find(':') + 2));
    break;
  }
  utsname system{};
  ::uname(&system);
  return fmt::format("{}, {} cores, {} {}", model, ::sysconf(_SC_NPROCESSORS_ONLN), system.sysname,
                     system.release);
}

}  // namespace mp::bench
