// A collector with several shards against the exchange simulator: nothing is lost, doubled or out
// of order, whatever their number is from run to run.
#include "journal/shards.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "codec/recording.hpp"
#include "journal/merged_reader.hpp"
#include "pipeline/collector.hpp"
#include "sim/server.hpp"
#include "sink/registry.hpp"

namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kPatience{30};

// venue, channel, symbol
using StreamKey = std::tuple<std::string, Channel, std::string>;

StreamKey key_of(const Event& event) {
  return {std::string{event.venue}, event.channel(), std::string{event.symbol}};
}

class ShardsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mp-shards-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    auto simulator = sim::Simulator::start(
        {.seed = 3, .rate_per_second = 400, .ca_file = (dir_ / "ca.pem").string()});
    ASSERT_TRUE(simulator) << simulator.error().message;
    simulator_ = simulator.take();
  }
  void TearDown() override {
    reader_.reset();
    collector_.reset();
    if (simulator_) simulator_->stop();
    fs::remove_all(dir_);
  }

  FeedConfig feed(const std::string& venue, Want want) {
    FeedConfig config;
    config.venue = venue;
    config.wants.push_back(std::move(want));
    config.ws_url = simulator_->ws_url(venue);
    config.rest_url = simulator_->rest_url(venue);
    config.ca_file = (dir_ / "ca.pem").string();
    return config;
  }
  std::vector<FeedConfig> both_venues() {
    using enum Channel;
    return {feed("binance",
                 {.instruments = {"BTC-USDT", "ETH-USDT", "SOL-USDT"}, .channels = {trade, book}}),
            feed("okx", {.instruments = {"BTC-USDT", "ETH-USDT", "BTC-USDT-PERP"},
                         .channels = {trade, book}})};
  }

  void collect(std::uint32_t shards, std::vector<FeedConfig> feeds, bool with_sink = false) {
    CollectorConfig config;
    config.journal.dir = dir_ / "journal";
    config.journal.segment_bytes = std::uint64_t{1} << 20U;
    config.shards = shards;
    config.keep_notes_every = 1ms;
    config.feeds = std::move(feeds);
    if (with_sink) {
      sink::Settings sink{sink::kNdjson};
      sink.data_dir = dir_;
      sink.set("compress", false);
      config.sinks.push_back(sink);
    }
    auto collector = Collector::create(config, log_);
    ASSERT_TRUE(collector) << collector.error().message;
    collector_ = collector.take();
    auto reader = journal::open_merged(
        {.locations = collector_->journal_locations(), .from = journal::From::newest});
    ASSERT_TRUE(reader) << reader.error().message;
    reader_ = reader.take();
    seqs_.clear();
    last_ = {};
    ++collected_;
    ASSERT_TRUE(collector_->start());
  }
  void stop() {
    const auto stopped = collector_->stop();
    EXPECT_TRUE(stopped) << (stopped ? "" : stopped.error().message);
  }

  void check(const Event& event) {
    const auto [last, is_new] = seqs_.try_emplace(key_of(event), 0);
    if (is_new && collected_ > 1) last->second = event.seq - 1;  // they go on from run to run
    EXPECT_EQ(event.seq, ++last->second);
    late_ += event.ts_recv < last_ ? 1U : 0U;
    last_ = std::max(last_, event.ts_recv);
    ++events_;
  }
  // Reads events until `enough`; false when they do not come in time.
  bool read_until(const std::function<bool(const Event&)>& enough) {
    const auto deadline = net::steady_now() + kPatience;
    while (net::steady_now() < deadline) {
      if (reader_->next() == journal::Next::event) {
        check(reader_->event());
        if (enough(reader_->event())) return true;
      } else {
        reader_->release();
        reader_->wait(100ms);
      }
    }
    return false;
  }
  bool read_books_of(std::set<std::pair<std::string, std::string>> missing) {
    return read_until([&](const Event& event) {
      const auto* book = std::get_if<Book>(&event.body);
      if (book != nullptr && !book->is_snapshot)
        missing.erase({std::string{event.venue}, std::string{event.symbol}});
      return missing.empty();
    });
  }
  void read_rest() {
    while (reader_->next() == journal::Next::event) check(reader_->event());
  }
  const std::set<std::pair<std::string, std::string>> kAll = {
      {"binance", "BTCUSDT"}, {"binance", "ETHUSDT"}, {"binance", "SOLUSDT"},
      {"okx", "BTC-USDT"},    {"okx", "ETH-USDT"},    {"okx", "BTC-USDT-SWAP"}};

  // How many lines the sink has written, of which each is there once.
  [[nodiscard]] std::uint64_t lines_of_sink() const {
    std::uint64_t count = 0;
    std::set<std::string> seen;
    for (const auto& entry : fs::recursive_directory_iterator(dir_ / "ndjson")) {
      if (entry.path().extension() != ".ndjson") continue;
      std::ifstream in{entry.path()};
      for (std::string line; std::getline(in, line); ++count) {
        EXPECT_TRUE(seen.insert(line).second) << line;
      }
    }
    return count;
  }
  [[nodiscard]] std::uint64_t late_in_journals() const {
    std::uint64_t late = 0;
    for (const auto& location : collector_->journal_locations()) {
      const auto reader = journal::open_merged({.locations = {location}}).take();
      for (Timestamp last{}; reader->next() == journal::Next::event;) {
        late += reader->event().ts_recv < last ? 1U : 0U;
        last = std::max(last, reader->event().ts_recv);
      }
    }
    return late;
  }
  [[nodiscard]] std::uint64_t events_in_journals() const {
    journal::MergedConfig config;
    const auto numbers = journal::shards_in(dir_ / "journal").take();
    for (const auto number : numbers)
      config.locations.push_back(journal::shard_location(dir_ / "journal", number));
    const auto reader = journal::open_merged(config).take();
    std::uint64_t count = 0;
    while (reader->next() == journal::Next::event) ++count;
    return count;
  }

  obs::Logger log_{obs::LogLevel::off};
  fs::path dir_;
  std::unique_ptr<sim::Simulator> simulator_;
  std::unique_ptr<Collector> collector_;
  std::unique_ptr<journal::Reader> reader_;
  std::map<StreamKey, std::uint64_t> seqs_;
  int collected_ = 0;
  Timestamp last_{};
  std::uint64_t events_ = 0;
  std::uint64_t late_ = 0;  // events after one with a later time
};

