#include "pipeline/frame_stages.hpp"

#include <gtest/gtest.h>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

net::SteadyTime made_up{};
net::SteadyTime read_made_up() {
  return made_up;
}

class FrameStagesTest : public ::testing::Test {
 protected:
  // Decoding takes 5 us, a book 20 us of which 3 us are the journal's.
  void frame(bool with_book) {
    stages_.begin();
    made_up += 2us;
    if (with_book) {
      const FrameStages::Part book{&stages_, obs::Stage::book};
      made_up += 10us;
      {
        const FrameStages::Part append{&stages_, obs::Stage::append};
        made_up += 3us;
      }
      made_up += 7us;
    }
    made_up += 3us;
    stages_.end("{\"e\":1}", Timestamp{1s});
  }

  FrameStageTimes times_;
  FrameStages stages_{times_, read_made_up};
};

TEST_F(FrameStagesTest, gives_each_stage_its_own_time) {
  for (std::uint32_t i = 0; i < FrameStages::kEvery; ++i) frame(true);
  EXPECT_EQ(times_.decode.snapshot().times.sum, 5us);
  EXPECT_EQ(times_.book.snapshot().times.sum, 17us);
  EXPECT_EQ(times_.append.snapshot().times.sum, 3us);
  const auto slowest = times_.book.snapshot().slowest;
  ASSERT_EQ(slowest.size(), 1U);
  EXPECT_EQ(slowest[0].head, "{\"e\":1}");
  EXPECT_EQ(slowest[0].bytes, 7U);
}

TEST_F(FrameStagesTest, times_one_frame_in_many_and_only_stages_that_it_came_to) {
  for (std::uint32_t i = 0; i < 10 * FrameStages::kEvery; ++i) frame(i % 2 == 0);
  EXPECT_EQ(times_.decode.snapshot().times.count, 10U);
  EXPECT_EQ(times_.book.snapshot().times.count, 5U);
  EXPECT_EQ(times_.append.snapshot().times.count, 5U);
}

TEST_F(FrameStagesTest, what_comes_outside_of_a_frame_is_not_timed) {
  {
    const FrameStages::Part append{&stages_, obs::Stage::append};
    made_up += 1s;
  }
  {
    const FrameStages::Part none{nullptr, obs::Stage::append};
  }
  for (std::uint32_t i = 0; i < FrameStages::kEvery; ++i) frame(false);
  EXPECT_EQ(times_.append.snapshot().times.count, 0U);
  EXPECT_EQ(times_.decode.snapshot().times.sum, 5us);
}

}  // namespace
}  // namespace mp::pipeline
