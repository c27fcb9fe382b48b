// L1. Heap: what this process has allocated, and where. By jemalloc, which is all that is used of
// it: nothing else names it. A program without it (sanitizers have an allocator of their own) is
// told so. Source: https://jemalloc.net/jemalloc.3.html
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mp::obs {

// Bytes. allocated <= active <= resident: the rest of `active` lies between what is allocated, the
// rest of `resident` is the allocator's own or not given back yet.
struct HeapNumbers {
  std::uint64_t allocated = 0;  // in use
  std::uint64_t active = 0;     // of pages that have something in use
  std::uint64_t resident = 0;   // of pages in memory

  // The share of the memory that is in nobody's use.
  [[nodiscard]] double fragmentation() const;
};

// ErrorKind::unavailable: this program has another allocator.
[[nodiscard]] Result<HeapNumbers> heap_numbers();

// Gives what is free back to the system. Likewise.
[[nodiscard]] Result<void> trim_heap();

// Who has allocated what is in use now, by stack. An estimate: one allocation in 512 KiB is looked
// at, and what it stands for is added up.
struct HeapSite {
  std::vector<std::uintptr_t> frames;  // the innermost first, the allocator's left out
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
};
// The largest first. The allocator writes a file for a moment, at `scratch`.
[[nodiscard]] Result<std::vector<HeapSite>> heap_sites(const std::filesystem::path& scratch);

// What such a file says; the stacks are whole. ErrorKind::data: it is none.
[[nodiscard]] Result<std::vector<HeapSite>> read_heap_dump(std::string_view text);

// How many bytes the calling thread has allocated since it began: a number that the allocator
// raises, readable by this thread. Null: nobody counts.
[[nodiscard]] const std::uint64_t* allocated_by_thread();

}  // namespace mp::obs
