// How many sessions the feeds of a venue may have together.
#include "pipeline/connection_share.hpp"

#include <gtest/gtest.h>

namespace mp::pipeline {
namespace {

TEST(ConnectionShare, gives_as_many_as_there_are) {
  ConnectionShare share{2};
  ConnectionShare::Part part{share};
  EXPECT_TRUE(part.take());
  EXPECT_TRUE(part.take());
  EXPECT_FALSE(part.take());
  part.give_back();
  EXPECT_TRUE(part.take());
}

TEST(ConnectionShare, leaves_one_to_each_feed_that_may_need_one) {
  ConnectionShare share{3};
  ConnectionShare::Part first{share};
  ConnectionShare::Part second{share};
  EXPECT_TRUE(first.take());
  EXPECT_TRUE(first.take());
  EXPECT_FALSE(first.take()) << "the last is the other's";
  second.need(4);
  EXPECT_FALSE(first.take());
  EXPECT_TRUE(second.take());
  EXPECT_FALSE(second.take());
}

TEST(ConnectionShare, keeps_nothing_back_for_whom_needs_none) {
  ConnectionShare share{3};
  ConnectionShare::Part first{share};
  ConnectionShare::Part second{share};
  second.need(0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(first.take()) << i;
}

TEST(ConnectionShare, goes_to_whoever_comes_first_where_there_are_fewer_than_feeds) {
  ConnectionShare share{1};
  ConnectionShare::Part first{share};
  ConnectionShare::Part second{share};
  EXPECT_TRUE(second.take());
  EXPECT_FALSE(first.take());
}

TEST(ConnectionShare, adds_up_what_is_needed_and_forgets_feeds_that_are_gone) {
  ConnectionShare share{5};
  ConnectionShare::Part first{share};
  first.need(3);
  {
    ConnectionShare::Part second{share};
    second.need(24);
    EXPECT_TRUE(second.take());
    EXPECT_EQ(share.needed(), 27U);
  }
  EXPECT_EQ(share.needed(), 3U);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(first.take()) << i;
}

}  // namespace
}  // namespace mp::pipeline
