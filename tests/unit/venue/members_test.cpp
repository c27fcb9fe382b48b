#include "venue/members.hpp"

#include <gtest/gtest.h>

#include <string>

#include "codec/json_scanner.hpp"

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

struct Named {
  std::string_view symbol;
  std::int64_t number = 0;
};
using NumberShape = codec::Loose<codec::Field<"n", &Named::number>>;
using OwnShape = codec::Loose<codec::Field<"s", &Named::symbol, codec::kKept>,
                              codec::Field<"n", &Named::number>>;

// "symbol=number;" for each member, or "none".
template <class S>
std::string messages(std::string_view json) {
  codec::Scanner in;
  std::vector<JsonMember> found;
  codec::RowList<Named> read;
  if (!members_of(json, found) || !read_members<S>(in, found, read)) return "none";
  std::string out;
  for (const Named& each : read)
    out.append(each.symbol).append("=").append(std::to_string(each.number)).append(";");
  return out;
}

TEST(Members, are_messages_whose_symbol_is_the_key_unless_they_say_another) {
  constexpr std::string_view kTwo = R"({"A":{"n":1,"s":"X"},"B":{"n":2}})";
  EXPECT_EQ(messages<NumberShape>(kTwo), "A=1;B=2;");
  EXPECT_EQ(messages<OwnShape>(kTwo), "X=1;B=2;");
  EXPECT_EQ(messages<NumberShape>("{}"), "");
  for (const auto* text : {R"({"A":{"n":1},"B":3})", R"({"A":{}})", "[]"})
    EXPECT_EQ(messages<NumberShape>(text), "none") << text;
}

}  // namespace
}  // namespace mp::venue
