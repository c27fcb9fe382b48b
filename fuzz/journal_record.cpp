// Decoding of journal records from any bytes: it stays inside them, and what it accepts is written
// back to the same record.
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/assert.hpp"
#include "journal/record.hpp"
#include "journal/segment.hpp"

namespace {

using namespace mp;
using namespace mp::journal;

// The first byte is the kind, the rest a body.
void fuzz_body(std::uint8_t kind, std::span<const std::byte> body) {
  Definition definition;
  if (read_definition(body, definition)) {
    const std::size_t size = definition_record_bytes(definition);
    MP_ASSERT(size == kRecordHeaderBytes + body.size());
    std::vector<std::uint64_t> words(size / sizeof(std::uint64_t));
    auto* const at = reinterpret_cast<std::byte*>(words.data());
    write_definition_record(at, {0, 0, static_cast<std::uint32_t>(size), 0}, definition);
    Definition same;
    MP_ASSERT(read_definition({at + kRecordHeaderBytes, body.size()}, same));
    MP_ASSERT(same.symbol == definition.symbol && same.facts == definition.facts);
  }
  Event event;
  const auto channel = static_cast<std::uint8_t>(kind % kChannelCount);
  if (!read_event_body(channel, body, event.body)) return;
  const std::size_t length = event_record_bytes(event.body);
  std::vector<std::uint64_t> again(length / sizeof(std::uint64_t));
  auto* const data = reinterpret_cast<std::byte*>(again.data());
  write_event_record(data, {0, 0, static_cast<std::uint32_t>(length), 0}, event);
  // What was accepted can be written and read again.
  Event copy;
  MP_ASSERT(read_event_body(channel, {data + kRecordHeaderBytes, length - kRecordHeaderBytes},
                            copy.body));
  MP_ASSERT(event_record_bytes(copy.body) == length);
}

// All bytes as the records of a segment.
void fuzz_segment(std::span<const std::byte> all) {
  const RecordBytes bytes{all.data(), all.size(), 0};
  std::size_t offset = 0;
  RecordHeader header;
  while (offset < bytes.limit) {
    if (look_at(bytes, offset, header) == Found::record) {
      Event event;
      static_cast<void>(
          read_event_body(kind_of(header), body_of(bytes, offset, header), event.body));
      offset += header.length;
    } else {
      const std::size_t next = find_record(bytes, offset + kRecordAlign, 0);
      MP_ASSERT(next > offset);
      offset = next;
    }
  }
  static_cast<void>(read_segment_header(all));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > (std::size_t{1} << 16U)) return 0;
  std::vector<std::uint64_t> words((size - 1) / sizeof(std::uint64_t));  // as aligned as a segment
  const std::size_t bytes = words.size() * sizeof(std::uint64_t);
  if (bytes > 0) std::memcpy(words.data(), data + 1, bytes);
  const std::span<const std::byte> aligned(reinterpret_cast<const std::byte*>(words.data()), bytes);
  fuzz_body(data[0], aligned);
  fuzz_segment(aligned);
  return 0;
}
