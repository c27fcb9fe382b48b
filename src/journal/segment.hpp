// L2. One segment: its header page, and finding whole records in its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "journal/format.hpp"
#include "journal/os.hpp"
#include "journal/record.hpp"

namespace mp::journal {

// A segment that this process has mapped.
struct Segment {
  std::uint64_t number = 0;
  Fd fd;
  Mapping bytes;
  bool in_memory = false;  // a spare one, see keeper.hpp
};

enum class HeaderState : std::uint8_t { valid, blank, damaged, other_version, unread };
struct HeaderReading {
  HeaderState state = HeaderState::damaged;
  SegmentHeader header;
  int code = 0;  // of `unread`: why the system could not read it now
};

// `page` has at least kSegmentHeaderBytes, else the header is damaged.
[[nodiscard]] HeaderReading read_segment_header(std::span<const std::byte> page);
[[nodiscard]] HeaderReading read_segment_header(const Fd& fd);

// Puts the segment into use: after this, readers take it as the newest one.
void write_segment_header(std::byte* page, SegmentHeader header);

// The bytes of a segment in which records lie, as one walks them.
struct RecordBytes {
  const std::byte* base = nullptr;
  std::size_t limit = 0;  // of the bytes that may be read
  std::uint32_t salt = 0;

  [[nodiscard]] std::uint32_t seed(std::size_t offset) const {
    return salt ^ static_cast<std::uint32_t>(offset);
  }
};

enum class Found : std::uint8_t {
  record,   // a whole one
  nothing,  // not written yet
  sealed,   // the end, the next segment goes on
  end,      // the bytes end here
  damaged,
};

// What stands at `offset`, a multiple of 8.
[[nodiscard]] inline Found look_at(const RecordBytes& bytes, std::size_t offset,
                                   RecordHeader& header);

// The first whole record at or behind `offset` whose ordinal is at least `ordinal`: where reading
// can go on behind damage. bytes.limit where there is none.
[[nodiscard]] std::size_t find_record(const RecordBytes& bytes, std::size_t offset,
                                      std::uint32_t ordinal);

[[nodiscard]] inline std::uint8_t kind_of(const RecordHeader& header) {
  return static_cast<std::uint8_t>(header.kind_and_subject >> 24U);
}
[[nodiscard]] inline std::uint32_t subject_of(const RecordHeader& header) {
  return header.kind_and_subject & 0x00FF'FFFFU;
}
[[nodiscard]] inline std::span<const std::byte> body_of(const RecordBytes& bytes,
                                                        std::size_t offset,
                                                        const RecordHeader& header) {
  return {bytes.base + offset + kRecordHeaderBytes, header.length - kRecordHeaderBytes};
}

inline Found look_at(const RecordBytes& bytes, std::size_t offset, RecordHeader& header) {
  if (offset + kRecordAlign > bytes.limit) return Found::end;
  const std::byte* const at = bytes.base + offset;
  const std::uint32_t length = commit_word(at);
  if (length == 0) return Found::nothing;
  if (length == kSealed) return Found::sealed;
  if (length < kRecordHeaderBytes || length % kRecordAlign != 0 || length > bytes.limit - offset)
    return Found::damaged;
  __builtin_memcpy(&header, at, sizeof header);
  header.length = length;
  return header.checksum == record_checksum(at, length, bytes.seed(offset)) ? Found::record
                                                                            : Found::damaged;
}

}  // namespace mp::journal
