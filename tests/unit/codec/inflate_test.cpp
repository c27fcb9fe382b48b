#include "codec/inflate.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace mp::codec {
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

}  // namespace
}  // namespace mp::codec
