#include "pipeline/dead_letters.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "codec/json_encode.hpp"
#include "pipeline/dead_letter_replay.hpp"
#include "sink/registry.hpp"
#include "unit/sink/sink_fixture.hpp"

namespace mp::pipeline {
namespace {

class DeadLettersTest : public testing::Test {
 protected:
  Result<void> write(DeadLetters& letters, std::uint64_t index) {
    if (auto opened = letters.open(); !opened) return opened;
    kept_ = letters.write({.sink = "archive",
                           .index = index,
                           .problem = "it says \"no\",\"event\":{",
                           .event = events_.at(index)});
    return {};
  }
  // The disk takes 20 bytes of it.
  void fail_in_the_middle(DeadLetters& letters, std::uint64_t index) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit tiny{.rlim_cur = std::filesystem::file_size(path_) + 20,
                      .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tiny), 0);
    const auto written = write(letters, index);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_TRUE(written);
    EXPECT_EQ(kept_, DeadLetters::Kept::failed);
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> out;
    std::ifstream in{path_};
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  sink::TempDir dir_;
  std::filesystem::path path_ = dir_.path() / "dead-letter" / "archive.ndjson";
  sink::Events events_;
  DeadLetters::Kept kept_{};
};

TEST_F(DeadLettersTest, are_read_as_they_were_written) {
  DeadLetters letters{path_, 1'000'000};
  for (std::uint64_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(write(letters, i));
    EXPECT_EQ(kept_, DeadLetters::Kept::yes);
  }
  DeadLetterReader reader;
  const auto all = lines();
  ASSERT_EQ(all.size(), 20U);
  for (std::uint64_t i = 0; i < all.size(); ++i) {
    DeadLetter letter;
    ASSERT_TRUE(reader.read(all[i], letter)) << reader.why() << all[i];
    EXPECT_EQ(letter.sink, "archive");
    EXPECT_EQ(letter.index, static_cast<std::int64_t>(i));
    EXPECT_EQ(letter.problem, "it says \"no\",\"event\":{");
    EXPECT_EQ(letter.event.seq, i + 1);
  }
  DeadLetter letter;
  for (const std::string_view bad : {"", "{}", "x", "{\"sink\":\"a\"}"}) {
    EXPECT_FALSE(reader.read(bad, letter)) << bad;
    EXPECT_NE(reader.why(), "");
  }
  EXPECT_FALSE(reader.read(all[0].substr(0, all[0].size() / 2), letter));
}

// A kill in the middle of a line, and a disk that is full in the middle of one.
TEST_F(DeadLettersTest, half_a_line_spoils_no_other) {
  {
    DeadLetters letters{path_, 1'000'000};
    ASSERT_TRUE(write(letters, 0));
  }
  std::ofstream{path_, std::ios::app} << lines()[0].substr(0, 30);
  DeadLetters letters{path_, 1'000'000};
  ASSERT_TRUE(write(letters, 1));
  ASSERT_NO_FATAL_FAILURE(fail_in_the_middle(letters, 2));
  EXPECT_NE(letters.problem(), "");
  ASSERT_TRUE(write(letters, 3));
  DeadLetterReader reader;
  std::vector<std::int64_t> read;
  for (const std::string& line : lines()) {
    DeadLetter letter;
    if (reader.read(line, letter)) read.push_back(letter.index);
  }
  EXPECT_EQ(read, (std::vector<std::int64_t>{0, 1, 3}));
}

TEST_F(DeadLettersTest, are_sent_again_and_removed) {
  DeadLetters letters{path_, 1'000'000};
  for (const std::uint64_t i : {3U, 8U, 5U, 5U}) ASSERT_TRUE(write(letters, i));
  std::ofstream{path_, std::ios::app} << "nonsense\n";
  sink::Settings settings = sink::small_settings("ndjson", dir_.path());
  settings.name = "archive";
  const auto replayed = replay_dead_letters(settings, from_nanoseconds(sink::kStart));
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_EQ(replayed->delivered, 4U);
  EXPECT_EQ(replayed->unreadable, 1U);
  EXPECT_NE(replayed->problem, "");
  EXPECT_EQ(lines(), (std::vector<std::string>{"nonsense"}));
  // More come, and go the same way.
  DeadLetters again{path_, 1'000'000};
  ASSERT_TRUE(write(again, 5));
  ASSERT_TRUE(replay_dead_letters(settings, from_nanoseconds(sink::kStart + 100)));
  std::filesystem::rename(dir_.path() / "archive", dir_.path() / "ndjson");
  std::uint64_t count = 0;
  for (const auto& [symbol, numbers] : sink::stored_ndjson(dir_.path())) count += numbers.size();
  EXPECT_EQ(count, 5U);
}

TEST_F(DeadLettersTest, stay_where_the_sink_cannot_be_opened) {
  DeadLetters letters{path_, 1'000'000};
  ASSERT_TRUE(write(letters, 3));
  std::ofstream{dir_.path() / "archive"} << "a file, where its folder should be";
  sink::Settings settings = sink::small_settings("ndjson", dir_.path());
  settings.name = "archive";
  EXPECT_FALSE(replay_dead_letters(settings, from_nanoseconds(sink::kStart)));
  EXPECT_EQ(lines().size(), 1U);
}

// Its file is another one after each replay.
TEST_F(DeadLettersTest, of_a_collector_that_runs_on_are_kept_behind_a_replay) {
  DeadLetters letters{path_, 1'000'000};
  ASSERT_TRUE(write(letters, 3));
  sink::Settings settings = sink::small_settings("ndjson", dir_.path());
  settings.name = "archive";
  ASSERT_TRUE(replay_dead_letters(settings, from_nanoseconds(sink::kStart)));
  EXPECT_EQ(lines().size(), 0U);
  ASSERT_TRUE(write(letters, 5));
  EXPECT_EQ(kept_, DeadLetters::Kept::yes);
  EXPECT_EQ(lines().size(), 1U);
}

// Of a sink with several shards: what one takes back is its own.
TEST_F(DeadLettersTest, of_several_shards_share_a_file) {
  DeadLetters one{path_, 1'000'000};
  DeadLetters other{path_, 1'000'000};
  ASSERT_TRUE(write(one, 0));
  ASSERT_TRUE(write(other, 1));
  ASSERT_NO_FATAL_FAILURE(fail_in_the_middle(one, 2));
  ASSERT_TRUE(write(other, 3));
  std::vector<std::int64_t> read;
  DeadLetterReader reader;
  for (const std::string& line : lines()) {
    DeadLetter letter;
    ASSERT_TRUE(reader.read(line, letter)) << reader.why() << line;
    read.push_back(letter.index);
  }
  EXPECT_EQ(read, (std::vector<std::int64_t>{0, 1, 3}));
}

// A sink that lets something happen while it takes a letter, and refuses the first.
std::function<void()> meanwhile;

class Meanwhile final : public sink::Sink {
 public:
  explicit Meanwhile(const sink::Settings&) {}
  Result<void> open() override { return {}; }
  sink::Written write(const sink::Batch&) override {
    meanwhile();
    sink::Written out;
    if (count_++ == 0) out.refused.push_back({.position = 0, .problem = "not this one"});
    return out;
  }

