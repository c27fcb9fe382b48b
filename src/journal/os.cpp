#include "journal/os.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>

#include "core/assert.hpp"

namespace mp::journal {

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Result<Mapping> Mapping::of(const Fd& fd, std::size_t size, Access access,
                            const std::string& what) {
  const int protection = access == Access::write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const data = ::mmap(nullptr, size, protection, MAP_SHARED, fd.value(), 0);
  if (data == MAP_FAILED) return os_error("cannot map " + what, errno);
  return Mapping(static_cast<std::byte*>(data), size);
}

void Mapping::touch(std::size_t offset) const {
  constexpr std::size_t kPage = 4096;
  offset &= ~(kPage - 1);
  if (offset >= size_) return;
#ifdef MADV_POPULATE_WRITE
  if (::madvise(data_ + offset, size_ - offset, MADV_POPULATE_WRITE) == 0) return;
#endif
  // Older kernels: adding nothing to a byte of each page makes the page ours and changes nothing.
  for (; offset < size_; offset += kPage) {
    auto* const byte = reinterpret_cast<std::uint8_t*>(data_ + offset);
    std::atomic_ref<std::uint8_t>(*byte).fetch_add(0, std::memory_order_relaxed);
  }
}

std::uint32_t random_number() {
  std::uint32_t number = 0;
  // Without entropy (early boot) the number is 0: it only makes stale bytes easier to tell.
  if (::getrandom(&number, sizeof number, GRND_NONBLOCK) < 0) number = 0;
  return number;
}

std::int64_t wall_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

OpenedFile reopen(std::uint32_t pid, int fd, Access access) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  return open_file(path, (access == Access::write ? O_RDWR : O_RDONLY) | O_NONBLOCK);
}

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::chrono::nanoseconds longest) {
  if (longest <= std::chrono::nanoseconds{0}) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec limit{.tv_sec = static_cast<time_t>(seconds.count()),
                       .tv_nsec = static_cast<long>((longest - seconds).count())};
  // Any return is fine: the caller looks again.
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, &limit, nullptr, 0);
}

void futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds longest) {
  constexpr std::chrono::milliseconds kWithoutSystemCall{2};
  if (longest <= std::chrono::nanoseconds{0} || words.empty()) return;
  MP_ASSERT(words.size() <= kFutexWordsMax);
  std::array<futex_waitv, kFutexWordsMax> waiters{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    waiters[i].uaddr = reinterpret_cast<std::uintptr_t>(words[i].word);
    waiters[i].val = words[i].expected;
    waiters[i].flags = FUTEX_32;
  }
  const auto end = std::chrono::steady_clock::now().time_since_epoch() + longest;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end);
  const timespec until{.tv_sec = static_cast<time_t>(seconds.count()),
                       .tv_nsec = static_cast<long>((end - seconds).count())};
  if (::syscall(SYS_futex_waitv, waiters.data(), words.size(), 0, &until, CLOCK_MONOTONIC) >= 0)
    return;
  if (errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT) return;
  futex_wait(*words[0].word, words[0].expected,
             std::min<std::chrono::nanoseconds>(longest, kWithoutSystemCall));
}

void futex_wake_all(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace mp::journal
