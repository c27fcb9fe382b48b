#include "sim/replies.hpp"

#include <gmock/gmock.h>

namespace mp::sim {
namespace {

TEST(SimReplies, answers_the_common_forms_of_a_text_ping) {
  struct Case {
    std::string_view ping, pong;
  };
  PingReplies replies;
  for (const Case& each : std::initializer_list<Case>{
           {"ping", "pong"},
           {R"({"op":"ping"})", R"({"op":"pong"})"},
           {R"({"req_id":"100001","op":"ping"})", R"({"op":"pong","req_id":"100001"})"},
           {R"({"op":"ping","id":7})", R"({"op":"pong","id":7})"},
           {R"({"method":"ping"})", R"({"channel":"pong"})"},
           {R"({"method":"ping","req_id":101})", R"({"method":"pong","req_id":101})"},
           {R"({"method":"PING"})", R"({"code":0,"msg":"PONG"})"},
           {R"({"event":"ping","reqid":42})", R"({"event":"pong","reqid":42})"},
           {R"({"event":"ping","cid":1})", R"({"event":"pong","cid":1})"},
           {R"({"id":"1545910590801","type":"ping"})", R"({"type":"pong","id":"1545910590801"})"},
           {R"({"id":1,"method":"server.ping","params":[]})",
            R"({"error":null,"result":"pong","id":1})"},
           {R"({"time":1545404023,"channel":"spot.ping"})",
            R"({"channel":"spot.pong","time":1545404023})"},
           {R"({"ping":18212558000})", R"({"pong":18212558000})"},
       }) {
    EXPECT_EQ(replies.answer_to(each.ping), each.pong) << each.ping;
  }
}

TEST(SimReplies, takes_nothing_else_for_a_ping) {
  PingReplies replies;
  for (const char* text : {"", "pong", "pingping", R"({"op":"subscribe","args":["ping"]})",
                           R"({"pong":1})", R"(["ping"])", R"({"op":["ping"]})", R"({"ping":"x"})",
                           "{", R"({"op":"ping")", "\xff\xfe"}) {
    EXPECT_EQ(replies.answer_to(text), std::nullopt) << text;
  }
  EXPECT_EQ(replies.answer_to(R"({"op":"ping","id":")" + std::string(5000, 'x') + "\"}"),
            std::nullopt);
}

TEST(SimReplies, a_token_leads_to_this_server) {
  const auto answer = token_answer("/api/v1/bullet-public", "wss://127.0.0.1:9");
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(*answer, testing::HasSubstr(R"("endpoint":"wss://127.0.0.1:9/endpoint")"));
  EXPECT_EQ(token_answer("/api/v1/symbols", "wss://127.0.0.1:9"), std::nullopt);
}

}  // namespace
}  // namespace mp::sim
