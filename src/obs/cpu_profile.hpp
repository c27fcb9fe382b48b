// L1. CpuProfile: where the threads of this process were, counted; as a tree, a picture and a file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "obs/modules.hpp"

namespace mp::obs {

// An address that was seen, by its number in CpuProfile::places.
struct ProfilePlace {
  std::uintptr_t address = 0;
  std::size_t module = 0;  // of CpuProfile::modules; their number: it is in none
  std::string function;
};

struct ProfileStack {
  std::string thread;
  std::vector<std::size_t> places;  // the innermost first
  std::uint64_t samples = 0;
};

struct CpuProfile {
  Timestamp begun{};
  Nanoseconds took{0};
  Nanoseconds period{0};  // processor time that a sample stands for
  std::uint64_t samples = 0;
  std::uint64_t dropped = 0;  // that had no room
  std::vector<Modules::Module> modules;
  std::vector<ProfilePlace> places;
  std::vector<ProfileStack> stacks;
};

// Counts stacks while they come.
class StackCounter {
 public:
  static constexpr std::size_t kStacksMax = 50'000;  // different ones

  // False: it is one too many.
  bool add(const std::string& thread, const std::vector<std::uintptr_t>& frames);
  // With the names of all places. `profile` has the times.
  [[nodiscard]] CpuProfile finish(const Modules& modules, CpuProfile profile) const;

 private:
  std::map<std::pair<std::string, std::vector<std::uintptr_t>>, std::uint64_t> counts_;
};

// Who called whom, how often: of all stacks, the outermost function at the root.
struct CallNode {
  std::string name;
  std::uint64_t total = 0;  // samples in it, or in what it called
  std::uint64_t self = 0;   // in itself
  std::map<std::string, CallNode, std::less<>> calls;
};
using WhichThreads = std::function<bool(std::string_view)>;
// The root's children are threads.
[[nodiscard]] CallNode call_tree(const CpuProfile& profile, const WhichThreads& which = {});

// The function of the program that is to blame: of those that half of the samples of these threads
// are in, the innermost. Empty: there is none.
struct Hottest {
  std::string function;
  double share = 0;  // of the samples of these threads
};
[[nodiscard]] Hottest hottest_of(const CpuProfile& profile, const WhichThreads& which);

struct FunctionCount {
  std::string function;
  std::uint64_t self = 0;
  std::uint64_t total = 0;

  static void fields(auto& self_, auto&& visit) {
    visit("function", self_.function);
    visit("self_samples", self_.self);
    visit("total_samples", self_.total);
  }
};
// Those that most samples were in, at most `count`.
[[nodiscard]] std::vector<FunctionCount> top_functions(const CpuProfile& profile,
                                                       std::size_t count);

// A picture that needs nothing else: the wider, the more time; each name as its title.
[[nodiscard]] std::string flame_graph(const CpuProfile& profile, std::string_view title);

// What `go tool pprof` and others read: a gzipped protocol buffer. Source:
// https://github.com/google/pprof/blob/main/proto/profile.proto
[[nodiscard]] std::string pprof_file(const CpuProfile& profile);

}  // namespace mp::obs
