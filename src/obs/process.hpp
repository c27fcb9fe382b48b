// L1. What the system says of this process: memory, processor time, descriptors. Not for the
// message path: each call reads files of /proc. Source: proc(5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mp::obs {

// 0 where the system does not say.
struct ProcessMemory {
  std::uint64_t resident_bytes = 0;
  std::uint64_t anonymous_bytes = 0;  // of them: no file's
};
[[nodiscard]] ProcessMemory process_memory();

struct ThreadTime {
  std::string name;  // as the thread was named; equal names are added up
  double seconds = 0;
};
// Processor time of all threads that live.
[[nodiscard]] std::vector<ThreadTime> thread_times();

// Processor time of the process, ended threads included, in seconds.
[[nodiscard]] double process_seconds();
// Open descriptors, and how many there may be.
struct Descriptors {
  std::uint64_t open = 0;
  std::uint64_t limit = 0;
};
[[nodiscard]] Descriptors descriptors();

// Names the calling thread; 15 characters are kept.
void name_thread(const std::string& name);

}  // namespace mp::obs
