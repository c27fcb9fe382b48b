// What a journal makes of files that were cut, flipped, zeroed, copied or come from elsewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "journal/format.hpp"
#include "journal/record.hpp"
#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

std::filesystem::path segment_path(const std::filesystem::path& dir, int number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 16 - digits.size(), '0');
  return dir / (digits + ".segment");
}

std::string load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void store(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The offsets at which records begin, and behind the last one.
std::vector<std::size_t> record_offsets(const std::string& bytes) {
  std::vector<std::size_t> offsets = {kSegmentHeaderBytes};
  while (offsets.back() + 8 <= bytes.size()) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + offsets.back(), sizeof length);
    if (length == 0 || length == kSealed) break;
    offsets.push_back(offsets.back() + length);
  }
  return offsets;
}

// What a reader sees of a journal, until it is idle or closed.
struct Seen {
  std::vector<std::uint64_t> events;  // numbers, each checked to the last digit
  std::uint64_t lost = 0;
  std::uint64_t corrupt = 0;
  std::string problem;
};
Seen read_all(const std::filesystem::path& dir) {
  Seen seen;
  const auto reader = open_reader({.location = dir, .name = {}, .from = From::oldest});
  for (int step = 0; reader && step < 100'000; ++step) {
    const Next next = reader->next();
    if (next == Next::idle || next == Next::closed) return seen;
    if (next == Next::event) {
      seen.events.push_back(reader->index());
      EXPECT_TRUE(is_numbered(reader->event(), reader->index()));
      continue;
    }
    seen.lost += reader->lost_count();
    if (next == Next::corrupt) {
      ++seen.corrupt;
      seen.problem = reader->problem();
    }
  }
  ADD_FAILURE() << "the reader came to no end";
  return seen;
}

bool ascending(const std::vector<std::uint64_t>& numbers) {
  return std::ranges::adjacent_find(numbers, std::greater_equal<>()) == numbers.end();
}

// The files of a journal of `count` numbered events, to be damaged again and again.
class JournalDamage : public ::testing::Test {
 protected:
  void write(std::uint64_t count) {
    const auto writer = open_writer(small_config(dir_.path()));
    append_numbered(*writer, 0, count);
  }
  // Events in the segments before `number`.
  static std::uint64_t first_index(const std::string& bytes) {
    SegmentHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return header.first_index;
  }

  TempDir dir_;
};

// A writer is killed, or the power fails, in the middle of a record: whatever part of it is there,
// all whole records before it stay, and writing goes on behind them.
TEST_F(JournalDamage, a_torn_tail_is_cut_wherever_it_is_torn) {
  write(200);
  const auto path = segment_path(dir_.path(), 1);
  const std::string whole = load(path);
  const auto offsets = record_offsets(whole);
  const std::size_t last = offsets[offsets.size() - 2];
  for (std::size_t cut = last; cut < offsets.back(); ++cut) {
    std::string torn = whole;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(cut), torn.end(), '\0');
    store(path, torn);
    std::filesystem::remove(dir_.path() / "control");  // what it published may be lost, too
    {
      const auto writer = open_writer(small_config(dir_.path()));
      // Cut inside the zero padding, nothing is torn.
      ASSERT_TRUE(writer->next_index() == 199 || torn == whole) << cut;
      append_numbered(*writer, writer->next_index(), 50);
    }
    const Seen seen = read_all(dir_.path());
    ASSERT_GE(seen.events.size(), 249U) << cut;
    ASSERT_EQ(seen.corrupt + seen.lost, 0U) << cut << seen.problem;
  }
}

