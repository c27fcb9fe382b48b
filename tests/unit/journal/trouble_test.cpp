// Files that somebody else put there, events that no segment takes, and what the writer says of it.
#include <algorithm>
#include <fstream>

#include "journal/format.hpp"
#include "journal/shards.hpp"
#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

void put(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::string segment_name(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(16 - std::min<std::size_t>(16, digits.size()), '0') + digits + ".segment";
}

TEST(JournalTrouble, stray_file_with_the_highest_number_ends_nothing) {
  const TempDir dir;
  append_numbered(*open_writer(small_config(dir.path())), 0, 2'000);
  const auto first = dir.path() / segment_name(1);
  std::filesystem::copy(first, dir.path() / "18446744073709551615.segment");
  std::filesystem::copy(first, dir.path() / "0000000000000000.segment");
  std::filesystem::copy(first, dir.path() / "00000000000000001.segment");  // a digit too many
  append_numbered(*open_writer(small_config(dir.path())), 2'000, 2'000);
  const auto reader = open_reader({.location = dir.path(), .name = {}, .from = From::oldest});
  EXPECT_EQ(read_numbered(*reader, 0, Next::closed), 4'000U);
}

TEST(JournalTrouble, number_without_room_behind_it_is_refused) {
  const TempDir dir;
  append_numbered(*open_writer(small_config(dir.path())), 0, 100);
  const auto stray = dir.path() / segment_name(kSegmentNumberMax);
  std::filesystem::copy(dir.path() / segment_name(1), stray);
  const auto refused = Writer::open(small_config(dir.path()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::data);
  EXPECT_NE(refused.error().message.find(stray.string()), std::string::npos);
  std::filesystem::remove(stray);
  EXPECT_EQ(open_writer(small_config(dir.path()))->next_index(), 100U);
}

// Whatever came to lie where the next segments would be.
TEST(JournalTrouble, nothing_is_written_over_a_file_with_the_next_number) {
  const TempDir dir;
  auto writer = open_writer(small_config(dir.path()));
  append_numbered(*writer, 0, 100);
  for (std::uint64_t number = 3; number < 8; ++number)
    put(dir.path() / segment_name(number), "somebody's");
  append_numbered(*writer, 100, 4'900);
  EXPECT_EQ(writer->counters().dropped, 0U);
  writer.reset();
  const auto reader = open_reader({.location = dir.path(), .name = {}, .from = From::oldest});
  std::uint64_t number = 0;
  for (Next next = reader->next(); next != Next::closed; next = reader->next()) {
    if (next == Next::corrupt) {
      EXPECT_NE(reader->problem().find("does not begin with its header"), std::string::npos);
      continue;
    }
    ASSERT_EQ(next, Next::event);
    ASSERT_TRUE(is_numbered(reader->event(), number++));
  }
  EXPECT_EQ(number, 5'000U);
  for (std::uint64_t one = 4; one < 8; ++one)
    EXPECT_EQ(std::filesystem::file_size(dir.path() / segment_name(one)), 10U) << one;
}

TEST(JournalTrouble, event_that_no_segment_takes_is_told_from_a_full_disk) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  const std::vector<Level> levels(4'000, Level(Price{{1, 0}}, Quantity{{1, 0}}));
  Event event;
  event.body = Book{.is_snapshot = true, .bids = levels, .asks = {}};
  const SubjectId subject = writer->subject("binance", "BTCUSDT", "BTC-USDT");
  EXPECT_EQ(writer->troubles().too_large, 0U);
  EXPECT_FALSE(writer->append(subject, event));
  EXPECT_FALSE(writer->append(subject, event));
  const auto troubles = writer->troubles();
  EXPECT_EQ(troubles.too_large, 2U);
  EXPECT_GT(troubles.too_large_bytes, 4'000 * sizeof(Level));
  EXPECT_EQ(troubles.refused, 0U);
  EXPECT_EQ(writer->counters().dropped, 2U);
  EXPECT_EQ(writer->room(), Room::as_configured);
}

TEST(JournalTrouble, shard_without_its_control_page_is_found) {
  const TempDir dir;
  for (const std::uint32_t number : {0U, 5U}) {
    const auto location = shard_location(dir.path(), number);
    append_numbered(*open_writer(small_config(location)), 0, 10);
    std::filesystem::remove(location / "control");
  }
  EXPECT_EQ(*shards_in(dir.path()), (std::vector<std::uint32_t>{0, 5}));
  EXPECT_EQ(open_writer(small_config(shard_location(dir.path(), 5)))->next_index(), 10U);
}

}  // namespace
}  // namespace mp::journal