TEST_F(ShardsTest, collect_both_venues_without_gaps_and_in_the_order_of_time) {
  collect(2, both_venues());
  ASSERT_EQ(collector_->journal_locations().size(), 2U);
  EXPECT_EQ(collector_->feeds().size(), 4U) << "each venue uses both shards";
  ASSERT_TRUE(read_books_of(kAll));
  const std::uint64_t enough = events_ + 2'000;
  ASSERT_TRUE(read_until([&](const Event&) { return events_ >= enough; }));
  stop();
  read_rest();
  for (const auto* feed : collector_->feeds()) {
    EXPECT_GT(feed->counters().events.value(), 0U);
    EXPECT_EQ(feed->counters().gaps, 0U);
  }
  EXPECT_EQ(events_, collector_->journal_counters().appended);
  // Two sockets of one shard are read one after the other, so a journal alone has some that are
  // late. Merging may add those of a shard that the machine stopped beyond all patience.
  EXPECT_LE(late_, late_in_journals() + events_ / 100);
  EXPECT_TRUE(collector_->nothing_to_collect().empty());
}

TEST_F(ShardsTest, deliver_all_when_their_number_changes) {
  std::uint64_t appended = 0;
  for (const std::uint32_t shards : {3U, 1U, 2U}) {
    collect(shards, both_venues(), true);
    EXPECT_EQ(collector_->journal_locations().size(), 3U) << "those of before are still read";
    ASSERT_TRUE(read_books_of(kAll));
    stop();
    read_rest();
    appended += collector_->journal_counters().appended;
    reader_.reset();
    collector_.reset();
  }
  EXPECT_EQ(events_, appended);
  EXPECT_EQ(events_in_journals(), appended);
  EXPECT_EQ(lines_of_sink(), appended);
}

// The sink was not there when the second shard wrote; its journal is all that knows.
TEST_F(ShardsTest, deliver_later_what_a_shard_left_behind_that_is_no_longer_there) {
  collect(2, both_venues());
  ASSERT_TRUE(read_books_of(kAll));
  stop();
  std::uint64_t appended = collector_->journal_counters().appended;
  reader_.reset();
  collector_.reset();
  collect(1, both_venues(), true);
  ASSERT_TRUE(read_books_of(kAll));
  stop();
  appended += collector_->journal_counters().appended;
  EXPECT_EQ(lines_of_sink(), appended);
}

TEST_F(ShardsTest, give_a_symbol_that_is_wanted_under_two_names_to_one_of_them) {
  using enum Channel;
  auto binance = feed("binance", {.instruments = {"BTC-USDT", "ETH-USDT"}, .channels = {trade}});
  binance.wants.push_back({.instruments = {}, .symbols = {"BTCUSDT"}, .channels = {book}});
  collect(3, {binance});
  std::set<StreamKey> missing = {
      {"binance", trade, "BTCUSDT"}, {"binance", book, "BTCUSDT"}, {"binance", trade, "ETHUSDT"}};
  ASSERT_TRUE(read_until([&](const Event& event) {
    missing.erase(key_of(event));
    return missing.empty();
  }));
  stop();
  std::size_t subscriptions = 0;
  for (const auto* each : collector_->feeds()) subscriptions += each->subscriptions();
  EXPECT_EQ(subscriptions, 3U);
}

