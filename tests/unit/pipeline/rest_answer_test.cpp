#include "pipeline/rest_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace mp::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kUrl = "https://venue.example/listing";

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string in = text;
  std::string out(deflateBound(&stream, in.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

net::HttpResponse response(std::string body, std::string encoding) {
  net::HttpResponse out;
  out.status = 200;
  out.body = std::move(body);
  out.encoding = std::move(encoding);
  return out;
}

TEST(RestAnswer, is_read_as_it_is_or_out_of_gzip) {
  for (auto answer : {response("[1]", ""), response("[1]", "identity"),
                      response(gzip("[1]"), "gzip"), response(gzip("[1]"), "x-gzip")}) {
    ASSERT_TRUE(decode_body(kUrl, answer));
    EXPECT_EQ(answer.body, "[1]");
  }
}

TEST(RestAnswer, names_an_encoding_that_was_not_asked_for) {
  auto answer = response("?", "br\x1b[2J");
  const auto decoded = decode_body(kUrl, answer);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().kind, ErrorKind::data);
  EXPECT_THAT(decoded.error().message, HasSubstr("\"br"));
  EXPECT_THAT(decoded.error().message, Not(HasSubstr("\x1b")));
}

TEST(RestAnswer, says_that_it_is_not_the_gzip_that_it_promises) {
  auto plain = response("[1]", "gzip");
  EXPECT_THAT(decode_body(kUrl, plain).error().message, HasSubstr("gzip"));
  auto cut = response(gzip("[1]").substr(0, 12), "gzip");
  EXPECT_FALSE(decode_body(kUrl, cut));
}

TEST(RestAnswer, of_a_few_kilobytes_does_not_become_gigabytes) {
  auto bomb = response(gzip(std::string(kRestBytesMax + 1, ' ')), "gzip");
  const auto decoded = decode_body(kUrl, bomb);
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message, HasSubstr("too long"));
}

TEST(RestAnswer, that_refuses_is_told_with_its_words_and_where_it_leads) {
  auto answer = response("go\x1b[2J away\n", "");
  answer.status = 301;
  answer.location = "/elsewhere\n";
  const auto error = refusal(kUrl, answer);
  EXPECT_THAT(error.message, HasSubstr("status 301"));
  EXPECT_THAT(error.message, HasSubstr("/elsewhere"));
  EXPECT_THAT(error.message, HasSubstr("away"));
  EXPECT_THAT(error.message, Not(HasSubstr("\x1b")));
  EXPECT_THAT(error.message, Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace mp::pipeline
