#include "core/inflate.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "unit/deflater.hpp"

namespace mp {
namespace {

constexpr std::size_t kSizeMax = std::size_t{1} << 20U;

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

// What the inflater makes of a text that lies in a buffer of exactly its size.
std::string outcome(Inflater& inflater, std::string_view compressed) {
  const std::vector<char> exact(compressed.begin(), compressed.end());
  const auto text = inflater.read({exact.data(), exact.size()});
  return text ? std::string{*text} : text.error().message;
}

TEST(Inflater, reads_text_after_text) {
  Inflater inflater{kSizeMax};
  std::mt19937 random{1};
  for (const std::size_t size : {0U, 1U, 100U, 16'384U, 16'385U, 300'000U, 5U, 1'048'576U}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('a' + random() % 20));
    EXPECT_EQ(outcome(inflater, gzip(text)), text) << size;
  }
}

TEST(Inflater, keeps_its_memory) {
  Inflater inflater{kSizeMax};
  const auto large = inflater.read(gzip(std::string(500'000, 'x')));
  ASSERT_TRUE(large);
  const auto* const place = large->data();
  const auto small = inflater.read(gzip("abc"));
  ASSERT_TRUE(small);
  EXPECT_EQ(small->data(), place);
}

TEST(Inflater, refuses_what_would_be_longer_than_the_limit) {
  Inflater inflater{kSizeMax};
  const std::string bomb = gzip(std::string(std::size_t{64} << 20U, '0'));
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(outcome(inflater, bomb), "the gzip text is too long");
  EXPECT_EQ(outcome(inflater, gzip(std::string(kSizeMax + 1, '0'))), "the gzip text is too long");
  EXPECT_EQ(outcome(inflater, gzip("still there")), "still there");
}

TEST(Inflater, refuses_a_text_that_is_cut_off_anywhere) {
  Inflater inflater{kSizeMax};
  const std::string whole = gzip("{\"ch\":\"market.btcusdt.bbo\",\"ts\":1}");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(outcome(inflater, whole.substr(0, size)), "the gzip text is cut off") << size;
  EXPECT_EQ(outcome(inflater, whole + "x"), "the gzip text is followed by something else");
}

TEST(Inflater, refuses_what_is_no_gzip_or_was_changed) {
  Inflater inflater{kSizeMax};
  const std::string text(1000, 'y');
  const std::string whole = gzip(text);
  std::mt19937 random{2};
  for (int round = 0; round < 2000; ++round) {
    std::string changed = whole;
    changed[2 + random() % (changed.size() - 2)] ^= static_cast<char>(1 + random() % 255);
    const std::string got = outcome(inflater, changed);
    // Some bytes of the header (a time, a system) say nothing about the text.
    EXPECT_TRUE(got == text || got.starts_with("the gzip text is ")) << round;
  }
  for (const auto* other : {"plain text that is long enough", "\x1F\x8B garbage, garbage, garbage"})
    EXPECT_EQ(outcome(inflater, other), "the gzip text is damaged");
  EXPECT_EQ(outcome(inflater, whole), text);
}

using End = MessageInflater::End;

// The text, or the name of the end.
std::string outcome(MessageInflater& inflater, std::string_view compressed) {
  const std::vector<char> exact(compressed.begin(), compressed.end());
  std::string_view text;
  switch (inflater.read({exact.data(), exact.size()}, text)) {
    case End::whole:
      return std::string{text};
    case End::damaged:
      return "damaged";
    case End::too_long:
      return "too long";
    case End::grows_too_much:
      return "grows too much";
  }
  return "none";
}

TEST(MessageInflater, reads_the_examples_of_the_standard) {
  MessageInflater inflater{{.size_max = kSizeMax}};
  // RFC 7692 7.2.3.1 to 7.2.3.5.
  const std::string hello{"\xF2\x48\xCD\xC9\xC9\x07\x00", 7};
  EXPECT_EQ(outcome(inflater, hello), "Hello");
  const std::string again{"\xF2\x00\x11\x00\x00", 5};
  EXPECT_EQ(outcome(inflater, again), "Hello") << "it refers to the message before";
  const std::string stored{"\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00", 11};
  EXPECT_EQ(outcome(inflater, stored), "Hello");
  const std::string ended{"\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 8};
  EXPECT_EQ(outcome(inflater, ended), "Hello");
  EXPECT_EQ(outcome(inflater, again), "Hello") << "the window outlives the end of a stream";
  const std::string two_blocks{"\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00", 13};
  EXPECT_EQ(outcome(inflater, two_blocks), "Hello");
}

TEST(MessageInflater, follows_the_context_over_many_messages) {
  Deflater deflater;
  MessageInflater inflater{{.size_max = kSizeMax}};
  std::mt19937 random{3};
  std::string text = R"({"e":"trade","s":"BTCUSDT","p":"65000.10"})";
  std::size_t compressed_bytes = 0;
  for (int i = 0; i < 1000; ++i) {
    text[30 + random() % 8] = static_cast<char>('0' + random() % 10);
    const auto compressed = deflater.message(text);
    if (i > 0) compressed_bytes += compressed.size();
    ASSERT_EQ(outcome(inflater, compressed), text) << i;
  }
  EXPECT_LT(compressed_bytes, 1000 * text.size() * 2 / 3);
  EXPECT_EQ(outcome(inflater, std::string(1, '\0')), "") << "7.2.3.6";
}

TEST(MessageInflater, forgets_where_that_is_agreed) {
  Deflater deflater;
  MessageInflater forgetful{{.size_max = kSizeMax, .keeps_context = false}};
  const std::string text = R"({"e":"trade","s":"BTCUSDT"})";
  for (int i = 0; i < 3; ++i) {
    deflater.forget();
    EXPECT_EQ(outcome(forgetful, deflater.message(text)), text);
  }
  const auto refers = deflater.message(text);  // to the message before
  EXPECT_EQ(outcome(forgetful, refers), "damaged");
}

TEST(MessageInflater, holds_senders_to_the_window_that_is_agreed) {
  std::mt19937 random{4};
  std::string noise;
  for (int i = 0; i < 4096; ++i) noise.push_back(static_cast<char>(random()));
  for (const int bits : {9, 12, 15}) {
    Deflater deflater{bits};
    MessageInflater inflater{{.size_max = kSizeMax, .window_bits = static_cast<unsigned>(bits)}};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(outcome(inflater, deflater.message(noise)), noise);
  }
  Deflater wide{15};
  MessageInflater narrow{{.size_max = kSizeMax, .window_bits = 9}};
  EXPECT_EQ(outcome(narrow, wide.message(noise)), noise);
  EXPECT_EQ(outcome(narrow, wide.message(noise)), "damaged");
}

TEST(MessageInflater, bounds_what_a_message_grows_to) {
  constexpr std::size_t kMiB = std::size_t{1} << 20U;
  const auto of_zeros = [](std::size_t size, std::size_t size_max) {
    Deflater deflater;
    MessageInflater inflater{{.size_max = size_max}};
    const auto got = outcome(inflater, deflater.message(std::string(size, '0')));
    return got.size() == size ? "whole" : got;
  };
  EXPECT_EQ(of_zeros(kMiB, 16 * kMiB), "whole") << "so much is free";
  EXPECT_EQ(of_zeros(kMiB + 1, 16 * kMiB), "grows too much");
  EXPECT_EQ(of_zeros(4 * kMiB, 2 * kMiB), "grows too much");
  EXPECT_EQ(of_zeros(1000, 1000), "whole");
  EXPECT_EQ(of_zeros(1001, 1000), "too long");
  // Much, but it grows no more than it may.
  std::mt19937 random{5};
  std::string text;
  for (std::size_t i = 0; i < 2 * kMiB; ++i) text.push_back(static_cast<char>('a' + random() % 4));
  Deflater deflater;
  MessageInflater inflater{{.size_max = 16 * kMiB}};
  EXPECT_EQ(outcome(inflater, deflater.message(text)), text);
  EXPECT_EQ(outcome(inflater, deflater.message("small")), "small");
  EXPECT_LE(inflater.memory_bytes(), MessageInflater::kKeptMax);
}

TEST(MessageInflater, refuses_garbage_and_endless_streams) {
  const auto of = [](std::string_view bytes) {
    MessageInflater inflater{{.size_max = kSizeMax}};
    return outcome(inflater, bytes);
  };
  EXPECT_EQ(of("garbage, garbage, garbage"), "damaged");
  EXPECT_EQ(of("\xFF"), "damaged");
  std::string ends;  // empty streams, thousands in one message
  for (int i = 0; i < 5000; ++i) ends += std::string{"\x03\x00", 2};
  EXPECT_EQ(of(ends), "damaged");
  std::mt19937 random{6};
  Deflater deflater;
  const auto whole = deflater.message("a text that is long enough to be told from another one");
  for (int round = 0; round < 2000; ++round) {
    std::string changed = whole.substr(0, 1 + random() % whole.size());
    changed[random() % changed.size()] = static_cast<char>(random());
    MessageInflater inflater{{.size_max = 500, .slack = 64}};
    (void)outcome(inflater, changed);  // within its bounds, whatever it says
  }
}

TEST(MessageInflater, has_slack_behind_each_text) {
  Deflater deflater;
  MessageInflater inflater{{.size_max = kSizeMax, .slack = 64}};
  for (const std::size_t size : {std::size_t{1}, std::size_t{16'384}, kSizeMax}) {
    const std::string sent(size, 'x');
    const std::string compressed = deflater.message(sent);
    std::string_view text;
    ASSERT_EQ(inflater.read(compressed, text), End::whole);
    unsigned sum = 0;
    for (std::size_t i = 0; i < 64; ++i) sum += static_cast<unsigned char>(text.data()[size + i]);
    EXPECT_LE(sum, 64U * 255U);  // read without a word of the sanitizer
  }
}

}  // namespace
}  // namespace mp
