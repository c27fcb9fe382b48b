#include "sim/rest_match.hpp"

#include <gtest/gtest.h>

namespace mp::sim {
namespace {

// The body of each answer is its target as it was recorded, or what comes after a blank.
RestAnswers answers(std::initializer_list<std::string_view> targets) {
  std::vector<RecordedAnswer> recorded;
  std::uint64_t line = 0;
  for (const std::string_view each : targets) {
    const std::string_view target = each.substr(0, each.find(' '));
    const std::string_view body = target.size() < each.size() ? each.substr(target.size() + 1) : "";
    recorded.push_back({.target = std::string(target),
                        .body = std::string(body.empty() ? target : body),
                        .line = ++line});
  }
  return RestAnswers(std::move(recorded));
}

std::string ask(RestAnswers& from, std::string_view target) {
  const RecordedAnswer* answer = from.take(target);
  return answer == nullptr ? "nothing" : answer->body;
}

TEST(SimRestMatch, the_exact_target_comes_first) {
  auto all = answers({"/depth?limit=5&symbol=A", "/depth?symbol=A&limit=5", "/depth?symbol=A"});
  EXPECT_EQ(ask(all, "/depth?symbol=A&limit=5"), "/depth?symbol=A&limit=5");
  EXPECT_EQ(ask(all, "/depth?symbol=A"), "/depth?symbol=A");
}

TEST(SimRestMatch, then_the_same_parameters_in_any_order) {
  auto all = answers({"/depth?a=1&symbol=A&limit=6", "/depth?limit=5&symbol=A&a=1"});
  EXPECT_EQ(ask(all, "/depth?symbol=A&a=1&limit=5"), "/depth?limit=5&symbol=A&a=1");
}

TEST(SimRestMatch, then_the_most_parameters_in_common_so_that_another_limit_fits) {
  auto all = answers({"/depth?symbol=B&limit=100", "/depth?symbol=A&limit=5000"});
  EXPECT_EQ(ask(all, "/depth?symbol=A&limit=100"), "/depth?symbol=A&limit=5000");
  EXPECT_EQ(ask(all, "/depth?symbol=B"), "/depth?symbol=B&limit=100");
}

TEST(SimRestMatch, a_parameter_that_comes_twice_has_two_values) {
  auto all = answers({"/depth?pair=A&pair=B", "/depth?pair=A&pair=C"});
  EXPECT_EQ(ask(all, "/depth?pair=C&pair=A"), "/depth?pair=A&pair=C");
  EXPECT_EQ(ask(all, "/depth?pair=A&pair=D"), "nothing");
}

TEST(SimRestMatch, never_answers_with_another_symbol) {
  auto all = answers({"/depth?symbol=A&limit=100", "/klines?symbol=A&interval=1m"});
  EXPECT_EQ(ask(all, "/depth?symbol=C&limit=100"), "nothing");
  EXPECT_EQ(ask(all, "/klines?symbol=A&interval=5m"), "nothing");
}

TEST(SimRestMatch, a_listing_of_all_answers_for_a_part_and_a_part_for_all) {
  auto all = answers({"/v1/exchangeInfo", "/instruments?type=OPTION&uly=X", "/instruments?type=Y"});
  EXPECT_EQ(ask(all, "/v1/exchangeInfo?permissions=SPOT"), "/v1/exchangeInfo");
  EXPECT_EQ(ask(all, "/instruments?type=OPTION"), "/instruments?type=OPTION&uly=X");
}

TEST(SimRestMatch, a_parameter_may_have_another_name) {
  auto all = answers({"/i?type=OPTION&uly=BTC-USD", "/i?type=OPTION&uly=ETH-USD", "/i?type=SPOT"});
  EXPECT_EQ(ask(all, "/i?type=OPTION&family=ETH-USD"), "/i?type=OPTION&uly=ETH-USD");
  EXPECT_EQ(ask(all, "/i?type=OPTION&family=SOL-USD"), "nothing");
}

TEST(SimRestMatch, a_path_may_have_another_version_unless_the_same_is_there) {
  auto all = answers({"/api/v1/depth?symbol=A", "/api/v3/depth?symbol=B",
                      "/api/v3/depth?symbol=A&x", "/api/2/public/symbol"});
  EXPECT_EQ(ask(all, "/api/v3/depth?symbol=A&limit=5"), "/api/v3/depth?symbol=A&x");
  EXPECT_EQ(ask(all, "/api/v4/depth?symbol=A"), "/api/v1/depth?symbol=A");
  EXPECT_EQ(ask(all, "/api/3/public/symbol"), "/api/2/public/symbol");
  EXPECT_EQ(ask(all, "/api/v3/ticker?symbol=A"), "nothing");
}

TEST(SimRestMatch, a_symbol_in_the_path_is_not_confused) {
  auto all = answers({"/api/v2/order_book/btcusd", "/api/v2/order_book/xrpusd"});
  EXPECT_EQ(ask(all, "/api/v2/order_book/xrpusd"), "/api/v2/order_book/xrpusd");
  EXPECT_EQ(ask(all, "/api/v2/order_book/xrpusd?group=1"), "/api/v2/order_book/xrpusd");
  EXPECT_EQ(ask(all, "/api/v2/ticker/xrpusd"), "nothing");
}

TEST(SimRestMatch, a_number_in_the_path_is_no_version_where_it_may_be_a_name) {
  auto all = answers({"/v1/markets/7", "/v1/markets/123/book"});
  EXPECT_EQ(ask(all, "/v2/markets/7"), "/v1/markets/7");
  EXPECT_EQ(ask(all, "/v1/markets/8"), "nothing");
  EXPECT_EQ(ask(all, "/v1/markets/124/book"), "nothing");
}

TEST(SimRestMatch, percent_encoding_does_not_matter) {
  auto all = answers({"/depth?symbol=A%2FB&limit=5"});
  EXPECT_EQ(ask(all, "/depth?symbol=A/B&limit=6"), "/depth?symbol=A%2FB&limit=5");
}

TEST(SimRestMatch, what_was_recorded_several_times_comes_in_order_and_the_last_repeats) {
  auto all = answers({"/depth?symbol=A first", "/depth?symbol=B other", "/depth?symbol=A second"});
  EXPECT_EQ(ask(all, "/depth?symbol=A"), "first");
  EXPECT_EQ(ask(all, "/depth?symbol=A"), "second");
  EXPECT_EQ(ask(all, "/depth?symbol=A"), "second");
}

TEST(SimRestMatch, survives_odd_targets) {
  auto all = answers({"/", "/a?", "/b?&&=x&k=&k", ""});
  for (const char* target : {"", "?", "/?&", "//", "/a?=&=", "/b?k", "%", "/v1", "v1"}) {
    (void)all.take(target);
  }
  EXPECT_EQ(ask(all, "/"), "/");
}

}  // namespace
}  // namespace mp::sim