TEST_F(JournalDamage, garbage_behind_the_last_record_is_cut) {
  write(200);
  const auto path = segment_path(dir_.path(), 1);
  const std::string whole = load(path);
  const std::size_t end = record_offsets(whole).back();
  std::mt19937_64 random(7);
  for (int round = 0; round < 100; ++round) {
    std::string torn = whole;
    const std::size_t from = end + 8 * (random() % 20);
    for (std::size_t at = from; at < std::min(torn.size(), from + random() % 3'000); ++at)
      torn[at] = static_cast<char>(random());
    store(path, torn);
    std::filesystem::remove(dir_.path() / "control");
    {
      const auto writer = open_writer(small_config(dir_.path()));
      ASSERT_EQ(writer->next_index(), 200U);
      append_numbered(*writer, 200, 50);
    }
    const Seen seen = read_all(dir_.path());
    ASSERT_EQ(seen.events.size(), 250U);
    ASSERT_EQ(seen.corrupt, 0U) << seen.problem;
  }
}

// The last published index is known, so a tail that never reached the disk is counted.
TEST_F(JournalDamage, a_tail_that_was_published_and_lost_is_counted) {
  write(200);
  const auto path = segment_path(dir_.path(), 1);
  std::string bytes = load(path);
  const auto offsets = record_offsets(bytes);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(offsets[101]), bytes.end(), '\0');
  store(path, bytes);  // offset 0 is the definition: events 0 .. 99 are left
  EXPECT_EQ(read_all(dir_.path()).lost, 100U);
  {
    const auto writer = open_writer(small_config(dir_.path()));
    ASSERT_EQ(writer->next_index(), 200U);
    append_numbered(*writer, 200, 50);
  }
  const Seen seen = read_all(dir_.path());
  EXPECT_EQ(seen.events.size(), 150U);
  EXPECT_EQ(seen.lost, 100U);
}

// One bit anywhere in the records of an earlier segment: at most the record that it hits is lost,
// and that is said.
TEST_F(JournalDamage, a_flipped_bit_costs_one_record) {
  write(3'000);
  const auto path = segment_path(dir_.path(), 2);
  const std::string whole = load(path);
  const auto offsets = record_offsets(whole);
  std::mt19937_64 random(8);
  for (int round = 0; round < 150; ++round) {
    std::string damaged = whole;
    const std::size_t at = offsets[1] + random() % (offsets.back() - offsets[1]);
    damaged[at] = static_cast<char>(damaged[at] ^ static_cast<char>(1U << (random() % 8)));
    store(path, damaged);
    const Seen seen = read_all(dir_.path());
    ASSERT_EQ(seen.corrupt, 1U) << at;
    ASSERT_EQ(seen.lost, 1U) << at << " " << seen.problem;
    ASSERT_EQ(seen.events.size(), 2'999U) << at;
    ASSERT_TRUE(ascending(seen.events));
    ASSERT_NE(seen.problem.find(path.string()), std::string::npos);
    ASSERT_NE(seen.problem.find("byte"), std::string::npos);
  }
}

TEST_F(JournalDamage, a_zeroed_or_scrambled_page_is_skipped_and_counted) {
  write(3'000);
  std::mt19937_64 random(9);
  for (int round = 0; round < 40; ++round) {
    const auto path = segment_path(dir_.path(), 1 + round % 3);
    const std::string whole = load(path);
    const std::size_t end = record_offsets(whole).back();
    ASSERT_GT(end, 3 * kPageBytes);
    std::string damaged = whole;
    const std::size_t page = kPageBytes * (1 + random() % (end / kPageBytes - 2));
    for (std::size_t at = page; at < page + kPageBytes; ++at)
      damaged[at] = round % 2 == 0 ? '\0' : static_cast<char>(random());
    store(path, damaged);
    const Seen seen = read_all(dir_.path());
    EXPECT_GE(seen.corrupt, 1U);
    EXPECT_GT(seen.lost, 0U);
    EXPECT_EQ(seen.events.size() + seen.lost, 3'000U) << path << " page " << page / kPageBytes;
    EXPECT_TRUE(ascending(seen.events));
    store(path, whole);
  }
}

// A hole with whole records behind it, in the segment that the next writer goes on with.
TEST_F(JournalDamage, a_hole_in_the_last_segment_does_not_stop_readers) {
  write(400);
  const auto path = segment_path(dir_.path(), 1);
  std::string bytes = load(path);
  ASSERT_GT(record_offsets(bytes).back(), 4 * kPageBytes);
  std::fill_n(bytes.begin() + 2 * kPageBytes, kPageBytes, '\0');
  store(path, bytes);
  const auto writer = open_writer(small_config(dir_.path()));
  ASSERT_EQ(writer->next_index(), 400U);
  append_numbered(*writer, 400, 20);
  const Seen seen = read_all(dir_.path());
  EXPECT_EQ(seen.events.size() + seen.lost, 420U);
  EXPECT_EQ(seen.corrupt, 1U);
  EXPECT_EQ(seen.events.back(), 419U);
}

TEST_F(JournalDamage, a_file_that_was_cut_short_is_read_to_its_end) {
  write(3'000);
  const auto path = segment_path(dir_.path(), 2);
  const std::string whole = load(path);
  std::mt19937_64 random(10);
  for (int round = 0; round < 60; ++round) {
    const std::size_t size = round == 0 ? 0 : random() % whole.size();
    store(path, whole.substr(0, size));
    const Seen seen = read_all(dir_.path());
    EXPECT_EQ(seen.events.size() + seen.lost, 3'000U) << size;
    EXPECT_GE(seen.corrupt, 1U) << size;
    EXPECT_TRUE(ascending(seen.events));
  }
}

TEST_F(JournalDamage, the_last_file_cut_short_does_not_stop_the_next_writer) {
  write(3'000);
  int last = 1;
  while (std::filesystem::exists(segment_path(dir_.path(), last + 1))) ++last;
  const std::string whole = load(segment_path(dir_.path(), last));
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{5'000}}) {
    store(segment_path(dir_.path(), last), whole.substr(0, size));
    const auto writer = open_writer(small_config(dir_.path()));
    ASSERT_EQ(writer->next_index() % 3'000, 0U);
    break;
  }
  const auto writer = open_writer(small_config(dir_.path()));
  append_numbered(*writer, 3'000, 10);
  const Seen seen = read_all(dir_.path());
  EXPECT_EQ(seen.events.size() + seen.lost, 3'010U);
  EXPECT_EQ(seen.events.back(), 3'009U);
}

TEST_F(JournalDamage, a_missing_segment_is_counted) {
  write(3'000);
  const std::uint64_t from = first_index(load(segment_path(dir_.path(), 2)));
  const std::uint64_t to = first_index(load(segment_path(dir_.path(), 3)));
  std::filesystem::remove(segment_path(dir_.path(), 2));
  const Seen seen = read_all(dir_.path());
  EXPECT_EQ(seen.lost, to - from);
  EXPECT_EQ(seen.events.size(), 3'000 - (to - from));
}

TEST_F(JournalDamage, a_copy_under_another_number_is_not_read_twice) {
  write(3'000);
  std::filesystem::copy(segment_path(dir_.path(), 1), segment_path(dir_.path(), 90));
  const auto writer = open_writer(small_config(dir_.path()));
  ASSERT_EQ(writer->next_index(), 3'000U);
  append_numbered(*writer, 3'000, 500);
  const Seen seen = read_all(dir_.path());
  EXPECT_EQ(seen.events.size(), 3'500U);
  EXPECT_EQ(seen.lost, 0U);
  EXPECT_EQ(seen.corrupt, 1U);
  EXPECT_TRUE(ascending(seen.events));
}

TEST_F(JournalDamage, one_damaged_header_is_repaired_by_its_copy) {
  write(3'000);
  const auto path = segment_path(dir_.path(), 2);
  const std::string whole = load(path);
  std::string damaged = whole;
  damaged[9] = 77;  // the version
  damaged[20] = 1;
  store(path, damaged);
  EXPECT_EQ(read_all(dir_.path()).events.size(), 3'000U);
  damaged[kHeaderCopyAt + 17] = 5;
  store(path, damaged);
  const Seen seen = read_all(dir_.path());
  EXPECT_EQ(seen.corrupt, 1U);
  EXPECT_EQ(seen.events.size() + seen.lost, 3'000U);
  EXPECT_GT(seen.lost, 0U);
}

TEST_F(JournalDamage, another_version_is_refused_by_name) {
  write(100);
  const auto path = segment_path(dir_.path(), 1);
  std::string bytes = load(path);
  bytes[8] = bytes[kHeaderCopyAt + 8] = 9;
  store(path, bytes);
  const auto writer = Writer::open(small_config(dir_.path()));
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::data);
  EXPECT_NE(writer.error().message.find("format version 9"), std::string::npos)
      << writer.error().message;
  const auto reader = Reader::open({.location = dir_.path(), .name = {}});
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().message.find("format version 9"), std::string::npos);
}

TEST_F(JournalDamage, files_that_are_no_segments_are_left_alone) {
  write(100);
  store(dir_.path() / "notes.txt", "mine");
  store(dir_.path() / "7.segment", "mine");
  store(dir_.path() / "0000000000000099.new", "half made");
  const auto writer = open_writer(small_config(dir_.path()));
  append_numbered(*writer, 100, 10);
  EXPECT_EQ(read_all(dir_.path()).events.size(), 110U);
  EXPECT_EQ(load(dir_.path() / "7.segment"), "mine");
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "0000000000000099.new"));
}

// Whatever is in the files, opening and reading end.
TEST_F(JournalDamage, random_bytes_anywhere_never_stop_it) {
  write(1'500);
  const std::vector<std::string> whole = {load(segment_path(dir_.path(), 1)),
                                          load(segment_path(dir_.path(), 2))};
  std::mt19937_64 random(12);
  for (int round = 0; round < 60; ++round) {
    const TempDir copy;
    for (int number = 1; number <= 2; ++number) {
      std::string bytes = whole[static_cast<std::size_t>(number - 1)];
      for (std::uint64_t hits = random() % 200; hits > 0; --hits)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      store(segment_path(copy.path(), number), bytes);
    }
    auto reader = Reader::open({.location = copy.path(), .name = {}});
    for (int step = 0; reader && step < 10'000; ++step)
      if (const Next next = (*reader)->next(); next == Next::closed || next == Next::idle) break;
    auto writer = Writer::open(small_config(copy.path()));
    if (!writer) continue;
    const std::uint64_t index = (*writer)->next_index();
    append_numbered(**writer, index, 100);
    const auto tail = open_reader({.location = copy.path(), .name = {}, .from = From::newest});
    append_numbered(**writer, index + 100, 100);
    EXPECT_EQ(read_numbered(*tail, index + 100, Next::idle), index + 200);
  }
}

}  // namespace
}  // namespace mp::journal
