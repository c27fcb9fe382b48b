// A failure of the system is "again, later", and never damage.
#include "journal/journal.hpp"

#include <cerrno>
#include <fstream>

#include "journal/shards.hpp"
#include "unit/faults/faults.hpp"
#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

using faults::Call;

// Ten segments and a reader at the end of the first.
class JournalFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    writer_ = open_writer(small_config(dir_.path()));
    append_numbered(*writer_, 0, kEvents);
  }

  static constexpr std::uint64_t kEvents = 5'000;
  TempDir dir_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(JournalFaults, reader_waits_for_what_the_system_refuses_and_skips_nothing) {
  writer_.reset();  // its helper makes calls too
  for (const auto& [call, code] : {std::pair{Call::openat, EMFILE},
                                   {Call::openat, EACCES},
                                   {Call::mmap, ENOMEM},
                                   {Call::pread, EIO},
                                   {Call::fstat, EIO}}) {
    const auto reader = open_reader({.location = dir_.path(), .name = {}, .from = From::oldest});
    faults::arm({.call = call, .at = 1, .code = code, .times = 3});
    const std::uint64_t at = read_numbered(*reader, 0, Next::idle);
    EXPECT_LT(at, kEvents);
    EXPECT_NE(reader->obstacle().find(std::generic_category().message(code)), std::string::npos)
        << reader->obstacle();
    EXPECT_EQ(reader->next(), Next::idle);
    EXPECT_EQ(reader->next(), Next::idle);
    reader->wait(std::chrono::milliseconds{1});  // it does not sleep until there is something new
    EXPECT_TRUE(faults::disarm());
    EXPECT_EQ(read_numbered(*reader, at, Next::closed), kEvents);
    EXPECT_EQ(reader->obstacle(), "");
  }
}

TEST_F(JournalFaults, reader_that_cannot_list_segments_does_not_jump) {
  writer_.reset();
  const auto reader = open_reader({.location = dir_.path(), .name = {}, .from = From::oldest});
  std::filesystem::remove(dir_.path() / "0000000000000002.segment");
  faults::arm({.call = Call::fdopendir, .at = 1, .code = ENOMEM});
  Next next = Next::event;
  while (next == Next::event) next = reader->next();
  EXPECT_EQ(next, Next::idle);
  EXPECT_NE(reader->obstacle(), "");
  EXPECT_TRUE(faults::disarm());
  EXPECT_EQ(reader->next(), Next::lost);
}

