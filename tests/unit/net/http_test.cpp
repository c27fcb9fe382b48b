#include "net/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <vector>

#include "unit/net/support/peer.hpp"
#include "unit/net/support/pki.hpp"

namespace mp::net {
namespace {

using std::chrono::seconds;
using test::Peer;
using test::Pki;
using test::Server;
using testing::HasSubstr;
using Answers = std::vector<std::string>;

const Pki& pki() {
  static const Pki made;
  return made;
}

std::string sized(std::string_view body, std::string_view more = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// A server; each of its connections answers requests with the texts given for it, then ends.
class Stage {
 public:
  explicit Stage(HttpConfig config = {}, bool encrypted = true)
      : identity(pki().issue()),
        tls(TlsContext::create({.ca_file = pki().ca_file()}).take()),
        server(io, encrypted ? &identity : nullptr),
        url(*parse_url(server.url(encrypted ? "https" : "http", "/api/v3/depth?symbol=X"))),
        client(io, tls, config) {}

  void serve(std::vector<Answers> connections) {
    boost::asio::co_spawn(io, accept(std::move(connections)), boost::asio::detached);
  }
  Task<void> accept(std::vector<Answers> connections) {
    for (Answers& answers : connections) {
      Peer peer = co_await server.accept();
      boost::asio::co_spawn(io, answer(std::move(peer), std::move(answers)), boost::asio::detached);
    }
    server.close();
  }
  Task<void> answer(Peer peer, Answers answers) {
    for (std::string& text : answers) {
      requests.push_back(co_await peer.read_head());
      if (requests.back().empty()) co_return;
      co_await peer.write(std::move(text));
    }
    co_await peer.end();
  }

  // One GET after the other.
  std::vector<Result<HttpResponse>> get(int count, Milliseconds patience = seconds{10}) {
    std::vector<Result<HttpResponse>> out;
    boost::asio::co_spawn(io, get_each(count, patience, out), boost::asio::detached);
    test::run(io);
    return out;
  }
  Task<void> get_each(int count, Milliseconds patience, std::vector<Result<HttpResponse>>& out) {
    for (int index = 0; index < count; ++index) {
      HttpRequest request;
      request.url = url;
      request.wanted_header = wanted_header;
      out.push_back(co_await client.request(std::move(request), steady_now() + patience));
    }
    client.cancel();
  }

  boost::asio::io_context io;
  test::KeyAndCertificate identity;
  TlsContext tls;
  Server server;
  Url url;
  std::vector<std::string> requests;
  std::string wanted_header;
  HttpClient client;
};

TEST(HttpClient, reuses_a_kept_connection) {
  for (const bool encrypted : {true, false}) {
    Stage stage({}, encrypted);
    stage.serve({{sized("one"), sized("two"), sized("three")}});
    const auto got = stage.get(3);
    ASSERT_EQ(got.size(), 3U);
    for (const auto& one : got) ASSERT_TRUE(one.ok()) << one.error().message;
    EXPECT_EQ(got[0]->body, "one");
    EXPECT_EQ(got[2]->body, "three");
    EXPECT_EQ(got[2]->status, 200);
    EXPECT_EQ(stage.client.counters().connects, 1U);
    EXPECT_EQ(stage.client.counters().reused, 2U);
    EXPECT_TRUE(stage.requests[0].starts_with("GET /api/v3/depth?symbol=X HTTP/1.1\r\nHost: "));
  }
}

TEST(HttpClient, repeats_a_request_once_when_a_kept_connection_was_dead) {
  Stage stage;
  stage.serve({{sized("one")}, {sized("two")}});
  const auto got = stage.get(2);
  ASSERT_TRUE(got[1].ok()) << got[1].error().message;
  EXPECT_EQ(got[1]->body, "two");
  EXPECT_EQ(stage.client.counters().connects, 2U);
}

TEST(HttpClient, repeats_a_request_once_when_the_server_ends_instead_of_answering) {
  Stage stage;
  stage.serve({{sized("one"), ""}, {sized("two"), ""}, {""}});
  const auto got = stage.get(3);
  ASSERT_TRUE(got[1].ok()) << got[1].error().message;
  EXPECT_EQ(got[1]->body, "two");
  // The third is repeated, too; the fresh connection ends as well, and that is the answer.
  EXPECT_FALSE(got[2].ok());
  EXPECT_EQ(stage.client.counters().retried, 2U);
  EXPECT_EQ(stage.requests.size(), 5U);
}

TEST(HttpClient, reads_chunked_bodies_and_bodies_that_end_with_the_connection) {
  Stage stage;
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n "
      "world\r\n0\r\n\r\n";
  stage.serve({{chunked, "HTTP/1.1 200 OK\r\n\r\nto the end"}});
  const auto got = stage.get(2);
  ASSERT_TRUE(got[0].ok());
  EXPECT_EQ(got[0]->body, "hello world");
  ASSERT_TRUE(got[1].ok()) << got[1].error().message;
  EXPECT_EQ(got[1]->body, "to the end");
}

TEST(HttpClient, hands_over_any_status_and_retry_after) {
  Stage stage;
  stage.serve({{"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy",
                "HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"}});
  const auto got = stage.get(2);
  EXPECT_EQ(got[0]->status, 429);
  EXPECT_EQ(got[0]->retry_after, Milliseconds{7'000});
  EXPECT_EQ(got[0]->body, "busy");
  EXPECT_EQ(got[1]->status, 301);
  EXPECT_EQ(got[1]->retry_after, std::nullopt);
}

TEST(HttpClient, reads_a_large_body_and_refuses_a_larger_one) {
  const std::string large(2'000'000, 'b');
  Stage stage({.body_bytes_max = large.size()});
  stage.serve({{sized(large)}, {sized(large + "x")}});
  const auto got = stage.get(2);
  ASSERT_TRUE(got[0].ok());
  EXPECT_EQ(got[0]->body, large);
  ASSERT_FALSE(got[1].ok());
  EXPECT_EQ(got[1].error().kind, ErrorKind::data);
  EXPECT_THAT(got[1].error().message, HasSubstr("body limit"));
}

TEST(HttpClient, refuses_what_is_not_http_and_answers_cut_short) {
  Stage stage;
  stage.serve({{"SSH-2.0\r\n\r\n"},
               {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"},
               {"HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'a')}});
  const auto got = stage.get(3);
  for (const auto& one : got) EXPECT_FALSE(one.ok());
  EXPECT_EQ(got[0].error().kind, ErrorKind::data);
  EXPECT_EQ(got[1].error().kind, ErrorKind::unavailable);
  EXPECT_EQ(got[2].error().kind, ErrorKind::data);
}

Task<void> hold(Server& server) {
  Peer peer = co_await server.accept();
  server.close();
  co_await peer.read_to_end();
}

TEST(HttpClient, does_not_wait_beyond_the_deadline) {
  Stage stage;
  boost::asio::co_spawn(stage.io, hold(stage.server), boost::asio::detached);
  const auto got = stage.get(1, Milliseconds{300});
  ASSERT_FALSE(got[0].ok());
  EXPECT_EQ(got[0].error().kind, ErrorKind::unavailable);
  EXPECT_THAT(got[0].error().message, HasSubstr("by the deadline"));
  EXPECT_EQ(got[0].error().message.find("symbol=X"), std::string::npos);
}

TEST(HttpClient, refuses_a_certificate_as_a_matter_of_permission) {
  Stage stage;
  const auto identity = pki().issue({.issuer = test::Certificate::Issuer::self});
  Server bad(stage.io, &identity);
  stage.server.close();
  stage.url = *parse_url(bad.url("https"));
  boost::asio::co_spawn(stage.io, hold(bad), boost::asio::detached);
  const auto got = stage.get(1);
  ASSERT_FALSE(got[0].ok());
  EXPECT_EQ(got[0].error().kind, ErrorKind::permission);
}

Task<void> get_one(Stage& stage, int& open_most, int& done, int all) {
  const auto got = co_await stage.client.get(stage.url, steady_now() + seconds{10});
  EXPECT_TRUE(got.ok());
  open_most = std::max(open_most, static_cast<int>(stage.client.open_connections()));
  if (++done == all) stage.client.cancel();
}

TEST(HttpClient, opens_no_more_connections_than_it_may) {
  Stage stage({.connections_per_host = 2});
  stage.serve({Answers(20, sized("x")), Answers(20, sized("x"))});
  int open_most = 0;
  int done = 0;
  for (int index = 0; index < 20; ++index) {
    boost::asio::co_spawn(stage.io, get_one(stage, open_most, done, 20), boost::asio::detached);
  }
  test::run(stage.io);
  EXPECT_EQ(done, 20);
  EXPECT_LE(open_most, 2);
  EXPECT_EQ(stage.client.counters().connects, 2U);
}

Task<void> post_one(Stage& stage, Result<HttpResponse>& out, std::string header) {
  HttpRequest request;
  request.method = HttpMethod::post;
  request.url = stage.url;
  request.body = "{\"type\":\"meta\"}";
  request.headers.emplace_back("X-Test", std::move(header));
  out = co_await stage.client.request(std::move(request), steady_now() + seconds{10});
  stage.client.cancel();
}

TEST(HttpClient, posts_a_body_and_refuses_line_breaks_in_headers) {
  Stage stage;
  stage.serve({{sized("ok")}});
  Result<HttpResponse> out = Error{};
  boost::asio::co_spawn(stage.io, post_one(stage, out, "a\r\nEvil: b"), boost::asio::detached);
  stage.io.run_one();
  boost::asio::co_spawn(stage.io, post_one(stage, out, "value"), boost::asio::detached);
  test::run(stage.io);
  ASSERT_TRUE(out.ok()) << out.error().message;
  ASSERT_EQ(stage.requests.size(), 1U);
  EXPECT_THAT(stage.requests[0], HasSubstr("POST /api/v3/depth"));
  EXPECT_THAT(stage.requests[0], HasSubstr("\r\nContent-Length: 15\r\n"));
  EXPECT_THAT(stage.requests[0], HasSubstr("\r\nX-Test: value\r\n"));
}

// RFC 9110 15.2: what is said before the answer is not the answer.
TEST(HttpClient, passes_over_interim_answers) {
  Stage stage;
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  stage.serve({{"HTTP/1.1 100 Continue\r\n\r\n" + sized("one"), hints + hints + sized("two")}});
  const auto got = stage.get(2);
  for (const auto& one : got) ASSERT_TRUE(one.ok()) << one.error().message;
  EXPECT_EQ(got[0]->body, "one");
  EXPECT_EQ(got[1]->body, "two");
  EXPECT_EQ(stage.client.counters().connects, 1U);
}

TEST(HttpClient, ends_a_row_of_interim_answers_that_has_no_end) {
  Stage stage;
  std::string row;
  for (int i = 0; i < 100; ++i) row += "HTTP/1.1 102 Processing\r\n\r\n";
  stage.serve({{row + sized("late")}});
  const auto got = stage.get(1);
  ASSERT_FALSE(got[0].ok());
  EXPECT_THAT(got[0].error().message, HasSubstr("interim"));
}

TEST(HttpClient, refuses_a_header_over_its_limit_however_it_comes) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "X: " + std::string(980, 'y') + "\r\n";
  Stage stage;
  stage.serve({{sized("x", many)}});
  const auto got = stage.get(1);
  ASSERT_FALSE(got[0].ok());
  EXPECT_THAT(got[0].error().message, HasSubstr("limit"));
}

TEST(HttpClient, tells_how_a_body_is_encoded_and_where_a_redirect_leads) {
  Stage stage;
  stage.serve({{sized("x", "Content-Encoding: GZip\r\nLocation: /elsewhere\r\n")}});
  const auto got = stage.get(1);
  ASSERT_TRUE(got[0].ok());
  EXPECT_EQ(got[0]->encoding, "gzip");
  EXPECT_EQ(got[0]->location, "/elsewhere");
}

TEST(HttpClient, hands_over_the_header_that_was_wanted_in_any_case_of_letters) {
  Stage stage;
  stage.serve({{sized("x", "x-mbx-used-weight-1m: 25\r\n"), sized("x"), sized("x", "A: b\r\n")}});
  stage.wanted_header = "X-MBX-USED-WEIGHT-1M";
  const auto got = stage.get(3);
  EXPECT_EQ(got[0]->wanted_header, "25");
  EXPECT_EQ(got[1]->wanted_header, "");
  EXPECT_EQ(got[2]->wanted_header, "");
}

TEST(HttpClient, waits_for_the_next_byte_no_longer_than_the_read_deadline) {
  Stage stage({.read_deadline = Milliseconds{20}});
  stage.serve({{"HTTP/1.1 200 OK\r\nContent-", ""}});
  const auto got = stage.get(1, seconds{15});
  ASSERT_FALSE(got[0].ok());
  EXPECT_THAT(got[0].error().message, HasSubstr("by the deadline"));
}

}  // namespace
}  // namespace mp::net
