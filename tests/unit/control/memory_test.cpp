#include "control/memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mp::control {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

TEST(GrowthWatch, says_nothing_before_an_hour) {
  GrowthWatch watch;
  for (std::size_t i = 0; i + 1 < GrowthWatch::kPoints; ++i) watch.add(i * 100 * kMiB);
  EXPECT_EQ(watch.slope(), std::nullopt);
  EXPECT_EQ(watch.growth(), std::nullopt);
}

TEST(GrowthWatch, finds_what_rises_by_the_hour) {
  GrowthWatch watch;
  for (std::size_t i = 0; i < 2 * GrowthWatch::kPoints; ++i)
    watch.add(100 * kMiB + i * kMiB + (i % 7) * 3 * kMiB);  // 60 MiB an hour, and noise
  ASSERT_TRUE(watch.growth());
  EXPECT_NEAR(*watch.growth() / kMiB, 60, 6);
}

TEST(GrowthWatch, is_not_deceived_by_a_step_noise_or_little) {
  GrowthWatch step;
  for (std::size_t i = 0; i < GrowthWatch::kPoints; ++i) step.add(i < 30 ? 0 : 500 * kMiB);
  EXPECT_TRUE(step.slope());
  GrowthWatch noise;
  for (std::size_t i = 0; i < GrowthWatch::kPoints; ++i) noise.add((i * 7919 % 61) * 10 * kMiB);
  EXPECT_EQ(noise.growth(), std::nullopt);
  GrowthWatch little;
  for (std::size_t i = 0; i < GrowthWatch::kPoints; ++i) little.add(100 * kMiB + i * kMiB / 4);
  EXPECT_EQ(little.growth(), std::nullopt);
  GrowthWatch falls;
  for (std::size_t i = 0; i < GrowthWatch::kPoints; ++i) falls.add((1000 - i * 10) * kMiB);
  EXPECT_EQ(falls.growth(), std::nullopt);
}

TEST(Heap, what_grew_is_by_stack_and_the_largest_first) {
  using Sites = std::vector<obs::HeapSite>;
  const Sites before{{.frames = {1, 2}, .bytes = 100, .count = 10},
                     {.frames = {3}, .bytes = 50, .count = 5}};
  const Sites after{{.frames = {1, 2}, .bytes = 130, .count = 13},
                    {.frames = {3}, .bytes = 40, .count = 4},
                    {.frames = {4}, .bytes = 500, .count = 1}};
  const auto rows = grown(before, after);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].frames, std::vector<std::uintptr_t>{4});
  EXPECT_EQ(rows[1].bytes, 30U);
  EXPECT_EQ(rows[1].count, 3U);
  EXPECT_EQ(grown({}, after).size(), 3U);
}

TEST(Heap, a_dump_is_read_and_scaled_by_what_a_sample_stands_for) {
  const auto sites = obs::read_heap_dump(
      "heap_v2/524288\n  t*: 80: 1200975 [0: 0]\n  t0: 80: 1200975 [0: 0]\n"
      "@ 0x10 0x20\n  t*: 70: 143360 [0: 0]\n  t0: 70: 143360 [0: 0]\n"
      "@ 0xff\n  t*: 1: 104857600 [0: 0]\n\nMAPPED_LIBRARIES:\n@ 0x99\n  t*: 9: 9 [0: 0]\n");
  ASSERT_TRUE(sites) << sites.error().message;
  ASSERT_EQ(sites->size(), 2U);
  EXPECT_EQ((*sites)[0].bytes, 104'857'600U);  // it cannot be missed
  EXPECT_EQ((*sites)[1].frames, (std::vector<std::uintptr_t>{0x10, 0x20}));
  EXPECT_NEAR(static_cast<double>((*sites)[1].bytes), 70 * 524'288.0, 70 * 2048.0);
  for (const auto* const wrong : {"", "heap profile:", "heap_v1/1\n"})
    EXPECT_FALSE(obs::read_heap_dump(wrong));
  for (const auto* const cut :
       {"heap_v2/524288\n@ 0x", "heap_v2/1\n@ 0x10\n  t*: ", "heap_v2/1\n@"})
    EXPECT_TRUE(obs::read_heap_dump(cut));
}

TEST(Heap, tells_its_numbers_or_that_its_allocator_is_not_there) {
  const auto numbers = obs::heap_numbers();
  if (numbers) {
    EXPECT_GT(numbers->allocated, 0U);
    EXPECT_NE(obs::allocated_by_thread(), nullptr);
    return;
  }
  EXPECT_EQ(numbers.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(numbers.error().message, ::testing::HasSubstr("without jemalloc"));
  EXPECT_FALSE(obs::trim_heap());
  EXPECT_FALSE(obs::heap_sites("nowhere"));
  EXPECT_EQ(obs::allocated_by_thread(), nullptr);
}

}  // namespace
}  // namespace mp::control
