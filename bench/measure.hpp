// What `marketprism bench` measures with: rounds, medians, spread, and the table and JSON that come
// of them.
#pragma once

#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mp::bench {

// Seconds of a clock: CLOCK_THREAD_CPUTIME_ID for work, CLOCK_MONOTONIC for waiting.
[[nodiscard]] double seconds_of(clockid_t clock);

// Where a stream has no end of its own: no frame for so long, and that was the last one.
inline constexpr double kQuietSeconds = 0.2;

// Keeps the calling thread, and those that it starts, on one processor; -1: does nothing.
void pin(int cpu);

// What was measured, one number for each round.
struct Samples {
  std::vector<double> values;

  [[nodiscard]] double median() const { return quantile(0.5); }
  [[nodiscard]] double low() const { return quantile(0); }
  [[nodiscard]] double high() const { return quantile(1); }
  // Share 0 to 1, interpolated; 0 where there are no values.
  [[nodiscard]] double quantile(double share) const;
};

struct Target {
  enum class Is : std::uint8_t { at_least, at_most };
  Is is = Is::at_least;
  double value = 0;
  [[nodiscard]] bool met(double measured) const {
    return is == Is::at_least ? measured >= value : measured <= value;
  }
};

// One row of the table.
struct Measurement {
  std::string name;   // "decode binance"
  std::string input;  // what was fed, and how much of it
  std::string unit;   // "M frames/s"
  Samples ours;
  Samples floor;           // of the same rounds; empty: there is none
  std::string floor_name;  // "simdjson On-Demand, same fields"
  Samples ratio;           // of each round; empty where there is no floor
  std::optional<Target> target;
  enum class Judged : std::uint8_t { value, ratio };
  Judged judged = Judged::value;  // what the target is about
  std::string note;

  [[nodiscard]] double judged_value() const {
    return judged == Judged::ratio ? ratio.median() : ours.median();
  }
  [[nodiscard]] bool met() const { return !target || target->met(judged_value()); }
};

// Runs both `rounds` times by turns, so that what else the machine does hits both alike, and
// fills ours, floor and ratio. The first round of each warms up and is not counted.
void compare(Measurement& out, int rounds, const std::function<double()>& ours,
             const std::function<double()>& floor);
void repeat(Measurement& out, int rounds, const std::function<double()>& ours);

// The table for a person, and the lines for a program: one JSON object for each row.
[[nodiscard]] std::string table_head();
[[nodiscard]] std::string table_row(const Measurement& row);
[[nodiscard]] std::string to_json(const Measurement& row);

// "AMD EPYC ..., 2 cores, Linux 6.1": where it was measured.
[[nodiscard]] std::string machine();
// "commit 1234abc, release, GNU 12.2.0": what was measured.
[[nodiscard]] std::string build();

}  // namespace mp::bench
