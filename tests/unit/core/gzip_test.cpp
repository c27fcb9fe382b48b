#include "core/gzip.hpp"

#include <gtest/gtest.h>

#include "core/inflate.hpp"

namespace mp {
namespace {

TEST(Gzip, is_read_back) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919 % 1000);
  for (const std::string_view each : {std::string_view{text}, std::string_view{}}) {
    Inflater inflater{std::size_t{1} << 20U};
    const std::string packed = gzip(each);
    EXPECT_TRUE(packed.starts_with(kGzipMagic));
    const auto read = inflater.read(packed);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, each);
  }
}

}  // namespace
}  // namespace mp
