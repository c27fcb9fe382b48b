// L2. Mappings and futexes of the operating system, owned. Files: core/files.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/files.hpp"
#include "core/result.hpp"

namespace mp::journal {

enum class Access : std::uint8_t { read, write };

// A shared mapping of the first bytes of a file.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  // `what` names the file in an error message. An error is the system's: again, later.
  static Result<Mapping> of(const Fd& fd, std::size_t size, Access access, const std::string& what);

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Makes the pages from `offset` on present and writable, so that no page fault meets an append.
  void touch(std::size_t offset) const;

 private:
  Mapping(std::byte* data, std::size_t size) : data_(data), size_(size) {}

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

[[nodiscard]] std::uint32_t random_number();
[[nodiscard]] std::int64_t wall_clock_ns();

// Another view of the open file behind `fd`, with an offset and locks of its own.
[[nodiscard]] OpenedFile reopen(std::uint32_t pid, int fd, Access access);

// Sleeps while *word == expected, at most `longest`; across processes.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::chrono::nanoseconds longest);
// The same for several words: any of them that changes ends it. Kernels before 5.16 cannot; there
// it looks at the first word alone, for a short time.
struct FutexWord {
  const std::atomic<std::uint32_t>* word = nullptr;
  std::uint32_t expected = 0;
};
inline constexpr std::size_t kFutexWordsMax = 128;
void futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds longest);
void futex_wake_all(std::atomic<std::uint32_t>& word);

}  // namespace mp::journal
