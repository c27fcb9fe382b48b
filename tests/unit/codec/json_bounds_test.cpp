// The readers read nothing but the text they are given.
#include <gtest/gtest.h>

#include "codec/json_exact.hpp"
#include "codec/json_scanner.hpp"

namespace mp::codec {
namespace {

struct Number {
  Price price;
};
using NumberShape = Loose<Field<"p", &Number::price>>;

// simdjson looks at what stands behind a text that ends where a value should begin.
TEST(ExactReader, does_not_read_on_into_what_an_earlier_text_left) {
  ExactReader reader;
  Number number;
  EXPECT_FALSE(reader.read<NumberShape>(R"({"p": "left by an earlier text"})", number));
  EXPECT_NE(reader.problem().find("left by"), std::string::npos);
  reader.restart();
  EXPECT_FALSE(reader.read<NumberShape>(R"({"p": )", number));
  EXPECT_EQ(reader.problem().find("left by"), std::string::npos) << reader.problem();
}

// Whoever found no value for a key has a view without a text.
TEST(Scanner, reads_nothing_from_a_view_of_nothing) {
  Number number;
  RowList<Number> rows;
  EXPECT_FALSE(Scanner{}.read<NumberShape>({}, number));
  EXPECT_FALSE(Scanner{}.read_rows<NumberShape>({}, rows));
}

}  // namespace
}  // namespace mp::codec
