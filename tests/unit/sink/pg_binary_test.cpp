#include "sink/pg_binary.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "sink/pg_connection.hpp"
#include "sink/pg_rows.hpp"

namespace mp::sink {
namespace {

using std::string_literals::operator""s;

// ndigits, weight, sign, dscale, then the digits, as a field of COPY has them.
std::vector<int> numeric(std::int64_t mantissa, int exponent, std::uint8_t zeros = 0) {
  std::string out;
  PgWriter{out}.decimal({mantissa, static_cast<std::int8_t>(exponent), zeros});
  std::vector<int> words;
  EXPECT_EQ(static_cast<std::size_t>(static_cast<unsigned char>(out[3])) + 4, out.size());
  for (std::size_t i = 4; i + 1 < out.size(); i += 2) {
    words.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(out[i]) << 8U |
                                              static_cast<unsigned char>(out[i + 1])));
  }
  return words;
}

TEST(PgBinary, writes_numerics_with_the_digits_that_were_sent) {
  using Words = std::vector<int>;
  EXPECT_EQ(numeric(0, 0), (Words{0, 0, 0, 0}));
  EXPECT_EQ(numeric(0, -8), (Words{0, 0, 0, 8}));
  EXPECT_EQ(numeric(1, 0), (Words{1, 0, 0, 0, 1}));
  EXPECT_EQ(numeric(10'000, 0), (Words{1, 1, 0, 0, 1}));
  EXPECT_EQ(numeric(12'345, 0), (Words{2, 1, 0, 0, 1, 2345}));
  EXPECT_EQ(numeric(150, -2), (Words{2, 0, 0, 2, 1, 5000}));
  EXPECT_EQ(numeric(-150, -2), (Words{2, 0, 0x4000, 2, 1, 5000}));
  EXPECT_EQ(numeric(1, -8), (Words{1, -2, 0, 8, 1}));
  EXPECT_EQ(numeric(12, -5), (Words{2, -1, 0, 5, 1, 2000}));
  EXPECT_EQ(numeric(7, 18), (Words{1, 4, 0, 0, 700}));
  EXPECT_EQ(numeric(1, -36), (Words{1, -9, 0, 36, 1}));
  EXPECT_EQ(numeric(15, -1, 3), (Words{2, 0, 0, 4, 1, 5000}));
  EXPECT_EQ(numeric(std::numeric_limits<std::int64_t>::max(), 0),
            (Words{5, 4, 0, 0, 922, 3372, 368, 5477, 5807}));
  EXPECT_EQ(numeric(std::numeric_limits<std::int64_t>::min(), -19),
            (Words{5, -1, 0x4000, 19, 9223, 3720, 3685, 4775, 8080}));
}

TEST(PgBinary, writes_other_values_big_endian_with_their_length) {
  std::string out;
  PgWriter to{out};
  to.integer(-2);
  EXPECT_EQ(out, "\0\0\0\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"s);
  out.clear();
  to.text("a\0\xFF"s + "é");
  EXPECT_EQ(out, "\0\0\0\5a??\xC3\xA9"s);
  out.clear();
  to.time(from_nanoseconds(946'684'799'999'999'999));  // a nanosecond before 2000
  EXPECT_EQ(out, "\0\0\0\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
  out.clear();
  to.null();
  to.flag(true);
  to.begin_row(3);
  EXPECT_EQ(out, "\xFF\xFF\xFF\xFF\0\0\0\1\1\0\3"s);
}

TEST(PgBinary, writes_levels_as_arrays) {
  std::string out;
  const Level level{Price{{7, 0}}, Quantity{{2, 0}}};
  PgWriter{out}.decimals({}, PgWriter::Part::price);
  EXPECT_EQ(out, "\0\0\0\x0C\0\0\0\0\0\0\0\0\0\0\x06\xA4"s);
  out.clear();
  PgWriter{out}.decimals({&level, 1}, PgWriter::Part::quantity);
  EXPECT_EQ(out,
            "\0\0\0\x22\0\0\0\1\0\0\0\0\0\0\x06\xA4\0\0\0\1\0\0\0\1"s
            "\0\0\0\x0A\0\1\0\0\0\0\0\0\0\2"s);
}

TEST(PgRows, has_as_many_fields_as_columns_for_every_channel) {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    const auto columns = pg_columns(channel);
    std::string row;
    Event event;
    event.symbol = "S";
    if (channel == Channel::candle) event.body = Candle{};
    if (channel == Channel::book) event.body = Book{};
    if (channel == Channel::status) event.body = Status{};
    if (event.channel() != channel) continue;
    append_pg_row(event, {}, columns.size(), row);
    std::size_t fields = 0;
    for (std::size_t at = 2; at < row.size(); ++fields) {
      std::int32_t size = 0;
      for (int n = 0; n < 4; ++n) size = size << 8 | static_cast<unsigned char>(row[at++]);
      if (size > 0) at += static_cast<std::size_t>(size);
    }
    EXPECT_EQ(fields, columns.size()) << name_of(channel);
  }
}

TEST(Postgres, judges_a_problem_by_its_state) {
  const auto judge = [](std::string state) {
    return outcome_of(PgProblem{.text = "x", .state = std::move(state)});
  };
  EXPECT_EQ(judge("22003"), Outcome::permanent);
  EXPECT_EQ(judge("23514"), Outcome::permanent);
  EXPECT_EQ(judge("P0001"), Outcome::permanent);
  EXPECT_EQ(judge("40P01"), Outcome::retriable);
  EXPECT_EQ(judge("53100"), Outcome::retriable);
  EXPECT_EQ(judge("42P01"), Outcome::reopen);
  EXPECT_EQ(judge("57P01"), Outcome::reopen);
  EXPECT_EQ(judge(""), Outcome::reopen);
}

}  // namespace
}  // namespace mp::sink
