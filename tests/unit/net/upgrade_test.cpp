#include "net/upgrade.hpp"

#include <gtest/gtest.h>

namespace mp::net {
namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string kGood =
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

UpgradeAnswer read(std::string_view text) {
  std::size_t searched = 0;
  return read_upgrade(text, kKey, "venue.example", searched);
}

LossReason reason_of(std::string_view text) {
  const UpgradeAnswer answer = read(text);
  EXPECT_TRUE(answer.loss.has_value()) << text;
  return answer.loss ? answer.loss->reason : LossReason::stopped;
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

// The sample of RFC 6455, section 1.3.
TEST(Upgrade, knows_the_answer_to_a_key) {
  EXPECT_EQ(upgrade_accept(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(upgrade_key().size(), 24U);
  EXPECT_NE(upgrade_key(), upgrade_key());
}

TEST(Upgrade, asks_as_the_protocol_wants) {
  const std::string text = upgrade_request(*parse_url("wss://h:444/p?q"), kKey);
  EXPECT_TRUE(text.starts_with("GET /p?q HTTP/1.1\r\nHost: h:444\r\n"));
  EXPECT_NE(text.find("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(Upgrade, refuses_lines_without_cr_whatever_has_come_behind_them) {
  const std::string bad = replaced("upgrade:", "Other: a\n\nb\r\nupgrade:");
  EXPECT_EQ(reason_of(bad), LossReason::handshake) << "all of it at once";
  EXPECT_EQ(reason_of(bad.substr(0, bad.find("\n\n") + 2)), LossReason::handshake);
}

TEST(Upgrade, names_its_origin_where_it_has_one) {
  Url url = *parse_url("wss://h/");
  EXPECT_EQ(upgrade_request(url, kKey).find("Origin"), std::string::npos);
  url.origin = "https://exchange.example";
  EXPECT_NE(upgrade_request(url, kKey).find("\r\nOrigin: https://exchange.example\r\n"),
            std::string::npos);
}

TEST(Upgrade, takes_a_good_answer_however_it_is_cut) {
  const std::string stream = kGood + "frames";
  std::size_t searched = 0;
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    const UpgradeAnswer answer =
        read_upgrade(std::string_view(stream).substr(0, size), kKey, "h", searched);
    ASSERT_FALSE(answer.loss);
    ASSERT_EQ(answer.bytes, size < kGood.size() ? 0U : kGood.size());
  }
}

TEST(Upgrade, refuses_an_answer_that_does_not_fit) {
  EXPECT_EQ(reason_of(replaced("s3pP", "S3pP")), LossReason::handshake);
  EXPECT_EQ(reason_of(replaced("upgrade: WebSocket\r\n", "")), LossReason::handshake);
  EXPECT_EQ(reason_of(replaced("keep-alive, Upgrade", "keep-alive")), LossReason::handshake);
  EXPECT_EQ(reason_of(replaced("upgrade:", "Sec-WebSocket-Extensions: x\r\nupgrade:")),
            LossReason::handshake);
  EXPECT_EQ(reason_of(replaced("upgrade:", "Sec-WebSocket-Protocol: x\r\nupgrade:")),
            LossReason::handshake);
  EXPECT_EQ(reason_of(replaced("HTTP/1.1", "HTTP/2.0")), LossReason::handshake);
  EXPECT_EQ(reason_of(replaced("upgrade: WebSocket", "no colon")), LossReason::handshake);
  EXPECT_EQ(reason_of("\r\n\r\n"), LossReason::handshake);
  EXPECT_EQ(reason_of("SSH-2.0-x\r\n\r\n"), LossReason::handshake);
}

TEST(Upgrade, tells_the_status_of_a_refusal) {
  const UpgradeAnswer answer = read("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n\r\nbody");
  ASSERT_TRUE(answer.loss);
  EXPECT_EQ(answer.loss->reason, LossReason::handshake_status);
  EXPECT_EQ(answer.loss->http_status, 429);
  EXPECT_EQ(answer.loss->retry_after, Milliseconds{7'000});
  EXPECT_EQ(read("HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n").loss->http_status, 301);
  EXPECT_EQ(read("HTTP/1.0 403\r\n\r\n").loss->http_status, 403);
}

TEST(Upgrade, limits_the_headers) {
  const std::string start = "HTTP/1.1 101 x\r\nA: ";
  EXPECT_EQ(read(start + std::string(kUpgradeBytesMax - start.size() - 1, 'a')).bytes, 0U);
  EXPECT_EQ(reason_of(start + std::string(kUpgradeBytesMax - start.size(), 'a')),
            LossReason::handshake);
  EXPECT_EQ(reason_of(start + std::string(kUpgradeBytesMax, 'a') + "\r\n\r\n"),
            LossReason::handshake);
}

TEST(RetryAfter, is_seconds_or_a_date) {
  const Timestamp now = *parse_rfc3339("2026-11-24T00:00:00Z");
  EXPECT_EQ(read_retry_after("0", now), Milliseconds{0});
  EXPECT_EQ(read_retry_after("120", now), Milliseconds{120'000});
  EXPECT_EQ(read_retry_after("Tue, 24 Nov 2026 00:00:30 GMT", now), Milliseconds{30'000});
  EXPECT_EQ(read_retry_after("Mon, 23 Nov 2026 00:00:30 GMT", now), Milliseconds{0});
  EXPECT_EQ(read_retry_after("", now), std::nullopt);
  EXPECT_EQ(read_retry_after("soon", now), std::nullopt);
  EXPECT_EQ(read_retry_after("-1", now), std::nullopt);
  EXPECT_EQ(read_retry_after("99999999999999999999", now), std::nullopt);
}

// RFC 9110 15.2: what is said before the answer may be ignored.
TEST(Upgrade, passes_over_interim_answers_however_they_are_cut) {
  const std::string before =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const std::string stream = before + kGood + "frames";
  std::size_t passed = 0;
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    const UpgradeAnswer answer =
        read_upgrade(std::string_view(stream).substr(0, size), kKey, "h", passed);
    ASSERT_FALSE(answer.loss) << size;
    const std::size_t whole = before.size() + kGood.size();
    ASSERT_EQ(answer.bytes, size < whole ? 0U : whole) << size;
  }
}

// RFC 9110 5.3: field lines of one name are one list.
TEST(Upgrade, takes_a_header_that_comes_twice_as_a_list) {
  EXPECT_FALSE(read(replaced("Connection: keep-alive, Upgrade",
                             "Connection: Upgrade\r\nConnection: keep-alive"))
                   .loss);
}

// RFC 6455 11.3.3: it must not.
TEST(Upgrade, refuses_two_accepts) {
  EXPECT_EQ(reason_of(replaced("Sec-WebSocket-Accept",
                               "Sec-WebSocket-Accept: AAAA\r\n"
                               "Sec-WebSocket-Accept")),
            LossReason::handshake);
}

// RFC 9112 5.2: a line that starts with a blank goes on with the one before it.
TEST(Upgrade, joins_folded_headers) {
  EXPECT_FALSE(read(replaced("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept:\r\n ")).loss);
  EXPECT_FALSE(
      read(replaced("Sec-WebSocket-Accept", "X-Info: one\r\n\ttwo\r\nSec-WebSocket-Accept")).loss);
  EXPECT_EQ(reason_of(replaced("upgrade:", " folded\r\nupgrade:")), LossReason::handshake);
}

// RFC 9112 2.2 leaves it to us; waiting for the deadline is no answer.
TEST(Upgrade, refuses_lines_without_cr_at_once) {
  std::string text;
  for (const char c : kGood)
    if (c != '\r') text.push_back(c);
  EXPECT_EQ(reason_of(text), LossReason::handshake);
}

TEST(Upgrade, tells_where_a_refusal_leads_and_what_it_says) {
  const auto moved = read(
      "HTTP/1.1 301 Moved\r\nLocation: wss://new.example/\x1b[2J\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(moved.loss);
  EXPECT_FALSE(moved.more);
  EXPECT_NE(moved.loss->message.find("wss://new.example/"), std::string::npos);
  EXPECT_EQ(moved.loss->message.find('\x1b'), std::string::npos);
  const auto half = read("HTTP/1.1 403 No\r\nContent-Length: 12\r\n\r\nnot from ");
  EXPECT_TRUE(half.loss && half.more);
  const auto whole = read("HTTP/1.1 403 No\r\nContent-Length: 12\r\n\r\nnot from he\n");
  ASSERT_TRUE(whole.loss);
  EXPECT_FALSE(whole.more);
  EXPECT_NE(whole.loss->message.find(": not from he"), std::string::npos);
  EXPECT_EQ(whole.loss->message.find('\n'), std::string::npos);
  const auto chunked =
      read("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nnot here\r\n0\r\n\r\n");
  EXPECT_FALSE(chunked.more);
  EXPECT_TRUE(chunked.loss->message.ends_with(": not here"));
}

// RFC 9110 5.6.7: a recipient must accept all three forms.
TEST(Upgrade, reads_every_form_of_a_date) {
  const Timestamp now{std::chrono::seconds{784'111'747}};
  for (const char* date : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(read_retry_after(date, now), Milliseconds{30'000}) << date;
  }
}

}  // namespace
}  // namespace mp::net
