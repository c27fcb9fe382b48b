#include "config/sink_section.hpp"

#include <gtest/gtest.h>

#include "sink/registry.hpp"
#include "unit/config/known.hpp"

namespace mp::config {
namespace {

std::string problem_of(std::string_view text) {
  const auto loaded = load_text(text, "f", known_venues());
  if (loaded) return {};
  return loaded.error().message.substr(0, loaded.error().message.find('\n'));
}

TEST(SinkSection, is_parquet_where_nothing_is_said) {
  const auto config = load_text("", "f", known_venues());
  ASSERT_TRUE(config);
  ASSERT_EQ(config->sinks.size(), 1U);
  EXPECT_EQ(config->sinks[0], sink::Settings{sink::kParquet});
}

TEST(SinkSection, may_be_several_of_a_type) {
  const auto config = load_text(
      "[sink.parquet]\nenabled = false\n[sink.trades]\ntype = \"ndjson\"\n"
      "channels = [\"trade\"]\ninstruments = [\"binance:*-USDT\"]\nencoding = \"marketprism\"\n",
      "f", known_venues());
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->sinks.size(), 2U);
  EXPECT_FALSE(config->sinks[0].flag("enabled"));
  EXPECT_EQ(config->sinks[1].name, "trades");
  EXPECT_EQ(&config->sinks[1].spec(), &sink::kNdjson);
  EXPECT_EQ(config->sinks[1].encoding(), "marketprism");
}

TEST(SinkSection, is_refused_with_its_place_and_reason) {
  struct Bad {
    std::string_view text;
    std::string_view message;
  };
  for (const auto& [text, message] : {
           Bad{"[sink.parquet]\nflush_rows = \"many\"",
               "f:2:14: `flush_rows` in [sink.parquet] must be a whole number, but is \"many\""},
           Bad{"[sink.parquet]\nflush_rows = 0",
               "f:2:14: `flush_rows` in [sink.parquet] must be at least 1, but is the integer 0"},
           Bad{"[sink.parquet]\nflush_agee = \"1h\"",
               "f:2:1: unknown key `flush_agee` in [sink.parquet]; did you mean `flush_age`?"},
           Bad{"sink = 3", "f:1:8: `sink` must be tables like [sink.NAME], but is an integer"},
           Bad{"[sink]\nparquet = 3", "f:2:11: [sink.parquet] must be a table, but is an integer"},
           Bad{"[sink.archive]\ncompress = true",
               "f:1:7: [sink.archive] has no `type`, and there is no type of that name; known "
               "are "},
           Bad{"[sink.archive]\ntype = \"ndjsn\"",
               "f:2:8: unknown type of sink `ndjsn`; did you mean `ndjson`?"},
           Bad{"[sink.archive]\ntype = 1",
               "f:2:8: `type` in [sink.archive] must be a string, but is an integer"},
           Bad{"[sink.\"../up\"]\ntype = \"ndjson\"",
               "f:1:7: the name of [sink.../up] must be of at most 40 characters"},
           Bad{"[sink.journal]\ntype = \"ndjson\"",
               "f:1:7: [sink.journal] would write into what the collector calls so in its data "
               "directory; expected another name"},
           Bad{"[sink.ndjson]\nencoding = \"xml\"",
               "f:2:12: `encoding` in [sink.ndjson] must be one of \"json\", \"marketprism\", but "
               "is "
               "\"xml\""},
           Bad{"[sink.ndjson]\nchannels = [\"trades\"]",
               "f:2:13: unknown channel `trades`; did you mean `trade`?"},
           Bad{"[sink.ndjson]\noverflow = \"drop\"",
               "f:2:12: `overflow` in [sink.ndjson] must be one of \"hold\", "},
       }) {
    EXPECT_TRUE(problem_of(text).starts_with(message)) << text << "\n" << problem_of(text);
  }
}

TEST(SinkSection, shows_no_passwords) {
  const auto config = load_text(
      "[sink.clickhouse]\npassword = \"hush\"\n[sink.postgres]\nurl = "
      "\"postgresql://me:hush@127.0.0.1:5432/m\"\n[sink.other]\ntype = \"postgres\"\nurl = "
      "\"host=h password=hush dbname=m\"\n",
      "f", known_venues());
  ASSERT_TRUE(config) << config.error().message;
  std::string all;
  for (const auto& each : effective(*config)) all += each.key + " = " + each.value + "\n";
  EXPECT_EQ(all.find("hush"), std::string::npos);
  for (const std::string_view part :
       {"sink.clickhouse.password = \"***\"\n", "\"postgresql://***@127.0.0.1:5432/m\"",
        "\"host=h password=*** dbname=m\"", "sink.clickhouse.url = \"http://127.0.0.1:8123\"",
        "sink.postgres.password = \n"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

TEST(SinkSection, may_have_other_defaults_of_common_keys_by_its_type) {
  const sink::Settings settings{sink::kClickHouse};
  EXPECT_EQ(settings.time("batch_age"), std::chrono::seconds{1});
  EXPECT_EQ(sink::Settings{sink::kNdjson}.time("batch_age"), std::chrono::milliseconds{50});
}

}  // namespace
}  // namespace mp::config
