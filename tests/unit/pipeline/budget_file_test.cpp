// What was spent of a venue's limits, among processes and over their ends.
#include "pipeline/budget_file.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/assert.hpp"
#include "pipeline/venue_budget.hpp"

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr net::SteadyTime kStart{1000s};

class BudgetFileTest : public testing::Test {
 protected:
  BudgetFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mp-budgets-XXXXXX").string();
    MP_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    path_ = folder_ / "budgets";
  }
  ~BudgetFileTest() override { std::filesystem::remove_all(folder_); }
  // As another process would.
  std::unique_ptr<BudgetFile> open() {
    auto file = BudgetFile::open(path_);
    EXPECT_TRUE(file.ok()) << file.error().message;
    return file.take();
  }
  VenueBudget::Shared shared(BudgetFile& file, std::string_view venue = "binance") {
    return shared_of(&file, {.venue = std::string{venue}}, limits_);
  }

  static venue::Limits limits() {
    venue::Limits limits;
    limits.rest_calls = {};
    limits.rest_weight = {100, 1min};
    return limits;
  }
  std::filesystem::path folder_;
  std::filesystem::path path_;
  venue::Limits limits_ = limits();
};

TEST_F(BudgetFileTest, processes_spend_one_budget) {
  const auto first = open();
  const auto second = open();
  VenueBudget one{limits_, shared(*first)};
  VenueBudget two{limits_, shared(*second)};
  VenueBudget other{limits_, shared(*second, "okx")};
  EXPECT_TRUE(one.begin_call(kStart, 70).taken());
  EXPECT_FALSE(two.begin_call(kStart, 40).taken());
  EXPECT_TRUE(two.begin_call(kStart, 30).taken());
  EXPECT_TRUE(other.begin_call(kStart, 100).taken());
  EXPECT_EQ(one.calls_free_at(kStart, 1), kStart + 61s);
}

TEST_F(BudgetFileTest, processes_keep_one_pace_of_connects) {
  limits_.connects = {1, 1s};
  const auto first = open();
  const auto second = open();
  VenueBudget one{limits_, shared(*first)};
  VenueBudget two{limits_, shared(*second)};
  VenueBudget other{limits_, shared(*second, "okx")};
  EXPECT_EQ(one.pacer().take(kStart), kStart);
  EXPECT_EQ(two.pacer().take(kStart), kStart + 1s);
  EXPECT_EQ(other.pacer().take(kStart), kStart);
  // Nobody succeeds: both slow down together.
  for (auto now = kStart + 1s; now < kStart + 5min; now += 1s) {
    (void)one.pacer().take(now);
    (void)two.pacer().take(now);
  }
  EXPECT_GT(two.pacer().take(kStart + 5min), kStart + 5min + 1s);
  one.pacer().connected();
  EXPECT_EQ(two.pacer().take(kStart + 5min), kStart + 5min);
}

TEST_F(BudgetFileTest, processes_keep_the_pace_of_all_venues_together) {
  const auto first = open();
  const auto second = open();
  const net::ConnectPacer::Rule rule{.between = 100ms, .burst = 2};
  net::ConnectPacer one{rule, nullptr, &first->all_connects()};
  net::ConnectPacer two{rule, nullptr, &second->all_connects()};
  EXPECT_EQ(one.take(kStart), kStart);
  EXPECT_EQ(two.take(kStart), kStart);
  EXPECT_EQ(one.take(kStart), kStart + 100ms);
  EXPECT_EQ(two.take(kStart), kStart + 100ms);
}

TEST_F(BudgetFileTest, a_time_that_nobody_can_have_written_holds_nobody_up) {
  limits_.connects = {1, 1s};
  const auto file = open();
  file->connects_of("key")->due =
      std::chrono::nanoseconds{kStart.time_since_epoch() + 240h}.count();
  net::ConnectPacer pacer{{.between = 1s}, nullptr, file->connects_of("key")};
  EXPECT_EQ(pacer.take(kStart), kStart);
  EXPECT_EQ(pacer.take(kStart), kStart + 1s);
}

TEST_F(BudgetFileTest, a_file_of_before_there_were_connects_grows) {
  {
    const auto file = open();
  }
  constexpr std::uintmax_t kBefore = 4096;
  std::filesystem::resize_file(path_, kBefore);
  const auto file = open();
  EXPECT_GT(std::filesystem::file_size(path_), kBefore);
  EXPECT_EQ(file->all_connects().due.load(), 0);
}

TEST_F(BudgetFileTest, a_pause_is_for_all_processes) {
  const auto first = open();
  const auto second = open();
  VenueBudget one{limits_, shared(*first)};
  VenueBudget two{limits_, shared(*second)};
  one.pause_calls(kStart + 30s);
  EXPECT_FALSE(two.begin_call(kStart + 29s, 1).taken());
  EXPECT_TRUE(two.begin_call(kStart + 30s, 1).taken());
}

TEST_F(BudgetFileTest, remembers_what_a_killed_process_has_spent) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto file = BudgetFile::open(path_);
    VenueBudget budget{limits_, shared(**file)};
    (void)budget.begin_call(kStart, 90);
    budget.pause_calls(kStart + 5s);
    ::raise(SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto file = open();
  VenueBudget budget{limits_, shared(*file)};
  EXPECT_EQ(budget.calls_free_at(kStart, 1), kStart + 5s);
  EXPECT_FALSE(budget.begin_call(kStart + 6s, 11).taken());
  EXPECT_TRUE(budget.begin_call(kStart + 6s, 10).taken());
}

TEST_F(BudgetFileTest, forgets_what_was_before_the_machine_began_anew) {
  {
    const auto file = open();
    VenueBudget budget{limits_, shared(*file)};
    EXPECT_TRUE(budget.begin_call(kStart, 100).taken());
    budget.pause_calls(kStart + 1h);
  }
  // The boot's mark is the second word.
  std::fstream raw{path_, std::ios::in | std::ios::out | std::ios::binary};
  raw.seekp(8);
  raw.put('x');
  raw.close();
  const auto file = open();
  VenueBudget budget{limits_, shared(*file)};
  EXPECT_TRUE(budget.begin_call(kStart, 100).taken());
}

TEST_F(BudgetFileTest, what_is_something_else_is_left_alone) {
  std::ofstream{path_} << "something else altogether";
  const auto file = BudgetFile::open(path_);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().kind, ErrorKind::data);
  std::ifstream in{path_};
  std::string first;
  std::getline(in, first, '\0');
  EXPECT_EQ(first, "something else altogether");
}

TEST_F(BudgetFileTest, without_a_folder_is_an_error) {
  EXPECT_FALSE(BudgetFile::open(folder_ / "none" / "budgets").ok());
}

TEST_F(BudgetFileTest, is_not_made_where_only_a_look_is_wanted) {
  EXPECT_FALSE(BudgetFile::open(path_, BudgetFile::IfMissing::refuse).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  (void)open();
  EXPECT_TRUE(BudgetFile::open(path_, BudgetFile::IfMissing::refuse).ok());
}

TEST_F(BudgetFileTest, has_room_for_many_venues_and_then_says_so) {
  const auto file = open();
  for (std::size_t i = 0; i < BudgetFile::kVenuesMax; ++i)
    EXPECT_NE(file->memory_of(std::to_string(i)), nullptr);
  EXPECT_NE(file->memory_of("0"), nullptr);
  EXPECT_EQ(file->memory_of("one more"), nullptr);
}

}  // namespace
}  // namespace mp::pipeline
