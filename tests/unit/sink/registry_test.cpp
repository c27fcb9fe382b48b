#include "sink/registry.hpp"

#include <gtest/gtest.h>

#include <set>

#include "codec/encoder.hpp"
#include "sink/subject.hpp"

namespace mp::sink {
namespace {

TEST(SinkRegistry, finds_each_by_its_type) {
  for (const auto* spec : all_specs()) EXPECT_EQ(spec_of(spec->type), spec);
  EXPECT_EQ(spec_of("nonsense"), nullptr);
}

// Sinks with a server are tried in tests/e2e/sinks.
TEST(SinkRegistry, each_says_what_it_promises) {
  for (const auto* spec : all_specs()) {
    SCOPED_TRACE(spec->type);
    EXPECT_FALSE(spec->what.empty() || spec->harmless.empty() || spec->loss_window.empty());
    for (const auto encoding : spec->encodings)
      EXPECT_NE(codec::encoder_named(encoding), nullptr) << encoding;
    if (!spec->subject.empty())
      EXPECT_TRUE(Subject::compile(spec->subject, spec->subject_excludes).ok());
    std::set<std::string_view> names;
    for (const auto* key : keys_of(*spec)) {
      EXPECT_TRUE(names.insert(key->name).second) << key->name;
      EXPECT_FALSE(key->doc.empty()) << key->name;
    }
    EXPECT_NE(spec->make(Settings{*spec}), nullptr);
  }
}

}  // namespace
}  // namespace mp::sink
