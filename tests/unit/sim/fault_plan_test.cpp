#include "sim/fault_plan.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "sim/random.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<FaultRule> rules_of(std::string_view plan) {
  const auto rules = parse_fault_plan(plan);
  EXPECT_TRUE(rules.ok()) << rules.error().message;
  return rules.ok() ? *rules : std::vector<FaultRule>{};
}

TEST(SimFaultPlan, reads_every_kind) {
  EXPECT_THAT(
      rules_of("cut@500,mute@500:10s,mute@7,drop@500,drop@500-510,double@1,swap@2,corrupt@3,"
               "delay@4:500ms,refuse@2,refuse@3:500,close@5:1001,http-status@3:429,"
               "drop~0.001:seed=7,delay~1:2m:seed=0,http-status~0.5:seed=3:503"),
      ElementsAre(
          FaultRule{.action = FaultAction::cut, .first = 500, .last = 500},
          FaultRule{.action = FaultAction::mute, .first = 500, .last = 500, .time = 10s},
          FaultRule{.action = FaultAction::mute, .first = 7, .last = 7, .time = 24h * 365},
          FaultRule{.action = FaultAction::drop, .first = 500, .last = 500},
          FaultRule{.action = FaultAction::drop, .first = 500, .last = 510},
          FaultRule{.action = FaultAction::twice, .first = 1, .last = 1},
          FaultRule{.action = FaultAction::swap, .first = 2, .last = 2},
          FaultRule{.action = FaultAction::corrupt, .first = 3, .last = 3},
          FaultRule{.action = FaultAction::delay, .first = 4, .last = 4, .time = 500ms},
          FaultRule{.action = FaultAction::refuse, .first = 2, .last = 2, .code = 503},
          FaultRule{.action = FaultAction::refuse, .first = 3, .last = 3, .code = 500},
          FaultRule{.action = FaultAction::close, .first = 5, .last = 5, .code = 1001},
          FaultRule{.action = FaultAction::http_status, .first = 3, .last = 3, .code = 429},
          FaultRule{.action = FaultAction::drop, .probability = 0.001, .seed = 7},
          FaultRule{.action = FaultAction::delay, .probability = 1, .seed = 0, .time = 2min},
          FaultRule{
              .action = FaultAction::http_status, .probability = 0.5, .seed = 3, .code = 503}));
  EXPECT_TRUE(rules_of("").empty());
}

// Each says what, where, and what was expected.
TEST(SimFaultPlan, refuses_what_it_does_not_understand_in_one_sentence) {
  struct Case {
    std::string_view plan, where, expected;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"crash@5", "\"crash@5\"", "expected drop, double, swap"},
           {",", "\"\"", "expected drop, double, swap"},
           {"cut@5,", "\"\"", "expected drop, double, swap"},
           {"@5", "\"@5\"", "expected drop, double, swap"},
           {"CUT@5", "\"CUT@5\"", "expected drop, double, swap"},
           {" cut@5", "\" cut@5\"", "expected drop, double, swap"},
           {"cut", "\"cut\"", "expected @ and a number, or ~ and a probability"},
           {"cut:5", "\"cut:5\"", "expected @ and a number"},
           {"drop@1,cut@", "\"cut@\"", "expected a number from 1"},
           {"cut@0", "\"cut@0\"", "expected a number from 1"},
           {"cut@-1", "\"cut@-1\"", "expected a number from 1"},
           {"cut@5x", "\"cut@5x\"", "expected a number from 1"},
           {"cut@99999999999999999999", "cut@9999", "expected a number from 1"},
           {"drop@9-3", "\"drop@9-3\"", "two such as 500-510"},
           {"drop@9-", "\"drop@9-\"", "two such as 500-510"},
           {"drop@1-2-3", "\"drop@1-2-3\"", "two such as 500-510"},
           {"drop~0", "\"drop~0\"", "a probability above 0 and up to 1"},
           {"drop~1.1", "\"drop~1.1\"", "a probability above 0 and up to 1"},
           {"drop~nan", "\"drop~nan\"", "a probability above 0 and up to 1"},
           {"drop~-0.5", "\"drop~-0.5\"", "a probability above 0 and up to 1"},
           {"drop~", "\"drop~\"", "a probability above 0 and up to 1"},
           {"drop~0.1:seed=", "seed=", "a whole number after seed="},
           {"drop~0.1:seed=x", "seed=x", "a whole number after seed="},
           {"drop@5:seed=1", "drop@5:seed=1", "expected nothing behind its place"},
           {"drop@5:", "\"drop@5:\"", "expected nothing behind its place"},
           {"drop@5:3", "\"drop@5:3\"", "expected nothing behind its place"},
           {"delay@5", "\"delay@5\"", "expected one time behind its place"},
           {"delay@5:2", "\"delay@5:2\"", "expected one time behind its place"},
           {"delay@5:s", "\"delay@5:s\"", "expected one time behind its place"},
           {"delay@5:0s", "\"delay@5:0s\"", "expected one time behind its place"},
           {"delay@5:2h", "\"delay@5:2h\"", "expected one time behind its place"},
           {"delay@5:2s:2s", "\"delay@5:2s:2s\"", "expected one time behind its place"},
           {"delay@5:9999999999m", "delay@5", "expected one time behind its place"},
           {"mute@5:soon", "\"mute@5:soon\"", "expected at most one time"},
           {"close@5", "\"close@5\"", "expected one close code from 1000 to 4999"},
           {"close@5:999", "\"close@5:999\"", "expected one close code from 1000 to 4999"},
           {"close@5:5000", "\"close@5:5000\"", "expected one close code from 1000 to 4999"},
           {"refuse@2:200", "\"refuse@2:200\"", "expected at most one HTTP status from 400 to 599"},
           {"http-status@3", "\"http-status@3\"", "expected one HTTP status from 400 to 599"},
           {"http-status@3:42", "http-status@3:42", "expected one HTTP status from 400 to 599"},
       }) {
    const auto rules = parse_fault_plan(each.plan);
    ASSERT_FALSE(rules.ok()) << each.plan;
    EXPECT_EQ(rules.error().kind, ErrorKind::usage);
    EXPECT_THAT(rules.error().message, HasSubstr(each.where)) << each.plan;
    EXPECT_THAT(rules.error().message, HasSubstr(each.expected)) << each.plan;
  }
}

