#include "net/proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/net/support/meeting.hpp"

namespace mp::net {
namespace {

using std::chrono::seconds;
using test::Meeting;
using test::Peer;
using test::Wire;
using testing::HasSubstr;
using testing::Not;
using Step = ProxyTalk::Step;

TEST(Proxy, is_read_with_or_without_a_login) {
  EXPECT_EQ(*parse_proxy("http://proxy.example:3128"),
            (Proxy{.kind = ProxyKind::http, .host = "proxy.example", .port = 3128}));
  EXPECT_EQ(*parse_proxy("socks5h://me:p%40%3Ass@[::1]:1080/"), (Proxy{.kind = ProxyKind::socks5h,
                                                                       .host = "::1",
                                                                       .port = 1080,
                                                                       .user = "me",
                                                                       .password = "p@:ss"}));
}

TEST(Proxy, is_refused_without_telling_its_password) {
  for (const char* text : {"", "proxy:3128", "https://h:1", "http://h", "http://[::1]",
                           "http://h:0", "http://h:1/path", "socks5://:secret@h:1",
                           "socks4://u:secret@h:1", "http://u:secret%4@h:1", "http://u:secret@h"}) {
    const auto proxy = parse_proxy(text);
    ASSERT_FALSE(proxy) << text;
    EXPECT_EQ(proxy.error().kind, ErrorKind::config);
    EXPECT_THAT(proxy.error().message, Not(HasSubstr("secret"))) << text;
  }
}

TEST(Proxy, is_passed_by_for_hosts_that_are_named) {
  EXPECT_TRUE(named_in("*", "a.example"));
  EXPECT_TRUE(named_in("localhost, .example", "a.example"));
  EXPECT_TRUE(named_in("a.example", "a.example"));
  EXPECT_TRUE(named_in("A.Example", "a.example"));
  EXPECT_TRUE(named_in(".EXAMPLE", "a.example"));
  EXPECT_TRUE(named_in("127.0.0.1,::1", "::1"));
  EXPECT_FALSE(named_in("example", "badexample"));
  EXPECT_FALSE(named_in("", "a.example"));
  EXPECT_FALSE(named_in(", ,", "a.example"));
}

// The whole answer, then the same byte by byte.
void hear(const Proxy& proxy, std::initializer_list<std::string> answers,
          std::initializer_list<std::string> expected) {
  for (const bool whole : {true, false}) {
    ProxyTalk talk(proxy, "h.example", 443);
    auto wanted = expected.begin();
    EXPECT_EQ(talk.take(), *wanted++);
    Step step = Step::more;
    for (const std::string& answer : answers) {
      ASSERT_EQ(step, Step::more);
      if (whole) step = talk.read(answer);
      for (std::size_t i = 0; !whole && i < answer.size(); ++i)
        step = talk.read(answer.substr(i, 1));
      if (wanted != expected.end()) EXPECT_EQ(talk.take(), *wanted++);
    }
    EXPECT_EQ(step, Step::done) << talk.problem();
  }
}

TEST(ProxyTalk, connects_by_http) {
  hear({.kind = ProxyKind::http, .host = "p", .port = 1, .user = "me", .password = "x"},
       {"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"},
       {"CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n"
        "Proxy-Authorization: Basic bWU6eA==\r\nUser-Agent: marketprism\r\n\r\n"});
}

TEST(ProxyTalk, connects_by_socks5) {
  const std::string ask = std::string{"\x05\x01\x00\x03\x09", 5} + "h.example" + "\x01\xbb";
  const std::string granted{"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", 10};
  hear({.kind = ProxyKind::socks5h, .host = "p", .port = 1}, {std::string{"\x05\x00", 2}, granted},
       {std::string{"\x05\x01\x00", 3}, ask});
  hear({.kind = ProxyKind::socks5h, .host = "p", .port = 1, .user = "me", .password = "x"},
       {"\x05\x02", std::string{"\x01\x00", 2}, granted},
       {std::string{"\x05\x02\x00\x02", 4}, std::string{"\x01\x02me\x01x"}, ask});
}

std::string refusal_of(const Proxy& proxy, std::initializer_list<std::string> answers) {
  ProxyTalk talk(proxy, "h.example", 443);
  Step step = Step::more;
  for (const auto& answer : answers) step = talk.read(answer);
  EXPECT_EQ(step, Step::refused);
  return talk.problem();
}

TEST(ProxyTalk, tells_why_it_is_refused) {
  const Proxy http{.kind = ProxyKind::http, .host = "p", .port = 1};
  const Proxy socks{.kind = ProxyKind::socks5h, .host = "p", .port = 1};
  EXPECT_THAT(refusal_of(http, {"HTTP/1.1 407 Login\x1b[2J\r\n\r\n"}),
              testing::AllOf(HasSubstr("p:1"), HasSubstr("h.example:443"), HasSubstr("407 Login"),
                             Not(HasSubstr("\x1b"))));
  EXPECT_THAT(refusal_of(http, {"SSH-2.0\r\n\r\n"}), HasSubstr("not HTTP"));
  EXPECT_THAT(refusal_of(http, {std::string(20'000, 'x')}), HasSubstr("16 KiB"));
  EXPECT_THAT(refusal_of(http, {"HTTP/1.1 200 OK\r\n\r\nmore"}), HasSubstr("more than"));
  EXPECT_THAT(refusal_of(socks, {"HT"}), HasSubstr("SOCKS5"));
  EXPECT_THAT(refusal_of(socks, {"\x05\x02"}), HasSubstr("user and password"));
  EXPECT_THAT(refusal_of(socks, {"\x05\xff"}), HasSubstr("user and password"));
  EXPECT_THAT(refusal_of(socks, {std::string{"\x05\x00", 2}, std::string{"\x05\x05", 2}}),
              HasSubstr("refused"));
}

// The proxy and the venue behind it are one scripted server: what comes after the proxy's word is
// the venue's.
TEST(WebSocketOpen, goes_through_a_proxy_that_it_is_given) {
  Meeting meeting(Wire::plain);
  Url venue = *parse_url("ws://venue.invalid:81/stream");
  venue.via = Proxy{.kind = ProxyKind::http, .host = "127.0.0.1", .port = meeting.server.port()};
  meeting.url = venue;
  std::string asked;
  meeting.play([&](Peer& peer) -> Task<void> {
    asked = co_await peer.read_head();
    co_await peer.write("HTTP/1.1 200 OK\r\n\r\n");
    co_await peer.upgrade();
    co_await peer.write_frame(Opcode::text, "through");
    co_await peer.end();
  });
  EXPECT_TRUE(asked.starts_with("CONNECT venue.invalid:81 HTTP/1.1\r\n")) << asked;
  EXPECT_TRUE(meeting.opened);
  EXPECT_EQ(meeting.sink.messages, std::vector<std::string>{"through"});
}

TEST(WebSocketOpen, tells_why_a_proxy_does_not_connect) {
  Meeting meeting(Wire::plain);
  meeting.url = *parse_url("wss://venue.invalid/stream");
  meeting.url.via =
      Proxy{.kind = ProxyKind::http, .host = "127.0.0.1", .port = meeting.server.port()};
  meeting.play([](Peer& peer) -> Task<void> {
    const std::string asked = co_await peer.read_head();
    EXPECT_NE(asked, "");
    co_await peer.write("HTTP/1.1 403 Forbidden\r\n\r\n");
    co_await peer.read_to_end();
  });
  ASSERT_TRUE(meeting.loss);
  EXPECT_EQ(meeting.loss->reason, LossReason::refused);
  EXPECT_THAT(meeting.loss->message, HasSubstr("403 Forbidden"));
}

TEST(WebSocketOpen, does_not_wait_for_a_proxy_beyond_the_deadline) {
  Meeting meeting(Wire::plain);
  meeting.url = *parse_url("ws://127.0.0.1:1/stream");
  meeting.url.via =
      Proxy{.kind = ProxyKind::socks5, .host = "127.0.0.1", .port = meeting.server.port()};
  meeting.play([](Peer& peer) -> Task<void> { co_await peer.read_to_end(); }, Milliseconds{100});
  ASSERT_TRUE(meeting.loss);
  EXPECT_EQ(meeting.loss->reason, LossReason::timeout);
}

}  // namespace
}  // namespace mp::net
