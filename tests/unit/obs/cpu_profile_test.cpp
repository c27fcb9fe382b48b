#include "obs/cpu_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/inflate.hpp"
#include "obs/cpu_sampler.hpp"
#include "obs/process.hpp"
#include "obs/stack_walk.hpp"

namespace mp::obs {
namespace {

using ::testing::HasSubstr;

// Two threads: what the first one does most is `inner`, by two ways.
CpuProfile small_profile() {
  CpuProfile profile{.period = Nanoseconds{10'000'000}, .samples = 10};
  profile.modules.push_back(
      {.file = "/usr/bin/program", .base = 0x1000, .code = {{0x1000, 0x9000}}});
  for (const char* const name : {"inner", "outer", "other", "[libc.so.6]"})
    profile.places.push_back({.address = 0x2000, .module = 0, .function = name});
  profile.places[3].module = 1;
  profile.stacks = {{.thread = "one", .places = {0, 1}, .samples = 4},
                    {.thread = "one", .places = {3, 0, 2}, .samples = 3},
                    {.thread = "one", .places = {2}, .samples = 1},
                    {.thread = "two", .places = {1}, .samples = 2}};
  return profile;
}

TEST(CpuProfile, makes_a_tree_of_who_called_whom) {
  const CallNode root = call_tree(small_profile());
  EXPECT_EQ(root.total, 10U);
  const CallNode& one = root.calls.at("one");
  EXPECT_EQ(one.total, 8U);
  EXPECT_EQ(one.calls.at("outer").calls.at("inner").self, 4U);
  EXPECT_EQ(one.calls.at("other").total, 4U);
  EXPECT_EQ(one.calls.at("other").self, 1U);
}

TEST(CpuProfile, blames_the_innermost_function_of_ours_with_half_of_the_samples) {
  const auto hottest = hottest_of(small_profile(), [](auto name) { return name == "one"; });
  EXPECT_EQ(hottest.function, "inner");
  EXPECT_DOUBLE_EQ(hottest.share, 7.0 / 8);
  EXPECT_EQ(hottest_of(small_profile(), [](auto) { return false; }).function, "");
}

TEST(CpuProfile, counts_functions_once_a_stack) {
  auto profile = small_profile();
  profile.stacks.push_back({.thread = "two", .places = {1, 1, 1}, .samples = 5});
  const auto top = top_functions(profile, 2);
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].function, "outer");
  EXPECT_EQ(top[0].self, 7U);
  EXPECT_EQ(top[0].total, 11U);
}

TEST(CpuProfile, is_a_picture_with_names_that_cannot_break_it) {
  auto profile = small_profile();
  profile.places[0].function = "f<\"a&b\">";
  const auto picture = flame_graph(profile, "a <title>");
  EXPECT_THAT(picture, HasSubstr("f&lt;&quot;a&amp;b&quot;&gt;: 4 samples, 40.0 %"));
  EXPECT_THAT(picture, HasSubstr("a &lt;title&gt;"));
  EXPECT_TRUE(picture.ends_with("</svg>\n"));
}

TEST(CpuProfile, is_a_file_for_pprof) {
  Inflater inflater{std::size_t{1} << 20U};
  const std::string packed = pprof_file(small_profile());
  const auto file = inflater.read(packed);
  ASSERT_TRUE(file) << file.error().message;
  for (const auto* const text : {"inner", "outer", "nanoseconds", "/usr/bin/program", "thread"})
    EXPECT_THAT(*file, HasSubstr(text));
  // The first field is a sample type: {samples, count} of the texts 1 and 2.
  EXPECT_TRUE(file->starts_with(std::string_view{"\x0A\x04\x08\x01\x10\x02", 6}));
}

TEST(Modules, names_are_readable) {
  EXPECT_EQ(readable_name("_ZNK2mp3obs7Modules8place_ofEm"), "mp::obs::Modules::place_of");
  EXPECT_EQ(readable_name("_ZN2mp3obs12_GLOBAL__N_15emptyEv"),
            "mp::obs::(anonymous namespace)::empty");
  EXPECT_EQ(readable_name("main"), "main");
  EXPECT_EQ(readable_name("_ZN1AclEi"), "A::operator()");
}

// Not inlined, and not called last, so that each has a frame.
[[gnu::noinline]] std::uint64_t spin_for_the_sampler(const std::atomic<bool>& ended) {
  std::uint64_t sum = 1;
  while (!ended.load(std::memory_order_relaxed)) sum = sum * 31 + 7;
  return sum;
}
[[gnu::noinline]] std::uint64_t calls_what_spins(const std::atomic<bool>& ended) {
  const auto sum = spin_for_the_sampler(ended);
  return ended.load() ? sum + 1 : sum;
}

TEST(CpuSampler, sees_what_a_thread_does_and_who_called_it) {
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> sum{0};
  std::thread busy{[&] {
    name_thread("busy");
    sum = calls_what_spins(ended);
  }};
  const Modules modules;
  StackCounter counter;
  {
    auto sampler = CpuSampler::start();
    ASSERT_TRUE(sampler) << sampler.error().message;
    const auto second = CpuSampler::start();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::unavailable);
    (*sampler)->watch_new_threads();
    std::vector<std::uintptr_t> frames;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    for (int seen = 0; seen < 10 && std::chrono::steady_clock::now() < deadline;) {
      (*sampler)->drain([&](const CpuSample& sample) {
        walk_stack(sample, modules, frames);
        const auto has_name =
            modules.place_of(sample.pc).function.find("spin_for") != std::string::npos;
        if (has_name) ++seen;
        EXPECT_TRUE(counter.add(has_name ? "busy" : "other", frames));
      });
    }
  }
  ended = true;
  busy.join();
  const auto profile = counter.finish(modules, {.period = Nanoseconds{10'000'000}});
  const auto tree = call_tree(profile, [](auto name) { return name == "busy"; });
  EXPECT_GE(tree.total, 10U);
  const auto top = top_functions(profile, 100);
  const auto caller = std::ranges::find_if(top, [](const FunctionCount& each) {
    return each.function.find("calls_what_spins") != std::string::npos;
  });
  ASSERT_NE(caller, top.end());
  EXPECT_GE(caller->total, 9U);
  EXPECT_EQ(caller->self, 0U);
}

TEST(CpuSampler, a_stack_that_is_no_stack_ends_the_walk) {
  const Modules modules;
  auto sample = std::make_unique<CpuSample>();
  std::vector<std::uintptr_t> frames;
  for (const std::uintptr_t fp : {std::uintptr_t{0}, std::uintptr_t{1}, ~std::uintptr_t{0},
                                  ~std::uintptr_t{7}, std::uintptr_t{0x1000}}) {
    sample->pc = reinterpret_cast<std::uintptr_t>(&spin_for_the_sampler) + 1;
    sample->sp = 0x1000;
    sample->fp = fp;
    sample->stack_bytes = 4096;
    for (const unsigned fill : {0U, 0x10U, 0xFFU}) {
      sample->stack.fill(static_cast<std::byte>(fill));
      walk_stack(*sample, modules, frames);
      EXPECT_LE(frames.size(), kStackDepthMax);
      EXPECT_EQ(frames.front(), sample->pc);
      sample->pc = 0x77;  // in no module
      walk_stack(*sample, modules, frames);
      EXPECT_EQ(frames.size(), 1U);
    }
  }
}

}  // namespace
}  // namespace mp::obs
