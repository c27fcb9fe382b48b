#include "journal/record.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

// A record in memory of its own, aligned as in a segment and exactly as long as it says.
struct Written {
  std::vector<std::uint64_t> words;
  std::size_t length = 0;

  [[nodiscard]] std::byte* data() { return reinterpret_cast<std::byte*>(words.data()); }
  [[nodiscard]] std::span<const std::byte> body() {
    return {data() + kRecordHeaderBytes, length - kRecordHeaderBytes};
  }
};

Written write(const Event& event, std::uint64_t fill = 0xEEEE'EEEE'EEEE'EEEE) {
  Written written;
  written.length = event_record_bytes(event.body);
  written.words.assign(written.length / 8, fill);
  write_event_record(written.data(), {7, 3, static_cast<std::uint32_t>(written.length), 99}, event);
  return written;
}

std::string round_trip(const Event& event) {
  Written written = write(event);
  Event copy;
  copy.ts_event = event.ts_event;
  copy.ts_recv = event.ts_recv;
  copy.seq = event.seq;
  // A body of another kind that is full of things, so that nothing absent is merely left over.
  EventMaker other(4711);
  copy.body = other.make(event.body.index()).body;
  EXPECT_TRUE(
      read_event_body(static_cast<std::uint8_t>(event.body.index()), written.body(), copy.body));
  return Describer::of(copy);
}

TEST(Record, keeps_random_events_of_every_kind_exactly) {
  EventMaker maker(1);
  for (int round = 0; round < 400; ++round) {
    for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
      const Event event = maker.make(channel);
      ASSERT_EQ(round_trip(event), Describer::of(event));
    }
  }
}

TEST(Record, keeps_long_texts_and_thousands_of_levels) {
  EventMaker maker(2);
  maker.text_max = 70'000;
  maker.levels_max = 5'000;
  for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
    const Event event = maker.make(channel);
    ASSERT_EQ(round_trip(event), Describer::of(event));
  }
  const std::vector<Level> levels(5'000, Level({{123456789, -2}}, {{-1, -36}}));
  Event event;
  event.body = Book{true, 1, {}, 3, {}, {}, {}, levels, levels};
  EXPECT_EQ(round_trip(event), Describer::of(event));
}

TEST(Record, views_point_into_the_record) {
  const std::vector<Level> levels(3, Level({{1, 0}}, {{2, 0}}));
  Event event;
  event.body = Book{true, {}, {}, {}, {}, {}, {}, levels, levels};
  Written written = write(event);
  Event::Body body;
  ASSERT_TRUE(read_event_body(static_cast<std::uint8_t>(Channel::book), written.body(), body));
  const auto* first = reinterpret_cast<const std::byte*>(std::get<Book>(body).bids.data());
  EXPECT_GE(first, written.data());
  EXPECT_LE(first + levels.size() * sizeof(Level), written.data() + written.length);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % alignof(Level), 0U);
}

// What stood in memory before must not shine through: equal events are equal bytes.
TEST(Record, writes_every_byte) {
  EventMaker maker(3);
  for (int round = 0; round < 500; ++round) {
    const Event event = maker.make();
    Written a = write(event, 0);
    Written b = write(event, ~std::uint64_t{0});
    a.words[0] = b.words[0] = 0;  // the commit word is written apart; the checksum is compared next
    ASSERT_EQ(a.words, b.words) << "channel " << event.body.index();
    ASSERT_EQ(record_checksum(a.data(), static_cast<std::uint32_t>(a.length), 5),
              record_checksum(b.data(), static_cast<std::uint32_t>(b.length), 5));
  }
}

TEST(Record, checksum_sees_every_byte_and_the_place) {
  EventMaker maker(4);
  Written written = write(maker.make(static_cast<std::size_t>(Channel::ticker)));
  const auto length = static_cast<std::uint32_t>(written.length);
  const std::uint32_t right = record_checksum(written.data(), length, 5);
  EXPECT_NE(right, record_checksum(written.data(), length, 6));
  for (std::size_t at = 8; at < written.length; ++at) {
    written.data()[at] ^= std::byte{1};
    EXPECT_NE(right, record_checksum(written.data(), length, 5)) << at;
    written.data()[at] ^= std::byte{1};
  }
}

TEST(Record, refuses_numbers_that_no_enumeration_or_decimal_has) {
  Event event;
  event.body = MarkPrice{{{5, -1}}};
  Written written = write(event);
  Event::Body body;
  const auto kind = static_cast<std::uint8_t>(Channel::mark_price);
  ASSERT_TRUE(read_event_body(kind, written.body(), body));
  written.data()[kRecordHeaderBytes + 8] = std::byte{100};  // the exponent
  EXPECT_FALSE(read_event_body(kind, written.body(), body));
  written.data()[kRecordHeaderBytes + 8] = std::byte{1};
  ASSERT_TRUE(read_event_body(kind, written.body(), body));
  written.data()[kRecordHeaderBytes + 9] = std::byte{kDecimalZerosMax + 1};
  EXPECT_FALSE(read_event_body(kind, written.body(), body));
  EXPECT_FALSE(read_event_body(kChannelCount, written.body(), body));
  EXPECT_FALSE(read_event_body(kDefinitionKind, written.body(), body));
}

// Whatever the bytes are, decoding stays inside them (the sanitizer watches) and gives an event
// whose fields are in range, or refuses.
TEST(Record, survives_any_damage) {
  EventMaker maker(5);
  int refused = 0;
  for (int round = 0; round < 3'000; ++round) {
    const Event event = maker.make();
    Written written = write(event);
    const std::size_t flips = 1 + maker.below(4);
    for (std::size_t flip = 0; flip < flips; ++flip)
      written.data()[kRecordHeaderBytes + maker.below(written.length - kRecordHeaderBytes)] ^=
          static_cast<std::byte>(1U << maker.below(8));
    const std::size_t words = written.body().size() / 8;
    const std::size_t kept = maker.below(2) == 0 ? words : maker.below(words + 1);
    const std::vector<std::uint64_t> copy(
        written.words.begin() + kRecordHeaderBytes / 8,
        written.words.begin() + kRecordHeaderBytes / 8 + static_cast<std::ptrdiff_t>(kept));
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(copy.data()),
                                           kept * 8);
    Event decoded;
    if (read_event_body(static_cast<std::uint8_t>(event.body.index()), bytes, decoded.body)) {
      EXPECT_FALSE(Describer::of(decoded).empty());
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

TEST(Record, keeps_definitions) {
  const Definition definition{"okx",
                              "BTC-USDT-SWAP",
                              "BTC-USDT-PERP",
                              {InstrumentKind::perpetual, Price{{1, -1, 4}}, std::nullopt, {}}};
  std::vector<std::uint64_t> words(definition_record_bytes(definition) / 8);
  auto* data = reinterpret_cast<std::byte*>(words.data());
  write_definition_record(data, {1, 2, static_cast<std::uint32_t>(words.size() * 8), 3},
                          definition);
  Definition copy;
  ASSERT_TRUE(
      read_definition({data + kRecordHeaderBytes, words.size() * 8 - kRecordHeaderBytes}, copy));
  EXPECT_EQ(copy.venue, definition.venue);
  EXPECT_EQ(copy.symbol, definition.symbol);
  EXPECT_EQ(copy.instrument, definition.instrument);
  EXPECT_EQ(copy.facts, definition.facts);
  EXPECT_EQ(to_string(copy.facts.tick_size.value().decimal), "0.10000");
}

}  // namespace
}  // namespace mp::journal
