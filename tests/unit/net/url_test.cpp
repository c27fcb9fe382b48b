#include "net/url.hpp"

#include <gtest/gtest.h>

namespace mp::net {
namespace {

TEST(Url, reads_scheme_host_port_and_target) {
  const auto url = parse_url("wss://Stream.Example.com:9443/ws/btcusdt@trade?x=1#part");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->scheme, Scheme::wss);
  EXPECT_EQ(url->host, "stream.example.com");
  EXPECT_EQ(url->port, 9443);
  EXPECT_EQ(url->target, "/ws/btcusdt@trade?x=1");
  EXPECT_EQ(url->authority(), "stream.example.com:9443");
  EXPECT_EQ(url->without_query(), "wss://stream.example.com:9443/ws/btcusdt@trade");
}

TEST(Url, knows_the_ports_of_its_schemes) {
  EXPECT_EQ(parse_url("http://a")->port, 80);
  EXPECT_EQ(parse_url("https://a")->port, 443);
  EXPECT_EQ(parse_url("ws://a")->port, 80);
  EXPECT_EQ(parse_url("WSS://a")->port, 443);
  EXPECT_EQ(parse_url("https://a")->target, "/");
  EXPECT_EQ(parse_url("https://a?q")->target, "/?q");
  EXPECT_EQ(parse_url("https://a:443/")->authority(), "a");
}

TEST(Url, reads_addresses_in_brackets) {
  const auto url = parse_url("ws://[::1]:8080/x");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
  EXPECT_EQ(parse_url("ws://[2001:DB8::1]/")->authority(), "[2001:db8::1]");
}

TEST(Url, refuses_what_is_no_address) {
  for (const char* text :
       {"", "example.com", "ftp://a", "wss://", "wss:///x", "wss://a:0", "wss://a:65536",
        "wss://a:", "wss://a:1x", "wss://a b", "wss://a/\r\nX: y", "wss://user:word@a/",
        "wss://[::1", "wss://[::1]x", "wss://[]", "wss://a_b$/", "wss://\xc3\xbc/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::config) << text;
    EXPECT_EQ(url.error().message.find("word"), std::string::npos);
  }
  EXPECT_FALSE(parse_url("ws://" + std::string(254, 'a')).ok());
  EXPECT_FALSE(parse_url("ws://a/" + std::string(kUrlBytesMax, 'a')).ok());
}

}  // namespace
}  // namespace mp::net