TEST_F(JournalFaults, cursor_is_found_or_opening_fails) {
  writer_.reset();
  {
    const auto reader = open_reader({.location = dir_.path(), .name = "r"});
    reader->commit(2'000);
  }
  unsigned failed = 0;
  for (const Call call : {Call::openat, Call::pread, Call::mmap, Call::fstat, Call::fdopendir,
                          Call::readdir, Call::flock, Call::fallocate}) {
    bool struck = true;
    for (unsigned at = 1; struck; ++at) {
      faults::arm({.call = call, .at = at, .code = EIO});
      const auto reader = Reader::open({.location = dir_.path(), .name = "r"});
      struck = faults::disarm();
      if (reader) {
        EXPECT_EQ(read_numbered(**reader, 2'000, Next::closed), kEvents);
      } else {
        ++failed;
        EXPECT_EQ(reader.error().kind, ErrorKind::io);
      }
    }
  }
  EXPECT_GT(failed, 10U);
}

TEST_F(JournalFaults, writer_that_cannot_see_what_is_there_does_not_start) {
  writer_.reset();
  std::ifstream before{dir_.path() / "0000000000000001.segment", std::ios::binary};
  const std::string first{std::istreambuf_iterator<char>{before}, {}};
  for (const Call call : {Call::openat, Call::fdopendir, Call::readdir, Call::pread, Call::fstat}) {
    bool struck = true;
    for (unsigned at = 1; struck; ++at) {
      faults::arm({.call = call, .at = at, .code = EIO});
      auto writer = Writer::open(small_config(dir_.path()));
      struck = faults::disarm();
      if (writer) {
        EXPECT_EQ((*writer)->next_index(), kEvents) << faults::name_of(call) << " " << at;
      } else {
        EXPECT_NE(writer.error().message, "");
      }
    }
  }
  std::ifstream after{dir_.path() / "0000000000000001.segment", std::ios::binary};
  EXPECT_TRUE(first == std::string(std::istreambuf_iterator<char>{after}, {}));
  const auto reader = open_reader({.location = dir_.path(), .name = {}, .from = From::oldest});
  EXPECT_EQ(read_numbered(*reader, 0, Next::closed), kEvents);
}

// Nothing is known of who holds what: the age of segments is no reason to remove them then.
TEST(JournalRetentionFaults, segments_stay_while_nobody_knows_who_holds_them) {
  const TempDir dir;
  Config config = small_config(dir.path());
  const auto holder = [&] {
    append_numbered(*open_writer(config), 0, 5'000);
    return open_reader({.location = dir.path(), .name = "holder", .hold = true});
  }();
  config.retention_age = std::chrono::seconds{0};
  faults::arm({.call = Call::fdopendir, .at = 3, .code = EMFILE, .times = 1'000});
  auto writer = open_writer(config);
  append_numbered(*writer, 5'000, 5'000);
  faults::disarm();
  EXPECT_EQ(read_numbered(*holder, 0, Next::idle), 10'000U);
}

TEST(JournalSyncFaults, each_failure_is_counted) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.fsync = Fsync::always;
  const auto writer = open_writer(config);
  // The helper has prepared the next segment, and syncs nothing more.
  ASSERT_TRUE(eventually([&] { return writer->counters().bytes >= 2 * config.segment_bytes; }));
  faults::arm({.call = Call::fdatasync, .at = 1, .code = EIO});
  NumberedEvents events;
  EXPECT_FALSE(writer->append(writer->subject("binance", "BTCUSDT", "BTC-USDT"), events(0)));
  EXPECT_TRUE(faults::disarm());
  EXPECT_EQ(writer->troubles().sync_errors, 1U);
  EXPECT_EQ(writer->counters().sync_errors, 1U);
  for (const Call call : {Call::fdatasync, Call::fsync}) {
    faults::arm({.call = call, .at = 1, .code = EIO});
    const auto synced = writer->sync();
    EXPECT_TRUE(faults::disarm());
    ASSERT_FALSE(synced);
    EXPECT_NE(synced.error().message.find(dir.path().string()), std::string::npos);
  }
  EXPECT_EQ(writer->troubles().sync_errors, 3U);
  EXPECT_TRUE(writer->sync());
}

// The folder that a new segment is in.
TEST(JournalSyncFaults, failure_for_a_new_segment_is_counted) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.fsync = Fsync::interval;
  faults::arm({.call = Call::fsync, .at = 1, .code = EIO});
  const auto writer = open_writer(config);
  EXPECT_TRUE(eventually([&] { return writer->troubles().sync_errors == 1; }));
  EXPECT_TRUE(faults::disarm());
}

TEST(JournalKeeperFaults, one_failure_costs_no_event) {
  for (const auto& [call, code] : {std::pair{Call::openat, EMFILE},
                                   {Call::fallocate, EIO},
                                   {Call::rename, EIO},
                                   {Call::mmap, ENOMEM}}) {
    const TempDir dir;
    Config config = small_config(dir.path());
    config.spare_memory_bytes = 0;
    const auto writer = open_writer(config);
    faults::arm({.call = call, .at = 1, .code = code});
    append_numbered(*writer, 0, 5'000);
    EXPECT_TRUE(faults::disarm());
    EXPECT_EQ(writer->counters().dropped, 0U) << faults::name_of(call);
  }
}

TEST(JournalShardFaults, shard_that_cannot_be_looked_at_is_not_left_out) {
  const TempDir dir;
  append_numbered(*open_writer(small_config(shard_location(dir.path(), 3))), 0, 1);
  EXPECT_EQ(*shards_in(dir.path()), (std::vector<std::uint32_t>{3}));
  faults::arm({.call = Call::openat, .at = 4, .code = EMFILE});
  const auto shards = shards_in(dir.path());
  EXPECT_TRUE(faults::disarm());
  ASSERT_FALSE(shards);
  EXPECT_EQ(shards.error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace mp::journal