TEST_F(ShardsTest, say_once_what_the_venue_does_not_have) {
  collect(2, {feed("binance", {.instruments = {"BTC-USDX", "ETH-USDX"}})});
  std::vector<Error> why;
  const auto deadline = net::steady_now() + kPatience;
  while (why.empty() && net::steady_now() < deadline) {
    reader_->wait(20ms);
    why = collector_->nothing_to_collect();
  }
  EXPECT_EQ(why.size(), 2U);
}

TEST_F(ShardsTest, remember_the_streams_for_the_next_start) {
  collect(1, both_venues());
  ASSERT_TRUE(read_books_of(kAll));
  const fs::path file = dir_ / "journal" / "streams";
  fs::remove(file);  // of the start
  ASSERT_TRUE(read_until([&](const Event&) { return fs::exists(file); })) << "while it runs";
  fs::remove(file);
  stop();
  reader_.reset();
  collector_.reset();
  StreamNotes notes{file};
  ASSERT_TRUE(notes.read());
  EXPECT_GT(notes.load_of("binance", "BTC-USDT").value_or(0), 0);
  EXPECT_GT(notes.load_of("okx", "BTC-USDT-SWAP").value_or(0), 0);

  std::ofstream{file} << "damaged";
  collect(2, both_venues());
  ASSERT_TRUE(read_books_of(kAll));
  stop();
}

TEST_F(ShardsTest, record_a_file_each) {
  CollectorConfig config;
  config.journal.retention_bytes = std::uint64_t{1} << 30U;
  config.shards = 2;
  config.feeds = {
      feed("okx", {.instruments = {"BTC-USDT", "ETH-USDT"}, .channels = {Channel::book}})};
  config.recording = dir_ / "session.ndjson";
  auto collector = Collector::create(config, log_);
  ASSERT_TRUE(collector) << collector.error().message;
  collector_ = collector.take();
  reader_ = journal::open_merged({.locations = collector_->journal_locations()}).take();
  ASSERT_TRUE(collector_->start());
  ASSERT_TRUE(read_books_of({{"okx", "BTC-USDT"}, {"okx", "ETH-USDT"}}));
  stop();
  for (const char* const name : {"session.ndjson", "session.shard-1.ndjson"}) {
    auto recording = codec::RecordingReader::open(dir_ / name);
    ASSERT_TRUE(recording) << recording.error().message;
    std::uint64_t frames = 0;
    while (const auto line = (*recording)->next())
      frames += line->kind == codec::LineKind::recv ? 1U : 0U;
    EXPECT_EQ((*recording)->problem(), "");
    EXPECT_GT(frames, 0U);
  }
}

TEST(ShardsConfig, refuses_none_and_too_many) {
  obs::Logger log{obs::LogLevel::off};
  for (const std::uint32_t shards : {0U, journal::kShardsMax + 1}) {
    CollectorConfig config;
    config.shards = shards;
    EXPECT_EQ(Collector::create(config, log).error().kind, ErrorKind::config);
  }
}

TEST_F(ShardsTest, what_is_wanted_changes_while_they_run) {
  using enum Channel;
  collect(2, {feed("binance", {.instruments = {"BTC-USDT", "ETH-USDT"}, .channels = {trade}})});
  std::set<std::string> live;
  ASSERT_TRUE(read_until([&](const Event& event) {
    if (event.channel() == trade) live.insert(std::string{event.symbol});
    return live.size() == 2;
  }));
  auto broken = feed("okx", {.instruments = {"BTC-USDT"}, .channels = {trade}});
  broken.ws_url = "nowhere";
  EXPECT_FALSE(collector_->change({broken}));
  const auto changed = collector_->change(
      {feed("binance", {.instruments = {"ETH-USDT", "SOL-USDT"}, .channels = {trade}}),
       feed("okx", {.instruments = {"BTC-USDT"}, .channels = {trade}})});
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_EQ(changed->size(), 1U) << "nothing is known of okx yet";
  EXPECT_EQ(changed->at(0).added, (std::vector<WantedStream>{{"SOL-USDT", trade}}));
  EXPECT_EQ(changed->at(0).removed, (std::vector<WantedStream>{{"BTC-USDT", trade}}));
  std::string reason;
  live.clear();
  ASSERT_TRUE(read_until([&](const Event& event) {
    const auto* status = std::get_if<Status>(&event.body);
    if (status != nullptr && status->condition == Condition::disconnected) {
      EXPECT_EQ(event.symbol, "BTCUSDT");
      reason = status->reason;
    }
    if (event.channel() == trade && event.symbol != "ETHUSDT" && !reason.empty()) {
      EXPECT_NE(event.symbol, "BTCUSDT") << "after its end";
      live.insert(std::string{event.symbol});
    }
    return live.size() == 2;
  }));
  EXPECT_EQ(reason, "no longer wanted");
  stop();
}

}  // namespace
}  // namespace mp::pipeline
