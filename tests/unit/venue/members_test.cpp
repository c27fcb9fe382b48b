#include "venue/members.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mp::venue {
namespace {

// "key=value;" for each member, or "none".
std::string members(std::string_view json) {
  std::vector<JsonMember> found;
  if (!members_of(json, found)) return "none";
  std::string out;
  for (const auto& [key, value] : found) out.append(key).append("=").append(value).append(";");
  return out;
}

TEST(Members, are_those_of_the_object_itself) {
  EXPECT_EQ(members(R"({})"), "");
  EXPECT_EQ(members(R"({"A-B":{"x":1,"y":{"z":[2,{}]}},"C":[1,"]"],"d":null , "e": "f,}" })"),
            R"(A-B={"x":1,"y":{"z":[2,{}]}};C=[1,"]"];d=null;e="f,}";)");
  EXPECT_EQ(members(" {\n\"a\\\"\" :\t1\r}\n"), "a\\\"=1;");
}

TEST(Members, of_what_is_no_object_are_none) {
  for (const auto* text : {"",           " ",         "[]",        "1",           "{",
                           "}",          "{\"",       "{\"a",      "{\"a\"",      "{\"a\":",
                           "{\"a\":}",   "{\"a\":1",  "{\"a\":1,", "{\"a\":1,}",  "{\"a\":1}}",
                           "{\"a\":1}x", "{\"a\" 1}", "{a:1}",     "{\"a\":\"b}", "{\"a\":\"\\",
                           "{\"a\":]}",  "{\"a\":{}", "{,}"})
    EXPECT_EQ(members(text), "none") << text;
}

}  // namespace
}  // namespace mp::venue
