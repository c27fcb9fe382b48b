#include "cli/progress.hpp"

#include <gtest/gtest.h>

namespace mp::cli {
namespace {

using namespace std::chrono_literals;

TEST(Progress, says_how_far_it_is_how_fast_and_how_long_it_takes) {
  const Reach reach{.done = 25'000'000, .total = 100'000'000, .lines = 1000};
  EXPECT_EQ(progress_text(reach, 5s),
            " 25 %  25.0 MB of 100.0 MB  1000 lines  5.0 MB/s  0:15 left");
  EXPECT_EQ(progress_json(reach, 5s, false),
            R"({"t":"progress","bytes":25000000,"bytes_total":100000000,"lines":1000,)"
            R"("seconds":5,"bytes_per_second":5000000,"eta_seconds":15,"done":false})");
}

TEST(Progress, knows_no_end_of_a_pipe) {
  const Reach reach{.done = 1'500'000, .total = {}, .lines = 3};
  EXPECT_EQ(progress_text(reach, 1s), "1.5 MB  3 lines  1.5 MB/s");
  EXPECT_EQ(progress_json(reach, 0s, true),
            R"({"t":"progress","bytes":1500000,"bytes_total":null,"lines":3,"seconds":0,)"
            R"("bytes_per_second":0,"eta_seconds":null,"done":true})");
}

TEST(Progress, counts_events_and_frames_too) {
  const Reach reach{.unit = ProgressUnit::events, .done = 25'000, .total = 100'000};
  EXPECT_EQ(progress_text(reach, 5s), " 25 %  25,000 of 100,000 events  5,000 events/s  0:15 left");
  EXPECT_EQ(progress_json(reach, 5s, true),
            R"({"t":"progress","events":25000,"events_total":100000,"seconds":5,)"
            R"("events_per_second":5000,"eta_seconds":15,"done":true})");
  const Reach open{.unit = ProgressUnit::frames, .done = 7, .total = {}};
  EXPECT_EQ(progress_text(open, 1s), "7 frames  7 frames/s");
}

}  // namespace
}  // namespace mp::cli
