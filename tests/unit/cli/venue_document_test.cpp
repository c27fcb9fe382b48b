// docs/venues.md says what the traits say. To write it anew: MP_UPDATE_DOCS=1 cli_test.
#include "cli/venue_document.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mp::cli {
namespace {

TEST(VenueDocument, is_what_the_traits_say) {
  const auto file = std::filesystem::path{MP_TESTS_DIR}.parent_path() / "docs" / "venues.md";
  if (std::getenv("MP_UPDATE_DOCS") != nullptr) std::ofstream{file} << venue_document();
  std::ifstream stored{file};
  const std::string text{std::istreambuf_iterator<char>(stored), {}};
  EXPECT_TRUE(text == venue_document()) << "docs/venues.md is not up to date";
}

}  // namespace
}  // namespace mp::cli
