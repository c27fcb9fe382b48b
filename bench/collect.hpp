// The collector as a process of its own, collecting from the load generator: so that its CPU time
// and memory are its own. `marketprism bench --collect PORT` is that process; what it is told and
// says are lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "bench/child.hpp"

namespace mp::bench {

struct CollectOptions {
  std::uint16_t port = 0;
  std::string ca_file;
  std::string journal_dir;
  std::size_t instruments = 50;
  std::size_t topics_per_session = 150;
  bool busy_poll = false;
  int cpu = -1;  // for all its threads; -1: any
};

// The process: collects until its input closes. "begin" and "end" on its input are answered with a
// line of facts, "end" once all frames have been dealt with.
[[nodiscard]] int collect_load(const CollectOptions& options);

// What was used between begin and end.
struct CollectFacts {
  double frames = 0;
  double seconds = 0;        // from begin to the last frame
  double cpu_seconds = 0;    // of all its threads
  double rss_anon_peak = 0;  // bytes, since its start: anonymous memory
  double rss_peak = 0;       // with the pages of the program and its libraries, without the journal
  double gaps = 0;
};

class CollectProcess {
 public:
  static Result<CollectProcess> start(const CollectOptions& options);
  void begin() { child_.say("begin"); }
  [[nodiscard]] Result<CollectFacts> end();

 private:
  explicit CollectProcess(Child child) : child_(std::move(child)) {}

  Child child_;
};

}  // namespace mp::bench
