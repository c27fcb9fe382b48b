#include "core/utf8.hpp"

#include <gtest/gtest.h>

namespace mp {
namespace {

TEST(Utf8, leaves_what_anybody_may_read) {
  EXPECT_EQ(printable("BTC-USDT \xC3\xA9 \xE6\xAF\x94 \xF0\x9F\x9A\x80"),
            "BTC-USDT \xC3\xA9 \xE6\xAF\x94 \xF0\x9F\x9A\x80");
}

TEST(Utf8, takes_the_harm_out_of_what_a_venue_sends) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(printable("a\x1b[2J"), "a" + mark + "[2J");
  EXPECT_EQ(printable("a\xC2\x9b"
                      "2J"),
            "a" + mark + "2J");  // C1: CSI
  EXPECT_EQ(printable("a\nb\r\tc"), "a b  c");
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b"),
            "a" + mark + "b");  // right to left
  EXPECT_EQ(printable("a\xE2\x80\xA8"
                      "b"),
            "a b");  // line separator
  EXPECT_EQ(printable("a\xFF"
                      "b\xC0\x80"
                      "c"),
            "a" + mark + "b" + mark + mark + "c");
  EXPECT_EQ(printable(std::string_view{"a\0b", 3}), "a" + mark + "b");
  EXPECT_EQ(printable("\x7f"), mark);
}

TEST(Utf8, cuts_between_characters) {
  EXPECT_EQ(printable("\xC3\xA9\xC3\xA9", 3), "\xC3\xA9...");
  EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(Utf8, what_is_harmless_is_left_alone_by_printable) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second), 'x'};
      const auto length = harmless_sequence(text);
      const std::string shown = printable(text);
      EXPECT_EQ(shown.starts_with(text.substr(0, length)) && length > 0, length > 0);
      EXPECT_EQ(printable(shown), shown);
    }
  }
}

// By blocks where it is ASCII, by sequences where it is not: the answer is that of the sequences,
// wherever the odd byte stands.
TEST(Utf8, is_judged_alike_by_blocks_and_by_sequences) {
  for (std::size_t size = 0; size < 130; ++size) {
    const std::string ascii(size, 'a');
    EXPECT_TRUE(is_utf8(ascii)) << size;
    for (std::size_t at = 0; at <= size; ++at) {
      for (const std::string odd :
           {"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xe2\x82", "\x80", "\xff"}) {
        std::string text = ascii;
        text.insert(at, odd);
        ASSERT_EQ(is_utf8(text), utf8_prefix(text, text.size()) == text.size())
            << size << " " << at;
      }
    }
  }
}

// Whatever lies where in a block, and behind the last whole one.
TEST(Utf8, is_judged_alike_at_every_length_and_place) {
  for (std::size_t size = 0; size < 140; ++size) {
    std::string text(size, 'a');
    EXPECT_TRUE(is_utf8(text)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      EXPECT_FALSE(is_utf8(text)) << size << " " << at;
      text[at] = 'a';
      if (at + 1 == size) continue;
      text.replace(at, 2, "\xC3\xA9");
      EXPECT_TRUE(is_utf8(text)) << size << " " << at;
      text.replace(at, 2, "aa");
    }
  }
}

}  // namespace
}  // namespace mp