TEST(SimFaultPlan, is_bounded) {
  std::string plan = "cut@1";
  for (std::size_t i = 1; i < kFaultRulesMax; ++i) plan += ",cut@1";
  EXPECT_EQ(rules_of(plan).size(), kFaultRulesMax);
  const auto rules = parse_fault_plan(plan + ",cut@1");
  ASSERT_FALSE(rules.ok());
  EXPECT_THAT(rules.error().message, HasSubstr("at most 64"));
  const auto longer = parse_fault_plan(std::string(1U << 20U, 'x'));
  ASSERT_FALSE(longer.ok());
  EXPECT_LT(longer.error().message.size(), 300U);
}

// Damaged plans are refused or understood, and never more than that.
TEST(SimFaultPlan, survives_any_bytes) {
  const std::string good = "cut@500,mute@5:10s,drop~0.001:seed=7,close@5:1001,http-status@3-4:429";
  Random random(1);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string plan = good;
    for (std::int64_t i = random.below(4); i >= 0; --i) {
      const auto at = static_cast<std::size_t>(random.below(static_cast<int>(plan.size())));
      if (random.below(3) == 0) {
        plan.erase(at, static_cast<std::size_t>(random.below(9)));
      } else {
        plan[at] = random.below(2) == 0 ? "@~:,-=.0s"[random.below(9)]
                                        : static_cast<char>(random.below(256));
      }
      if (plan.empty()) break;
    }
    const auto rules = parse_fault_plan(plan);
    if (!rules) {
      ++refused;
      continue;
    }
    for (const FaultRule& rule : *rules) {
      EXPECT_TRUE(rule.first == 0 ? rule.probability > 0 : rule.first <= rule.last) << plan;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 20'000);
}

TEST(SimFaultPlan, a_place_belongs_to_the_first_session_that_comes_so_far) {
  Faults faults(rules_of("drop@3-4,corrupt@4"));
  EXPECT_FALSE(faults.at_frame(1, 2).drop);
  EXPECT_TRUE(faults.at_frame(2, 3).drop);
  EXPECT_FALSE(faults.at_frame(1, 3).drop);
  EXPECT_TRUE(faults.at_frame(1, 4).corrupt);
  EXPECT_TRUE(faults.at_frame(2, 4).drop);
  EXPECT_FALSE(faults.at_frame(2, 4).corrupt);
  EXPECT_FALSE(faults.at_frame(2, 5).drop);
}

TEST(SimFaultPlan, chance_is_the_same_for_the_same_seed_and_near_its_probability) {
  const auto dropped = [](std::string_view plan, std::uint64_t session) {
    Faults faults(rules_of(plan));
    std::vector<std::uint64_t> frames;
    for (std::uint64_t frame = 1; frame <= 100'000; ++frame) {
      if (faults.at_frame(session, frame).drop) frames.push_back(frame);
    }
    return frames;
  };
  const auto first = dropped("drop~0.01:seed=7", 1);
  EXPECT_NEAR(static_cast<double>(first.size()), 1000.0, 150.0);
  EXPECT_EQ(first, dropped("drop~0.01:seed=7", 1));
  EXPECT_NE(first, dropped("drop~0.01:seed=8", 1));
  EXPECT_NE(first, dropped("drop~0.01:seed=7", 2));
  EXPECT_EQ(dropped("drop~1", 1).size(), 100'000U);
}

TEST(SimFaultPlan, counts_upgrades_and_rest_calls) {
  Faults faults(rules_of("refuse@2,http-status@1-2:429"));
  EXPECT_EQ(faults.at_upgrade(), std::nullopt);
  EXPECT_EQ(faults.at_upgrade(), 503U);
  EXPECT_EQ(faults.at_upgrade(), std::nullopt);
  EXPECT_EQ(faults.at_rest_call(), 429U);
  EXPECT_EQ(faults.at_rest_call(), 429U);
  EXPECT_EQ(faults.at_rest_call(), std::nullopt);
}

}  // namespace
}  // namespace mp::sim
