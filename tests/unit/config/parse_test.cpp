#include "config/parse.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "config/check.hpp"
#include "sink/registry.hpp"
#include "unit/config/known.hpp"

namespace mp::config {
namespace {

using Strings = std::vector<std::string>;
using Channels = std::vector<Channel>;

// What is said about `text`, whole, with "f" for the file's name.
std::string said(std::string_view text) {
  const auto loaded = load_text(text, "f", known_venues());
  if (loaded) return "nothing";
  EXPECT_EQ(exit_code(loaded.error().kind), 78);
  return loaded.error().message;
}

TEST(ConfigParse, nothing_written_gives_the_defaults) {
  const auto parsed = parse("", known_venues());
  EXPECT_TRUE(parsed.problems.empty());
  EXPECT_EQ(parsed.config, Config{});
}

TEST(ConfigParse, warns_of_segments_that_books_do_not_fit_into) {
  EXPECT_TRUE(warnings_of({}).empty());
  const auto parsed = parse("[journal]\nsegment_bytes = \"64KiB\"", known_venues());
  EXPECT_TRUE(parsed.problems.empty());
  const auto warnings = warnings_of(parsed.config);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(warnings[0].starts_with("`segment_bytes` in [journal] is 64KiB: a book of more than"))
      << warnings[0];
}

TEST(ConfigParse, a_byte_order_mark_is_no_part_of_the_text) {
  EXPECT_EQ(said("\xEF\xBB\xBF"), "nothing");
  EXPECT_EQ(said("\xEF\xBB\xBF\xEF\xBB\xBF"), "nothing");
  EXPECT_EQ(said("\xEF\xBB\xBFlog = 3"),
            "f:1:7: [log] must be a table, but is an integer\n  1 | log = 3\n    |       ^");
}
std::vector<sink::Settings> sinks_of_every_section() {
  sink::Settings ndjson{sink::kNdjson};
  ndjson.set("compress", false);
  ndjson.set("rotate_bytes", Bytes{2U << 20U});
  ndjson.set("rotate_age", std::chrono::milliseconds{600'000});
  sink::Settings parquet{sink::kParquet};
  parquet.set("enabled", false);
  parquet.set("flush_rows", std::uint64_t{7});
  parquet.set("flush_age", std::chrono::milliseconds{3'000});
  parquet.set("memory_limit", Bytes{1U << 30U});
  parquet.set("writers", std::uint64_t{3});
  return {ndjson, parquet};
}

TEST(ConfigParse, reads_every_section) {
  const auto loaded = load_text(R"(
[data]
dir = "d"
[collector]
shards = 3
[journal]
dir = "j"
memory = true
segment_bytes = "1MiB"
retention_bytes = 9437184
retention_age = "1h30m"
fsync = "interval"
fsync_interval = "250ms"
[sink.ndjson]
enabled = true
compress = false
rotate_bytes = "2MiB"
rotate_age = "10m"
[sink.parquet]
enabled = false
flush_rows = 7
flush_age = "3s"
memory_limit = "1GiB"
writers = 3
[log]
level = "warn"
[record]
file = "r.ndjson.zst"
[venue.okx]
ws_url = "wss://127.0.0.1:9443"
rest_url = "http://localhost:80/v5"
ca_file = "ca.pem"
[[feed]]
venue = "okx"
symbols = ["BTC-USDT-SWAP"]
[[feed]]
venue = "binance"
instruments = ["BTC-USDT", "ETH-USDT-PERP"]
channels = ["candle", "trade"]
interval = "5m"
)",
                                "f", known_venues());
  ASSERT_TRUE(loaded) << loaded.error().message;
  using namespace std::chrono_literals;
  Config wanted;
  wanted.data.dir = "d";
  wanted.collector.shards = 3;
  wanted.journal = {"j",  true, Bytes{1U << 20U}, Bytes{9U << 20U}, 90min, journal::Fsync::interval,
                    250ms};
  wanted.sinks = sinks_of_every_section();
  wanted.log.level = LogLevel::warn;
  wanted.record.file = "r.ndjson.zst";
  wanted.venues["okx"] = {"wss://127.0.0.1:9443", "http://localhost:80/v5", "ca.pem"};
  wanted.feeds = {
      {"okx", {}, {"BTC-USDT-SWAP"}, {Channel::trade, Channel::book}, "1m"},
      {"binance", {"BTC-USDT", "ETH-USDT-PERP"}, {}, {Channel::candle, Channel::trade}, "5m"}};
  EXPECT_EQ(*loaded, wanted);
}

TEST(ConfigParse, left_out_channels_are_what_the_venue_has_of_the_usual_ones) {
  const auto parsed = parse(
      "[[feed]]\nvenue = 'binance'\nsymbols = ['A']\n[[feed]]\nvenue = 'dvol'\nsymbols = ['B']\n",
      known_venues());
  ASSERT_TRUE(parsed.problems.empty());
  EXPECT_EQ(parsed.config.feeds[0].channels,
            (Channels{Channel::trade, Channel::quote, Channel::book}));
  EXPECT_EQ(parsed.config.feeds[1].channels, (Channels{Channel::volatility_index}));
}

TEST(ConfigParse, shows_the_line_and_points_at_the_place) {
  EXPECT_EQ(said("[journal]\n\tretention_byte = \"8GiB\"\n"),
            "f:2:2: unknown key `retention_byte` in [journal]; did you mean `retention_bytes`?\n"
            "  2 | \tretention_byte = \"8GiB\"\n"
            "    | \t^^^^^^^^^^^^^^");
  EXPECT_EQ(
      said("log = { level = \"lo\xC3\xBC\xC3\xBC\xC3\xBC\", levl = 1 }"),
      "f:1:17: `level` in [log] must be one of \"debug\", \"info\", \"warn\", \"error\", but is "
      "\"lo\xC3\xBC\xC3\xBC\xC3\xBC\"\n"
      "  1 | log = { level = \"lo\xC3\xBC\xC3\xBC\xC3\xBC\", levl = 1 }\n"
      "    |                 ^^^^^^^\n"
      "f:1:26: unknown key `levl` in [log]; did you mean `level`?\n"
      "  1 | log = { level = \"lo\xC3\xBC\xC3\xBC\xC3\xBC\", levl = 1 }\n"
      "    |                          ^^^^");
}

TEST(ConfigParse, reports_all_problems_in_the_order_of_the_text) {
  const auto parsed = parse(
      "[[feed]]\nvenue = 'binanse'\ninstruments = ['BTC/USDT']\nchannels = ['trad', 'book']\n"
      "[sink.parket]\nenabled = 1\n[sink.ndjson]\nenabled = 1\nrotate_age = 3600\n",
      known_venues());
  EXPECT_EQ(parsed.problems.size(), 6U);
  const auto text = said(
      "[[feed]]\nvenue = 'binanse'\ninstruments = ['BTC/USDT']\nchannels = ['trad', 'book']\n"
      "[sink.parket]\nenabled = 1\n[sink.ndjson]\nenabled = 1\nrotate_age = 3600\n");
  std::size_t from = 0;
  for (const auto* part :
       {"f:2:9: unknown venue `binanse`; did you mean `binance`?", "f:3:16: `BTC/USDT` is not an",
        "f:4:13: unknown channel `trad`; did you mean `trade`?",
        "f:5:7: [sink.parket] has no `type`, and there is no type of that name; did you mean "
        "`parquet`?",
        "f:8:11: `enabled` in [sink.ndjson] must be true or false, but is the integer 1",
        "f:9:14: `rotate_age` in [sink.ndjson] must be a duration with its unit"}) {
    from = text.find(part, from);
    ASSERT_NE(from, std::string::npos) << part << "\nin\n" << text;
  }
}

struct Bad {
  const char* text;
  const char* message;  // its first line
};

class ConfigRefuses : public testing::TestWithParam<Bad> {};

TEST_P(ConfigRefuses, with_its_place_and_reason) {
  const auto text = said(GetParam().text);
  EXPECT_EQ(text.substr(0, text.find('\n')), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigRefuses,
    testing::Values(
        Bad{"[journal]\nsegment_bytes = \"64 MiB\"",
            "f:2:17: `segment_bytes` in [journal] must be a size such as \"64MiB\" or a number of "
            "bytes, but is \"64 MiB\""},
        Bad{"[journal]\nsegment_bytes = -1",
            "f:2:17: `segment_bytes` in [journal] must be a size such as \"64MiB\" or a number of "
            "bytes, but is the integer -1"},
        Bad{"[journal]\nsegment_bytes = 1e6",
            "f:2:17: `segment_bytes` in [journal] must be a size such as \"64MiB\" or a number of "
            "bytes, but is a number with a fraction"},
        Bad{"[journal]\nsegment_bytes = 4096",
            "f:2:17: `segment_bytes` in [journal] must be at least 64KiB, but is the integer 4096"},
        Bad{"[journal]\nsegment_bytes = \"2GiB\"",
            "f:2:17: `segment_bytes` in [journal] must be at most 1GiB, but is \"2GiB\""},
        Bad{"[journal]\nsegment_bytes = 100000",
            "f:2:17: `segment_bytes` in [journal] must be a multiple of 4KiB, but is the integer "
            "100000"},
        Bad{"[journal]\nretention_bytes = \"100MiB\"",
            "f:2:19: `retention_bytes` in [journal] is 100MiB; it must be at least 3 segments of "
            "64MiB each"},
        Bad{"[journal]\nretention_bytes = \"191MiB\"",
            "f:2:19: `retention_bytes` in [journal] is 191MiB; it must be at least 3 segments of "
            "64MiB each"},
        Bad{"[journal]\nsegment_bytes = \"1GiB\"\nretention_bytes = \"1GiB\"",
            "f:3:19: `retention_bytes` in [journal] is 1GiB; it must be at least 3 segments of "
            "1GiB each"},
        Bad{"[collector]\nshards = 0",
            "f:2:10: `shards` in [collector] must be at least 1, but is the integer 0"},
        Bad{"[collector]\nshards = 65",
            "f:2:10: `shards` in [collector] must be at most 64, but is the integer 65"},
        Bad{"[collector]\nshards = 64",
            "f:2:10: `retention_bytes` in [journal] is 8GiB; it must be at least 3 for each of "
            "64 shards, 192 segments of 64MiB each"},
        Bad{"shards = 2", "f:1:1: the key `shards` belongs below [collector]"},
        Bad{"[journal]\nretention_age = 24",
            "f:2:17: `retention_age` in [journal] must be a duration with its unit, such as "
            "\"24h\" "
            "or \"1m30s\", but is the integer 24"},
        Bad{"[journal]\nretention_age = \"10ms\"",
            "f:2:17: `retention_age` in [journal] must be at least 1s, but is \"10ms\""},
        Bad{"[journal]\nmemory = \"yes\"",
            "f:2:10: `memory` in [journal] must be true or false, but is \"yes\""},
        Bad{"[journal]\nfsync = \"allways\"",
            "f:2:9: `fsync` in [journal] must be one of \"none\", \"interval\", \"always\", but is "
            "\"allways\""},
        Bad{"[journal]\ndir = \"\"",
            "f:2:7: `dir` in [journal] must be a path, as a string that is not empty, but is "
            "\"\""},
        Bad{"[data]\ndir = 1979-05-27",
            "f:2:7: `dir` in [data] must be a path, as a string that is not empty, but is a date "
            "or "
            "time"},
        Bad{"[data]\ndir = \"a\\u0000b\"",
            "f:2:7: `dir` in [data] must be a path, as a string that is not empty, but is "
            "\"a?b\""},
        Bad{"[log]\nlevel = {}",
            "f:2:9: `level` in [log] must be one of \"debug\", \"info\", \"warn\", \"error\", but "
            "is "
            "a table"},
        Bad{"log = 3", "f:1:7: [log] must be a table, but is an integer"},
        Bad{"fsync = \"none\"", "f:1:1: the key `fsync` belongs below [journal]"},
        Bad{"[jurnal]", "f:1:2: unknown section `jurnal`; did you mean `journal`?"},
        Bad{"[completely_else]",
            "f:1:2: unknown section `completely_else`; known are `feed`, `venue`, `sink`, "
            "`data`, `collector`, `journal`, `control`, `memory`, `log` and `record`"},
        Bad{"[feed]\nvenue = \"okx\"",
            "f:1:1: [[feed]] must be written with two brackets on each side, but is a table"},
        Bad{"feed = [1]", "f:1:9: each [[feed]] must be a table, but is an integer"},
        Bad{"[[feed]]\nsymbols = [\"A\"]", "f:1:1: [[feed]] needs `venue`: where to collect"},
        Bad{"[[feed]]\nvenue = \"okx\"",
            "f:1:1: [[feed]] needs `instruments` or `symbols`: what to collect"},
        Bad{"[[feed]]\nvenue = \"okx\"\nsymbols = []",
            "f:3:11: `symbols` in [[feed]] must be an array of strings, such as [\"...\"], but is "
            "an array"},
        Bad{"[[feed]]\nvenue = \"okx\"\nsymbols = \"A\"",
            "f:3:11: `symbols` in [[feed]] must be an array of strings, such as [\"...\"], but is "
            "\"A\""},
        Bad{"[[feed]]\nvenue = \"okx\"\nsymbols = [\"A\", 2]",
            "f:3:17: `symbols` in [[feed]] must be an array of strings that are not empty, but is "
            "the integer 2"},
        Bad{"[[feed]]\nvenue = \"okx\"\nsymbols = [\"A\", \"B\", \"A\"]",
            "f:3:11: `symbols` in [[feed]] has \"A\" twice"},
        Bad{"[[feed]]\nvenue = \"okx\"\nsymbols = [\"A\"]\nchannels = [\"quote\"]",
            "f:4:13: okx has no channel `quote`; it has trade, book"},
        Bad{"[[feed]]\nvenue = \"okx\"\nsymbols = [\"A\"]\nchannels = [\"nonsense\"]",
            "f:4:13: unknown channel `nonsense`; known are `trade`, `quote`, `book`, `ticker`, "
            "`candle`, `funding`, `open_interest`, `liquidation`, `mark_price`, `index_price`, "
            "`volatility_index`, `long_short_ratio`, `option_summary`, `instrument` and `status`"},
        Bad{"[[feed]]\nvenue = \"binance\"\nsymbols = [\"A\"]\nchannels = [\"candle\"]\ninterval "
            "= \"1 hour\"",
            "f:5:12: `interval` \"1 hour\" is none that binance has; they are 1m, 5m, 1h"},
        Bad{"[[feed]]\nvenue = \"binance\"\nsymbols = [\"A\"]\nchannels = [\"candle\"]\ninterval "
            "= \"1H\"",
            "f:5:12: `interval` \"1H\" is none that binance has; they are 1m, 5m, 1h (did you mean "
            "`1h`, `1m` or `5m`?)"},
        Bad{"[[feed]]\nvenue = \"binance-\"\nsymbols = [\"A\"]",
            "f:2:9: unknown venue `binance-`; did you mean `binance`?"},
        Bad{"[venue.oxk]\nca_file = \"a\"", "f:1:8: unknown venue `oxk`; did you mean `okx`?"},
        Bad{"[venue]\nokx = 1", "f:2:7: [venue.okx] must be a table, but is an integer"},
        Bad{"venue = 1", "f:1:9: `venue` must be tables like [venue.NAME], but is an integer"},
        Bad{"[venue.okx]\nws_url = \"https://x\"",
            "f:2:10: `ws_url` must be a URL that begins with wss:// or ws://"},
        Bad{"[venue.okx]\nproxy = \"proxy:3128\"",
            "f:2:9: the proxy is none: it starts with none of http, socks5 and socks5h; expected "
            "http://host:port, socks5://host:port or socks5h://host:port, with user:password@ "
            "where it wants that"},
        Bad{"[venue.okx]\nrest_url = \"https://\"",
            "f:2:12: `rest_url` must be a URL that begins with https:// or http://"},
        Bad{"[venue.okx]\nurl = \"wss://x\"",
            "f:2:1: unknown key `url` in [venue.okx]; known are `ws_url`, `rest_url`, "
            "`ca_file`, `proxy`, `source_address`, `compression`, `receive_buffer` and "
            "`send_buffer`"}));

TEST(ConfigParse, what_is_not_toml_is_said_with_its_place) {
  EXPECT_TRUE(said("[journal\n").starts_with("f:1:9: this is not TOML: ")) << said("[journal\n");
  EXPECT_TRUE(said("[log]\nlevel = \"info\"\nlevel = \"warn\"\n").starts_with("f:3:"));
  EXPECT_EQ(said("# fine\n[\x03log]"),
            "f:2:2: this is not TOML: control character U+0003\n  2 | [?log]\n    |  ^");
  EXPECT_TRUE(said("4\xC6\x99[").starts_with("f:1:2: this is not TOML: ")) << said("4\xC6\x99[");
  EXPECT_TRUE(said("a = \"\xFF\"").starts_with("f:1:")) << said("a = \"\xFF\"");
}

TEST(ConfigParse, messages_carry_no_control_characters_of_the_text) {
  EXPECT_TRUE(said("\"a\\u001b[2J\" = 1").starts_with("f:1:1: unknown section `a?[2J`; known are"))
      << said("\"a\\u001b[2J\" = 1");
}

TEST(ConfigParse, a_text_without_end_is_refused) {
  EXPECT_EQ(said(std::string((1U << 20U) + 1, '#')),
            "f: the text has 1048577 bytes; at most 1048576 are read");
}

TEST(ConfigParse, many_problems_are_cut_and_counted) {
  std::string text = "[log]\n";
  for (int i = 0; i < 60; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const auto message = said(text);
  EXPECT_TRUE(message.ends_with("\nf: 10 more problems are not shown")) << message;
}

class ConfigFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "mp_config_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::filesystem::path dir_;
};

TEST_F(ConfigFile, is_read_and_named_in_messages) {
  const auto file = dir_ / "c.toml";
  std::ofstream(file) << "log.level = \"debug\"\n[[feed]]\nvenue = \"okx\"\nsymbols = [\"X\"]\n";
  const auto good = load(file, known_venues());
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->log.level, LogLevel::debug);
  std::ofstream(file) << "[lag]\n";
  const auto bad = load(file, known_venues());
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().message.starts_with(file.string() + ":1:2: unknown section"));
}

TEST_F(ConfigFile, that_is_missing_or_a_folder_is_an_io_error) {
  const auto missing = load(dir_ / "none.toml", known_venues());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::io);
  EXPECT_EQ(missing.error().message, "cannot read the configuration " +
                                         (dir_ / "none.toml").string() +
                                         ": No such file or directory");
  const auto folder = load(dir_, known_venues());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message,
            "cannot read the configuration " + dir_.string() + ": Is a directory");
}

TEST(JournalConfig, follows_the_data_folder_unless_told_where) {
  Config config;
  config.data.dir = "d";
  EXPECT_EQ(journal_config(config).dir, "d/journal");
  config.journal.dir = "elsewhere";
  EXPECT_EQ(journal_config(config).dir, "elsewhere");
  config.journal.memory = true;
  EXPECT_TRUE(journal_config(config).dir.empty());
}

// The rule of how many segments there must be is the journal's.
TEST(JournalConfig, is_refused_exactly_where_the_journal_refuses_it) {
  for (const int kib : {128, 191, 192, 193, 256}) {
    const auto text = "[journal]\nmemory = true\nsegment_bytes = \"64KiB\"\nretention_bytes = \"" +
                      std::to_string(kib) + "KiB\"\n";
    const auto parsed = parse(text, known_venues());
    journal::Config config = journal_config(parsed.config);
    config.retention_bytes = static_cast<std::uint64_t>(kib) << 10U;  // also where it is refused
    EXPECT_EQ(parsed.problems.empty(), journal::Writer::open(config).ok()) << kib;
  }
}

TEST(JournalConfig, carries_every_number) {
  Config config;
  config.journal.segment_bytes = Bytes{1U << 20U};
  config.journal.retention_bytes = Bytes{5U << 20U};
  config.journal.retention_age = std::chrono::milliseconds{1500};
  config.journal.fsync = journal::Fsync::always;
  config.journal.fsync_interval = std::chrono::milliseconds{7};
  const auto journal = journal_config(config);
  EXPECT_EQ(journal.segment_bytes, 1U << 20U);
  EXPECT_EQ(journal.retention_bytes, 5U << 20U);
  EXPECT_EQ(journal.retention_age, std::chrono::seconds{2});
  EXPECT_EQ(journal.fsync, journal::Fsync::always);
  EXPECT_EQ(journal.fsync_interval, std::chrono::milliseconds{7});
}

}  // namespace
}  // namespace mp::config
