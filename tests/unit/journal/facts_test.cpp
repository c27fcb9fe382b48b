// What a journal tells of the instruments of its events.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "journal/merged_reader.hpp"
#include "journal/segment.hpp"
#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

const InstrumentFacts kPerpetual = {.kind = InstrumentKind::perpetual,
                                    .tick_size = Price{{10, -2, 3}},  // "0.10000"
                                    .lot_size = Quantity{{1, 18}},
                                    .contract_size = Quantity{{-1, -36, kDecimalZerosMax}}};

// All digits, also those that the numerical comparison does not see.
std::string described(const InstrumentFacts& facts) {
  std::string text;
  const auto add = [&](std::string_view name, const auto& fact) {
    text.append(name).append("=");
    if constexpr (std::is_same_v<decltype(fact), const std::optional<InstrumentKind>&>) {
      text.append(fact ? name_of(*fact) : "-");
    } else {
      text.append(fact ? to_string(fact->decimal) : "-");
    }
    text.append(" ");
  };
  InstrumentFacts::fields(facts, add);
  return text;
}

class JournalFacts : public ::testing::Test {
 protected:
  void reopen() {
    writer_.reset();
    writer_ = open_writer(small_config(dir_.path()));
  }
  void append(const InstrumentFacts& facts = {}, std::string_view symbol = "BTC-USDT-SWAP") {
    ASSERT_TRUE(writer_->append(writer_->subject("okx", symbol, "", facts), events_(number_++)));
  }
  void expect_next(Reader& reader, const InstrumentFacts& facts) {
    ASSERT_EQ(reader.next(), Next::event) << reader.problem();
    EXPECT_EQ(described(reader.facts()), described(facts)) << reader.index();
  }
  [[nodiscard]] std::unique_ptr<Reader> read(std::string name = {}) const {
    return open_reader({.location = dir_.path(), .name = std::move(name)});
  }
  [[nodiscard]] std::filesystem::path segment(int number) const {
    return dir_.path() / ("000000000000000" + std::to_string(number) + ".segment");
  }
  // Where the definitions of the first segment stand.
  [[nodiscard]] std::vector<std::size_t> definitions() const {
    std::ifstream file(segment(1), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::size_t> found;
    RecordHeader header{};
    for (std::size_t at = kSegmentHeaderBytes; at + sizeof header <= text.size();) {
      std::memcpy(&header, text.data() + at, sizeof header);
      if (header.length == 0 || header.length == kSealed) break;
      if (kind_of(header) == kDefinitionKind) found.push_back(at);
      at += header.length;
    }
    return found;
  }

  const TempDir dir_;
  std::unique_ptr<Writer> writer_ = open_writer(small_config(dir_.path()));
  NumberedEvents events_;
  std::uint64_t number_ = 0;
};

TEST_F(JournalFacts, are_absent_where_nobody_told_any) {
  const auto reader = read();
  EXPECT_EQ(reader->facts(), InstrumentFacts{});  // before the first event
  append();
  append(kPerpetual, "another");
  expect_next(*reader, {});
  expect_next(*reader, kPerpetual);
  EXPECT_EQ(reader->next(), Next::idle);
}

TEST_F(JournalFacts, survive_reopening_to_the_last_digit) {
  append(kPerpetual);
  reopen();
  append();
  reopen();
  append(kPerpetual);
  const auto reader = read();
  for (int number = 0; number < 3; ++number) expect_next(*reader, kPerpetual);
  EXPECT_EQ(definitions().size(), 1U);  // nothing new was said
}

TEST_F(JournalFacts, change_in_the_middle_of_a_segment_for_later_events_alone) {
  InstrumentFacts finer = kPerpetual;
  finer.tick_size = Price{{1, -2}};
  append(kPerpetual);
  const auto follower = read();
  expect_next(*follower, kPerpetual);
  append({.kind = {}, .tick_size = finer.tick_size, .lot_size = {}, .contract_size = {}});
  append(finer);
  EXPECT_EQ(definitions().size(), 2U);
  expect_next(*follower, finer);
  expect_next(*follower, finer);

  auto named = read("cursor");
  expect_next(*named, kPerpetual);
  expect_next(*named, finer);
  named->commit(2);
  named = nullptr;
  named = read("cursor");
  expect_next(*named, finer);
  reopen();
  append();
  expect_next(*named, finer);
  expect_next(*follower, finer);
}

TEST_F(JournalFacts, become_known_one_by_one) {
  InstrumentFacts known;
  const auto reader = read();
  const auto tell = [&](const InstrumentFacts& news) {
    append(news);
    update(known, news);
    expect_next(*reader, known);
  };
  tell({});
  tell({.kind = InstrumentKind::future, .tick_size = {}, .lot_size = {}, .contract_size = {}});
  tell({.kind = {}, .tick_size = Price{{5, -1}}, .lot_size = {}, .contract_size = {}});
  tell({.kind = {}, .tick_size = {}, .lot_size = Quantity{{1, 0}}, .contract_size = {}});
  tell({.kind = {}, .tick_size = {}, .lot_size = {}, .contract_size = Quantity{{100, 0}}});
  EXPECT_EQ(definitions().size(), 5U);
  EXPECT_EQ(described(known), "kind=future tick_size=0.5 lot_size=1 contract_size=100 ");
}

TEST_F(JournalFacts, begin_every_segment) {
  append(kPerpetual);
  const SubjectId subject = writer_->subject("okx", "BTC-USDT-SWAP", "");
  while (!std::filesystem::exists(segment(4))) {
    ASSERT_LT(number_, 20'000U);
    ASSERT_TRUE(writer_->append(subject, events_(number_++)));
  }
  const TempDir other;
  std::filesystem::copy(segment(3), other.path() / segment(3).filename());
  const auto alone = open_reader({.location = other.path(), .name = {}});
  expect_next(*alone, kPerpetual);
  EXPECT_GT(alone->index(), 0U);
  const auto reader = read();
  for (std::uint64_t number = 0; number < number_; ++number) expect_next(*reader, kPerpetual);
}

TEST_F(JournalFacts, stay_as_they_were_when_the_newer_definition_is_damaged) {
  append({.kind = InstrumentKind::spot, .tick_size = {}, .lot_size = {}, .contract_size = {}});
  append(kPerpetual);
  const auto at = definitions().back();
  writer_.reset();
  std::fstream file(segment(1), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at + kRecordHeaderBytes + 3));
  file.put('\x55');
  file.close();
  const auto reader = read();
  ASSERT_EQ(reader->next(), Next::event);
  ASSERT_EQ(reader->next(), Next::corrupt);
  EXPECT_EQ(reader->lost_count(), 0U);
  ASSERT_EQ(reader->next(), Next::event);
  EXPECT_EQ(reader->facts().kind, InstrumentKind::spot);
  EXPECT_EQ(reader->facts().tick_size, std::nullopt);
}

TEST_F(JournalFacts, of_several_journals_are_those_of_each) {
  const TempDir other;
  const auto second = open_writer(small_config(other.path()));
  InstrumentFacts spot;
  spot.kind = InstrumentKind::spot;
  Event event;
  event.body = MarkPrice{{{1, 0}}};
  for (std::int64_t time = 1; time <= 6; ++time) {
    event.ts_recv = from_nanoseconds(time);
    Writer& writer = time % 2 == 0 ? *second : *writer_;
    const auto& facts = time % 2 == 0 ? spot : kPerpetual;
    ASSERT_TRUE(writer.append(writer.subject("okx", "BTC-USDT-SWAP", "", facts), event));
  }
  auto merged = open_merged({.locations = {dir_.path(), other.path()}});
  ASSERT_TRUE(merged) << merged.error().message;
  for (int time = 1; time <= 6; ++time) expect_next(**merged, time % 2 == 0 ? spot : kPerpetual);
}

}  // namespace
}  // namespace mp::journal
