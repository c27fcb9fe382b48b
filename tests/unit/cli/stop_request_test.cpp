#include "cli/stop_request.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace mp::cli {
namespace {

using std::chrono::milliseconds;
using Meaning = StopWish::Meaning;

TEST(StopWish, two_signals_within_a_second_are_one) {
  StopWish wish;
  EXPECT_FALSE(wish.wished());
  EXPECT_EQ(wish.on_signal(SIGTERM, milliseconds{500}), Meaning::stop);
  EXPECT_TRUE(wish.wished());
  EXPECT_EQ(wish.on_signal(SIGTERM, milliseconds{500}), Meaning::same);
  EXPECT_EQ(wish.on_signal(SIGINT, milliseconds{1499}), Meaning::same);
}

TEST(StopWish, a_later_one_ends_at_once) {
  StopWish wish;
  EXPECT_EQ(wish.on_signal(SIGINT, milliseconds{500}), Meaning::stop);
  EXPECT_EQ(wish.on_signal(SIGINT, milliseconds{1400}), Meaning::same);
  // Counted from the first: who keeps pressing Ctrl-C is heard.
  EXPECT_EQ(wish.on_signal(SIGINT, milliseconds{1500}), Meaning::end_at_once);
}

TEST(StopWish, a_closed_terminal_never_ends_at_once) {
  StopWish wish;
  EXPECT_EQ(wish.on_signal(SIGHUP, milliseconds{0}), Meaning::stop);
  EXPECT_EQ(wish.on_signal(SIGHUP, milliseconds{5000}), Meaning::same);
  EXPECT_EQ(wish.on_signal(SIGTERM, milliseconds{5000}), Meaning::end_at_once);
}

}  // namespace
}  // namespace mp::cli
