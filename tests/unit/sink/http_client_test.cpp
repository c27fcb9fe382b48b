#include "sink/http_client.hpp"

#include <gtest/gtest.h>

#include "codec/gzip_stream.hpp"
#include "core/inflate.hpp"

namespace mp::sink {
namespace {

TEST(HttpClient, tells_what_is_wrong_with_the_data_from_all_else) {
  const auto outcome = [](int status) { return outcome_of(HttpAnswer{.status = status}); };
  EXPECT_EQ(outcome(200), Outcome::done);
  EXPECT_EQ(outcome(204), Outcome::done);
  for (const int status : {400, 413, 422}) EXPECT_EQ(outcome(status), Outcome::permanent) << status;
  for (const int status : {0, 302, 401, 403, 404, 408, 429, 500, 502, 503})
    EXPECT_EQ(outcome(status), Outcome::retriable) << status;
}

TEST(HttpClient, shows_the_first_sentence_of_an_answer) {
  EXPECT_EQ(first_sentence("Code: 60. DB::Exception: Table x.y doesn't exist. (version 1)\nat"),
            "Code: 60. DB::Exception: Table x.y doesn't exist");
  EXPECT_EQ(first_sentence("\x1B[2Jno"), "\xEF\xBF\xBD[2Jno");
}

TEST(HttpClient, encodes_what_stands_in_a_query) {
  EXPECT_EQ(url_encoded("a b&c=`d`\xC3"), "a%20b%26c%3D%60d%60%C3");
}

TEST(HttpClient, says_that_nobody_answers) {
  HttpClient client{{.url = "http://127.0.0.1:1",
                     .user = {},
                     .password = {},
                     .headers = {},
                     .ca_file = {},
                     .timeout = std::chrono::milliseconds{2'000}}};
  const auto answer = client.call({.target = "/", .body = "x"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.problem.starts_with("no answer from http://127.0.0.1:1: ")) << answer.problem;
  EXPECT_EQ(outcome_of(answer), Outcome::retriable);
}

TEST(GzipEncoder, gives_the_same_bytes_for_the_same_text_which_inflate_to_it) {
  codec::GzipEncoder gzip{1};
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += std::to_string(i * 7919);
  std::string first = "kept";
  gzip.write(text.substr(0, 1'000), codec::GzipEncoder::End::none, first);
  gzip.write(text.substr(1'000), codec::GzipEncoder::End::text, first);
  std::string second;
  gzip.write("forgotten", codec::GzipEncoder::End::none, second);
  gzip.restart();
  second.clear();
  gzip.write(text.substr(0, 1'000), codec::GzipEncoder::End::none, second);
  gzip.write(text.substr(1'000), codec::GzipEncoder::End::text, second);
  EXPECT_EQ(first, "kept" + second);
  Inflater inflater{1 << 20};
  const auto read = inflater.read(second);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, text);
}

}  // namespace
}  // namespace mp::sink
