#include "unit/faults/faults.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

// The linker gives the names __wrap_X and __real_X (tests/CMakeLists.txt).
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
int __real_openat(int folder, const char* path, int flags, mode_t mode);
ssize_t __real_pread(int fd, void* out, size_t size, off_t offset);
ssize_t __real_write(int fd, const void* bytes, size_t size);
void* __real_mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_fstat(int fd, struct stat* facts);
int __real_fstatat(int folder, const char* path, struct stat* facts, int flags);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_flock(int fd, int operation);
int __real_posix_fallocate(int fd, off_t offset, off_t size);
int __real_ftruncate(int fd, off_t size);
int __real_renameat(int from_folder, const char* from, int to_folder, const char* to);
int __real_renameat2(int from_folder, const char* from, int to_folder, const char* to,
                     unsigned flags);
int __real_linkat(int from_folder, const char* from, int to_folder, const char* to, int flags);
int __real_unlinkat(int folder, const char* path, int flags);
int __real_mkdirat(int folder, const char* path, mode_t mode);
DIR* __real_fdopendir(int fd);
dirent* __real_readdir(DIR* dir);
int __real_memfd_create(const char* name, unsigned flags);
int __real_epoll_create1(int flags);
}

namespace mp::faults {
namespace {

// One state for the whole process, as the system itself is: any thread may make the next call.
std::atomic<int> armed_call = -1;
std::atomic<unsigned> first = 0;
std::atomic<unsigned> last = 0;
std::atomic<int> armed_code = 0;
std::atomic<unsigned> calls = 0;
std::atomic<bool> struck = false;

// The errno value that this call fails with; 0: it does not.
int fault_of(Call call) {
  if (armed_call.load() != static_cast<int>(call)) return 0;
  const unsigned number = ++calls;
  if (number < first || number > last) return 0;
  struck = true;
  return armed_code;
}

bool fails(Call call) {
  const int code = fault_of(call);
  if (code != 0) errno = code;
  return code != 0;
}

constexpr std::array<std::string_view, kCallCount> kNames = {
    "openat",    "pread", "write",     "mmap",      "fstat",  "fstatat",  "fsync",
    "fdatasync", "flock", "fallocate", "ftruncate", "rename", "exchange", "link",
    "unlink",    "mkdir", "fdopendir", "readdir",   "memfd",  "epoll"};

}  // namespace

std::string_view name_of(Call call) {
  return kNames.at(static_cast<std::size_t>(call));
}

void arm(const Fault& fault) {
  armed_call = -1;
  calls = 0;
  struck = false;
  first = fault.at;
  last = fault.at + fault.times - 1;
  armed_code = fault.code;
  armed_call = static_cast<int>(fault.call);
}

bool disarm() {
  armed_call = -1;
  return struck;
}

}  // namespace mp::faults

using mp::faults::Call;
using mp::faults::fails;

extern "C" {
int __wrap_openat(int folder, const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return fails(Call::openat) ? -1 : __real_openat(folder, path, flags, mode);
}
ssize_t __wrap_pread(int fd, void* out, size_t size, off_t offset) {
  return fails(Call::pread) ? -1 : __real_pread(fd, out, size, offset);
}
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  return fails(Call::write) ? -1 : __real_write(fd, bytes, size);
}
void* __wrap_mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  return fails(Call::mmap) ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}
int __wrap_fstat(int fd, struct stat* facts) {
  return fails(Call::fstat) ? -1 : __real_fstat(fd, facts);
}
int __wrap_fstatat(int folder, const char* path, struct stat* facts, int flags) {
  return fails(Call::fstatat) ? -1 : __real_fstatat(folder, path, facts, flags);
}
int __wrap_fsync(int fd) {
  return fails(Call::fsync) ? -1 : __real_fsync(fd);
}
int __wrap_fdatasync(int fd) {
  return fails(Call::fdatasync) ? -1 : __real_fdatasync(fd);
}
int __wrap_flock(int fd, int operation) {
  return fails(Call::flock) ? -1 : __real_flock(fd, operation);
}
int __wrap_posix_fallocate(int fd, off_t offset, off_t size) {
  const int code = mp::faults::fault_of(Call::fallocate);
  return code != 0 ? code : __real_posix_fallocate(fd, offset, size);
}
int __wrap_ftruncate(int fd, off_t size) {
  return fails(Call::ftruncate) ? -1 : __real_ftruncate(fd, size);
}
int __wrap_renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return fails(Call::rename) ? -1 : __real_renameat(from_folder, from, to_folder, to);
}
int __wrap_renameat2(int from_folder, const char* from, int to_folder, const char* to,
                     unsigned flags) {
  const Call call = (flags & RENAME_EXCHANGE) != 0 ? Call::exchange : Call::rename;
  return fails(call) ? -1 : __real_renameat2(from_folder, from, to_folder, to, flags);
}
int __wrap_linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  return fails(Call::link) ? -1 : __real_linkat(from_folder, from, to_folder, to, flags);
}
int __wrap_unlinkat(int folder, const char* path, int flags) {
  return fails(Call::unlink) ? -1 : __real_unlinkat(folder, path, flags);
}
int __wrap_mkdirat(int folder, const char* path, mode_t mode) {
  return fails(Call::mkdir) ? -1 : __real_mkdirat(folder, path, mode);
}
DIR* __wrap_fdopendir(int fd) {
  return fails(Call::fdopendir) ? nullptr : __real_fdopendir(fd);
}
dirent* __wrap_readdir(DIR* dir) {
  return fails(Call::readdir) ? nullptr : __real_readdir(dir);
}
int __wrap_memfd_create(const char* name, unsigned flags) {
  return fails(Call::memfd) ? -1 : __real_memfd_create(name, flags);
}
int __wrap_epoll_create1(int flags) {
  return fails(Call::epoll) ? -1 : __real_epoll_create1(flags);
}
}
// NOLINTEND(bugprone-reserved-identifier)
