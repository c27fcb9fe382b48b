// L2. What the files of a journal look like: DIR/NUMBER.segment, DIR/control, DIR/lock and
// DIR/readers/NAME.cursor. Records: record.hpp.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <type_traits>

namespace mp::journal {

inline constexpr std::uint32_t kFormatVersion = 3;
inline constexpr std::uint64_t kPageBytes = 4096;
// Segments have numbers of 16 digits from 1 on. A file with a longer number is none of ours, and a
// journal whose highest number is beyond the second bound is not gone on with.
inline constexpr std::uint64_t kSegmentNumberMax = 9'999'999'999'999'999;
inline constexpr std::uint64_t kSegmentNumberLast = kSegmentNumberMax / 2;
inline constexpr std::uint64_t kSegmentHeaderBytes = kPageBytes;
inline constexpr std::uint64_t kHeaderCopyAt = 2048;  // a second header, for a damaged first
inline constexpr std::uint64_t kSegmentBytesMin = 16 * kPageBytes;
inline constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{1} << 30U;
// Definitions that a new segment begins with; the others follow before their first use in it.
inline constexpr std::uint64_t kDefinitionBytesMax = std::uint64_t{1} << 20U;

inline constexpr std::uint64_t kSegmentMagic = 0x31'47'45'53'4E'52'4A'4D;  // "MJRNSEG1"
inline constexpr std::uint64_t kControlMagic = 0x31'4C'54'43'4E'52'4A'4D;  // "MJRNCTL1"
inline constexpr std::uint64_t kCursorMagic = 0x31'52'55'43'4E'52'4A'4D;   // "MJRNCUR1"

// At the start of a segment and again at kHeaderCopyAt. All zero: prepared, not yet in use. Magic
// and version keep their place in every version.
struct SegmentHeader {
  std::uint64_t magic = 0;
  std::uint32_t version = 0;
  std::uint32_t salt = 0;  // of the checksums in it
  std::uint64_t number = 0;
  std::uint64_t first_index = 0;  // of its first event
  std::int64_t created_ns = 0;    // when it came into use
  std::uint64_t size = 0;         // of the file
  std::uint64_t checksum = 0;     // of the fields from version on
};
static_assert(sizeof(SegmentHeader) == 56 && std::is_trivially_copyable_v<SegmentHeader>);

enum class WriterState : std::uint32_t { none = 0, open = 1, closed = 2 };

// Mapped by the writer and by every reader. Lines of 64 bytes by who writes them how often.
struct ControlPage {
  std::atomic<std::uint64_t> magic;
  std::atomic<std::uint32_t> version;
  std::atomic<std::uint32_t> state;           // WriterState
  std::atomic<std::uint64_t> active_segment;  // the number of the newest segment in use
  // A segment in the writer's memory while the disk is full: its number (0: none), and
  // process << 32 | descriptor, by which readers find it in /proc.
  std::atomic<std::uint64_t> spare_segment;
  std::atomic<std::uint64_t> spare_place;
  alignas(64) std::atomic<std::uint64_t> next_index;  // as of the last publish()
  // Writer::promise, in nanoseconds; 0, as in pages from before there was one: nothing is promised.
  std::atomic<std::int64_t> promised;
  // A reader that is about to sleep sets `waiting`; the writer takes it back and changes `wake`.
  alignas(64) std::atomic<std::uint32_t> waiting;
  std::atomic<std::uint32_t> wake;
  std::atomic<std::uint32_t> promise_waiting;  // the same for who waits for a promise
  std::atomic<std::uint32_t> promise_wake;
};
static_assert(sizeof(ControlPage) == 192);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

// Two slots in turn, so that a kill in the middle of a commit leaves the other one whole.
struct CursorSlot {
  std::atomic<std::uint64_t> generation;
  std::atomic<std::uint64_t> index;
  std::atomic<std::uint64_t> checksum;
};
struct CursorPage {
  std::atomic<std::uint64_t> magic;
  std::atomic<std::uint32_t> version;
  std::atomic<std::uint32_t> hold;  // 1: segments are kept until the cursor has passed them
  std::array<CursorSlot, 2> slots;
};
static_assert(sizeof(CursorPage) == 64);

}  // namespace mp::journal
