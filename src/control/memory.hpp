// L5. Memory: what a running collector holds, who has allocated it, and whether it grows.
#pragma once

#include <array>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "net/clock.hpp"
#include "obs/heap.hpp"
#include "obs/log.hpp"

namespace mp::control {

// Whose the memory is, by the innermost function of a stack that is somebody's.
enum class MemoryPart : std::uint8_t { books, connections, journal, sinks, other };
inline constexpr std::size_t kMemoryParts = 5;
[[nodiscard]] std::string_view name_of(MemoryPart part);
using PartBytes = std::array<std::uint64_t, kMemoryParts>;

struct MemoryRules {
  std::uint64_t trim_above = 0;  // of free bytes that are still resident; 0: when asked
  PartBytes budgets{};           // of each part; 0: none
};

// Finds out whether a number rises, hour by hour. A machine without a clock.
class GrowthWatch {
 public:
  static constexpr std::size_t kPoints = 60;                         // one a minute
  static constexpr std::uint64_t kLeast = std::uint64_t{32} << 20U;  // an hour; less is noise
  static constexpr double kShare = 0.1;                              // of what there was

  void add(std::uint64_t bytes);
  // Bytes that an hour adds, once there is one: the slope of the line through its minutes.
  [[nodiscard]] std::optional<double> slope() const;
  // So much, and so steadily, that it will go on: else nothing.
  [[nodiscard]] std::optional<double> growth() const;

 private:
  std::deque<double> points_;
};

// Belongs to one thread, which may be busy for some tenths of a second when sites are asked for.
class Memory {
 public:
  static constexpr std::size_t kSnapshotsMax = 8;
  static constexpr std::size_t kLabelBytesMax = 32;
  static constexpr std::size_t kSitesShown = 40;

  // Files of the allocator are in `scratch` for a moment. `log` outlives it.
  Memory(std::filesystem::path scratch, const MemoryRules& rules, obs::Logger& log);

  // Every minute a look, and what the rules say.
  void on_time(net::SteadyTime now);

  // {"resident":...,"anonymous":...,"heap":{...}}
  void document(std::string& out) const;
  // Keeps who holds what now, under this name. ErrorKind::usage: it is no name;
  // ErrorKind::locked: there are as many as can be; ErrorKind::unavailable: nobody counts.
  Result<void> snapshot(const std::string& label);
  // What came between two snapshots, or until now (empty `to`), or at all (empty `from`).
  // ErrorKind::usage: there is none of that name.
  Result<void> sites(const std::string& from, const std::string& to, std::string& out);
  Result<void> trim();

  // In one sentence each: what grows, and what takes more than it may.
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  using Sites = std::vector<obs::HeapSite>;

  [[nodiscard]] Result<Sites> sites_now() const { return obs::heap_sites(scratch_); }
  [[nodiscard]] Result<Sites> sites_of(const std::string& label) const;
  void check_budgets();

  const std::filesystem::path scratch_;
  const MemoryRules rules_;
  obs::Logger& log_;
  std::map<std::string, Sites> snapshots_;
  GrowthWatch growth_;
  std::optional<net::SteadyTime> looked_;
  std::optional<net::SteadyTime> told_growth_;
  std::vector<std::string> over_budget_;
};

// Of each stack what the later one has more; what has less is left out. The largest first.
[[nodiscard]] std::vector<obs::HeapSite> grown(const std::vector<obs::HeapSite>& before,
                                               const std::vector<obs::HeapSite>& after);

}  // namespace mp::control
