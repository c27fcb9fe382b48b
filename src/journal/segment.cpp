#include "journal/segment.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace mp::journal {
namespace {

std::uint64_t checksum_of(const SegmentHeader& header) {
  std::array<std::byte, sizeof header> bytes{};
  std::memcpy(bytes.data(), &header, sizeof header);
  constexpr std::size_t kFrom = offsetof(SegmentHeader, version);
  return XXH3_64bits(bytes.data() + kFrom, offsetof(SegmentHeader, checksum) - kFrom);
}

// The magic goes last: until then the copy does not exist for readers.
void publish_header(std::byte* at, const SegmentHeader& header) {
  std::memcpy(at + sizeof header.magic,
              reinterpret_cast<const std::byte*>(&header) + sizeof header.magic,
              sizeof header - sizeof header.magic);
  std::atomic_ref<std::uint64_t>(*reinterpret_cast<std::uint64_t*>(at))
      .store(header.magic, std::memory_order_release);
}

SegmentHeader load_header(const std::byte* at) {
  SegmentHeader header;
  auto* magic = reinterpret_cast<std::uint64_t*>(const_cast<std::byte*>(at));
  header.magic = std::atomic_ref<std::uint64_t>(*magic).load(std::memory_order_acquire);
  std::memcpy(reinterpret_cast<std::byte*>(&header) + sizeof header.magic, at + sizeof header.magic,
              sizeof header - sizeof header.magic);
  return header;
}

}  // namespace

HeaderReading read_segment_header(std::span<const std::byte> page) {
  if (page.size() < kSegmentHeaderBytes) return {};
  bool blank = true;
  bool other_version = false;
  SegmentHeader seen;
  for (const std::size_t at : {std::size_t{0}, std::size_t{kHeaderCopyAt}}) {
    const SegmentHeader header = load_header(page.data() + at);
    if (header.magic == kSegmentMagic && header.version == kFormatVersion &&
        header.checksum == checksum_of(header) && header.size >= kSegmentHeaderBytes) {
      return {HeaderState::valid, header, 0};
    }
    if (header.magic != 0) blank = false;
    if (header.magic == kSegmentMagic && header.version != kFormatVersion) {
      // Damage rarely hits both copies; another version has both.
      other_version = at == 0 || (other_version && seen.version == header.version);
      seen = header;
    } else {
      other_version = false;
    }
  }
  if (other_version) return {HeaderState::other_version, seen, 0};
  return {blank ? HeaderState::blank : HeaderState::damaged, {}, 0};
}

HeaderReading read_segment_header(const Fd& fd) {
  alignas(std::uint64_t) std::array<std::byte, kSegmentHeaderBytes> page{};
  const Done done = read_at(fd, page, 0);
  if (done.code != 0 && !means_wrong_file(done.code)) return {HeaderState::unread, {}, done.code};
  return read_segment_header(std::span<const std::byte>(page).first(done.bytes));
}

void write_segment_header(std::byte* page, SegmentHeader header) {
  header.magic = kSegmentMagic;
  header.version = kFormatVersion;
  header.checksum = checksum_of(header);
  publish_header(page + kHeaderCopyAt, header);
  publish_header(page, header);
}

std::size_t find_record(const RecordBytes& bytes, std::size_t offset, std::uint32_t ordinal) {
  // More events than this cannot lie in the segment: a cheap test before the checksum.
  const std::size_t ordinal_max = bytes.limit / kRecordHeaderBytes;
  for (; offset + kRecordHeaderBytes <= bytes.limit; offset += kRecordAlign) {
    RecordHeader header;
    std::memcpy(&header, bytes.base + offset, sizeof header);
    if (header.length == 0 || header.ordinal < ordinal || header.ordinal > ordinal_max) continue;
    const std::uint8_t kind = kind_of(header);
    if (kind >= kChannelCount && kind != kDefinitionKind) continue;
    if (look_at(bytes, offset, header) == Found::record) return offset;
  }
  return bytes.limit;
}

}  // namespace mp::journal
