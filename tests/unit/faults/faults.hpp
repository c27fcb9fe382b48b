// Lets one system call fail: those that our code makes are led through here by the linker.
#pragma once

#include <string_view>

namespace mp::faults {

enum class Call : unsigned char {
  openat,
  pread,
  write,
  mmap,
  fstat,
  fstatat,
  fsync,
  fdatasync,
  flock,
  fallocate,
  ftruncate,
  rename,
  exchange,  // renameat2 that changes two names
  link,
  unlink,
  mkdir,
  fdopendir,
  readdir,
  memfd,
  epoll,  // of the event loop
};
inline constexpr unsigned kCallCount = 20;
[[nodiscard]] std::string_view name_of(Call call);

// From now on, of all threads, the call number `at` (from 1 on) of this kind fails with `code`, and
// the `times` - 1 behind it.
struct Fault {
  Call call{};
  unsigned at = 1;
  int code = 0;
  unsigned times = 1;
};
void arm(const Fault& fault);
// Whether the call failed.
bool disarm();

}  // namespace mp::faults
