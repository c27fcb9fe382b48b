// docs/sinks.md says what the specs say. To write it anew: MP_UPDATE_DOCS=1 cli_test.
#include "cli/sink_document.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mp::cli {
namespace {

TEST(SinkDocument, is_what_the_specs_say) {
  const auto file = std::filesystem::path{MP_TESTS_DIR}.parent_path() / "docs" / "sinks.md";
  if (std::getenv("MP_UPDATE_DOCS") != nullptr) std::ofstream{file} << sink_document();
  std::ifstream stored{file};
  const std::string text{std::istreambuf_iterator<char>(stored), {}};
  EXPECT_TRUE(text == sink_document()) << "docs/sinks.md is not up to date";
}

}  // namespace
}  // namespace mp::cli
