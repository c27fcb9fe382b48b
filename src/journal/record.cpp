#include "journal/record.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>
#include <utility>

#include "core/assert.hpp"
#include "journal/body_codec.hpp"

namespace mp::journal {
namespace {

struct DefinitionFields : Definition {
  static void fields(auto& self, auto&& visit) {
    visit("venue", self.venue);
    visit("symbol", self.symbol);
    visit("instrument", self.instrument);
    InstrumentFacts::fields(self.facts, visit);
  }
};

template <class Body>
std::size_t record_bytes(const Body& body) {
  BodySize size;
  Body::fields(body, size);
  return kRecordHeaderBytes + size.total();
}

template <class Body>
void write_body(const Body& body, std::byte* at) {
  BodySize size;
  Body::fields(body, size);
  const std::size_t fixed = align_record(size.fixed);
  std::memset(at + fixed - kRecordAlign, 0, kRecordAlign);
  BodyWriter writer(at, at + fixed);
  Body::fields(body, writer);
  writer.finish();
}

template <class Body>
bool read_body(std::span<const std::byte> bytes, Body& body) {
  const Body absent{};
  BodySize size;
  Body::fields(absent, size);
  const std::size_t fixed = align_record(size.fixed);
  if (bytes.size() < fixed) return false;
  BodyReader reader(bytes.data(), bytes.data() + fixed, bytes.data() + bytes.size());
  Body::fields(body, reader);
  return reader.ok() &&
         align_record(static_cast<std::size_t>(reader.tail() - bytes.data())) == bytes.size();
}

template <class Body>
bool read_alternative(std::span<const std::byte> bytes, Event::Body& body) {
  Body* alternative = std::get_if<Body>(&body);
  if (alternative == nullptr) alternative = &body.emplace<Body>();
  return read_body(bytes, *alternative);
}

using ReadFunction = bool (*)(std::span<const std::byte>, Event::Body&);
constexpr auto kReaders = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<ReadFunction, sizeof...(I)>{
      &read_alternative<std::variant_alternative_t<I, Event::Body>>...};
}(std::make_index_sequence<kChannelCount>{});

void write_header(std::byte* at, const RecordPlace& place, RecordHeader header) {
  // The commit word and the checksum are written apart.
  constexpr std::size_t kSkipped = offsetof(RecordHeader, kind_and_subject);
  header.kind_and_subject |= place.subject;
  header.ordinal = place.ordinal;
  std::memcpy(at + kSkipped, reinterpret_cast<const std::byte*>(&header) + kSkipped,
              sizeof header - kSkipped);
}

void write_checksum(std::byte* at, const RecordPlace& place) {
  const std::uint32_t checksum = record_checksum(at, place.length, place.seed);
  std::memcpy(at + offsetof(RecordHeader, checksum), &checksum, sizeof checksum);
}

constexpr std::uint32_t kind_bits(std::size_t kind) {
  return static_cast<std::uint32_t>(kind) << 24U;
}

}  // namespace

std::size_t event_record_bytes(const Event::Body& body) {
  return std::visit([](const auto& alternative) { return record_bytes(alternative); }, body);
}

std::size_t definition_record_bytes(const Definition& definition) {
  return record_bytes(DefinitionFields{definition});
}

void write_event_record(std::byte* at, const RecordPlace& place, const Event& event) {
  MP_ASSERT(place.subject < kSubjectsMax);
  write_header(at, place,
               {.length = 0,
                .checksum = 0,
                .kind_and_subject = kind_bits(event.body.index()),
                .ordinal = 0,
                .seq = event.seq,
                .ts_event = event.ts_event ? to_nanoseconds(*event.ts_event) : kNoTime,
                .ts_recv = to_nanoseconds(event.ts_recv)});
  std::visit([at](const auto& body) { write_body(body, at + kRecordHeaderBytes); }, event.body);
  write_checksum(at, place);
}

void write_definition_record(std::byte* at, const RecordPlace& place,
                             const Definition& definition) {
  MP_ASSERT(place.subject < kSubjectsMax);
  write_header(at, place,
               {.length = 0,
                .checksum = 0,
                .kind_and_subject = kind_bits(kDefinitionKind),
                .ordinal = 0,
                .seq = 0,
                .ts_event = kNoTime,
                .ts_recv = 0});
  write_body(DefinitionFields{definition}, at + kRecordHeaderBytes);
  write_checksum(at, place);
}

std::uint32_t record_checksum(const std::byte* at, std::uint32_t length, std::uint32_t seed) {
  constexpr std::size_t kSkipped = offsetof(RecordHeader, kind_and_subject);
  const std::uint64_t hash = XXH3_64bits(at + kSkipped, length - kSkipped);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U)) ^ seed ^ length;
}

bool read_event_body(std::uint8_t kind, std::span<const std::byte> bytes, Event::Body& body) {
  return kind < kReaders.size() && kReaders[kind](bytes, body);
}

bool read_definition(std::span<const std::byte> bytes, Definition& definition) {
  DefinitionFields fields;
  if (!read_body(bytes, fields)) return false;
  definition = fields;
  return true;
}

}  // namespace mp::journal