 private:
  int count_ = 0;
};
constexpr sink::Spec kMeanwhile = {
    .type = "meanwhile", .what = "", .keys = {}, .make = sink::make_sink<Meanwhile>};

TEST_F(DeadLettersTest, that_come_while_others_are_sent_stay) {
  DeadLetters letters{path_, 1'000'000};
  ASSERT_TRUE(write(letters, 3));
  ASSERT_TRUE(write(letters, 4));
  sink::Settings settings{kMeanwhile};
  settings.name = "archive";
  settings.data_dir = dir_.path();
  const auto now = from_nanoseconds(sink::kStart);
  std::uint64_t next = 7;
  meanwhile = [&] {
    ASSERT_TRUE(write(letters, next++));
    const auto second = replay_dead_letters(settings, now);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::locked);
  };
  const auto replayed = replay_dead_letters(settings, now);
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_EQ(replayed->delivered, 1U);
  EXPECT_EQ(replayed->refused, 1U);
  std::vector<std::int64_t> left;
  DeadLetterReader reader;
  for (const std::string& line : lines()) {
    DeadLetter letter;
    ASSERT_TRUE(reader.read(line, letter)) << line;
    left.push_back(letter.index);
  }
  EXPECT_EQ(left, (std::vector<std::int64_t>{3, 7, 8}));
}

}  // namespace
}  // namespace mp::pipeline
