// The load generator in a process of its own, so that what it costs is not counted as ours.
#pragma once

#include <cstdint>
#include <filesystem>

#include "bench/child.hpp"

namespace mp::bench {

struct LoadOptions {
  std::size_t instruments = 50;
  std::size_t levels = 1000;
  std::uint64_t messages = 0;
  std::size_t messages_per_record = 0;  // 0: full records
  std::uint64_t rate = 0;               // 0: full speed
  bool wait_for_snapshots = false;
  int cpu = -1;
  std::filesystem::path ca_file;
};

// What the generator says of the measured part.
struct LoadFacts {
  double messages = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  double late_p50_ns = 0;
  double late_p99_ns = 0;
};

class LoadProcess {
 public:
  static Result<LoadProcess> start(const LoadOptions& options);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Returns when the measured part begins, and when it is over.
  [[nodiscard]] Result<void> wait_begin();
  [[nodiscard]] Result<LoadFacts> wait_end();

 private:
  LoadProcess(Child child, std::uint16_t port) : child_(std::move(child)), port_(port) {}

  Child child_;
  std::uint16_t port_;
};

}  // namespace mp::bench
