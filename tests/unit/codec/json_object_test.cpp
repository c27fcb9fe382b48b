#include "codec/json_object.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace mp::codec {
namespace {

TEST(JsonObject, writes_values_of_all_kinds) {
  std::string out;
  {
    JsonObject object{out};
    object.add("text", "a\"b\n");
    object.add("count", std::uint64_t{18'446'744'073'709'551'615U});
    object.add("number", 0.1);
    object.add("no_number", std::numeric_limits<double>::quiet_NaN());
    object.add("truth", true);
    object.add("absent", std::optional<Price>{});
    object.add("price", Price{{9'123'429, -2}});
    object.add("time", Timestamp{std::chrono::nanoseconds{1}});
    object.add("list", std::vector{1, 2});
  }
  EXPECT_EQ(out, R"({"text":"a\"b\n","count":18446744073709551615,"number":0.1,)"
                 R"("no_number":null,"truth":true,"absent":null,"price":"91234.29",)"
                 R"("time":"1970-01-01T00:00:00.000000001Z","list":[1,2]})");
}

TEST(JsonObject, times_before_1970_and_far_away) {
  std::string out;
  append_json_time(Timestamp{std::chrono::nanoseconds{-1}}, JsonTimes::text, out);
  EXPECT_EQ(out, R"("1969-12-31T23:59:59.999999999Z")");
}

}  // namespace
}  // namespace mp::codec
