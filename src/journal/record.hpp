// L2. The record codec: an event, or the definition of a subject, as flat bytes in a segment.
// Fields of fixed size stand first, in the order of Body::fields; texts and levels follow them, so
// that a reader's views point into the segment. Layout: ARCHITECTURE.md, "The journal".
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include "core/event.hpp"
#include "core/instrument.hpp"

namespace mp::journal {

static_assert(std::endian::native == std::endian::little, "segments are little-endian");

// Starts every record, on a multiple of 8. The length counts the whole record; it is the commit
// word, written last. The checksum covers all bytes behind it.
struct RecordHeader {
  std::uint32_t length;
  std::uint32_t checksum;
  std::uint32_t kind_and_subject;  // the kind in the upper 8 bits
  std::uint32_t ordinal;           // events of this segment that stand before this record
  std::uint64_t seq;
  std::int64_t ts_event;  // kNoTime: absent
  std::int64_t ts_recv;
};
static_assert(sizeof(RecordHeader) == 40 && std::is_trivially_copyable_v<RecordHeader>);

inline constexpr std::size_t kRecordHeaderBytes = sizeof(RecordHeader);
inline constexpr std::size_t kRecordAlign = 8;
inline constexpr std::uint32_t kSealed = 0xFFFF'FFFF;  // in place of a length: nothing follows
inline constexpr std::uint32_t kHole = 1;              // in place of a length: bytes were lost here
inline constexpr std::uint8_t kDefinitionKind = 0x80;  // below it: the Channel of an event
inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();
inline constexpr std::uint32_t kSubjectsMax = std::uint32_t{1} << 20U;  // of one journal

[[nodiscard]] constexpr std::size_t align_record(std::size_t bytes) {
  return (bytes + (kRecordAlign - 1)) & ~(kRecordAlign - 1);
}

// What a definition record says of a subject.
struct Definition {
  std::string_view venue;
  std::string_view symbol;
  std::string_view instrument;
  InstrumentFacts facts{};
};

// What a record carries beside its event. The seed ties the checksum to the place of the record, so
// that bytes of another place or segment never look like a record of this one.
struct RecordPlace {
  std::uint32_t subject = 0;
  std::uint32_t ordinal = 0;
  std::uint32_t length = 0;  // as event_record_bytes() or definition_record_bytes() told
  std::uint32_t seed = 0;
};

[[nodiscard]] std::size_t event_record_bytes(const Event::Body& body);
[[nodiscard]] std::size_t definition_record_bytes(const Definition& definition);

// Write all of a record but its commit word. `at` is aligned to 8 and has place.length bytes.
void write_event_record(std::byte* at, const RecordPlace& place, const Event& event);
void write_definition_record(std::byte* at, const RecordPlace& place, const Definition& definition);

[[nodiscard]] std::uint32_t record_checksum(const std::byte* at, std::uint32_t length,
                                            std::uint32_t seed);

// Decode the bytes behind a record's header (aligned to 8) without trusting them; false when they
// are not what the kind promises. Texts and levels become views into `bytes`.
[[nodiscard]] bool read_event_body(std::uint8_t kind, std::span<const std::byte> bytes,
                                   Event::Body& body);
[[nodiscard]] bool read_definition(std::span<const std::byte> bytes, Definition& definition);

// The commit word, as writer and readers share it.
inline void commit_record(std::byte* at, std::uint32_t word) {
  std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(at))
      .store(word, std::memory_order_release);
}
[[nodiscard]] inline std::uint32_t commit_word(const std::byte* at) {
  // atomic_ref of C++20 takes no const; loading does not write.
  auto* word = reinterpret_cast<std::uint32_t*>(const_cast<std::byte*>(at));
  return std::atomic_ref<std::uint32_t>(*word).load(std::memory_order_acquire);
}

}  // namespace mp::journal
