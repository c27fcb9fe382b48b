// The collector against the exchange simulator over TLS: what was sent arrives, and what was lost
// is marked.
#include "pipeline/collector.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "journal/merged_reader.hpp"
#include "sim/server.hpp"
#include "sink/registry.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kPatience{30};

// A simulator and a collector of it that keeps its journal in memory.
class CollectorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mp-collector-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    auto simulator = sim::Simulator::start(
        {.seed = 3, .rate_per_second = 400, .ca_file = (dir_ / "ca.pem").string()});
    ASSERT_TRUE(simulator) << simulator.error().message;
    simulator_ = simulator.take();
  }
  void TearDown() override {
    collector_.reset();
    if (simulator_) simulator_->stop();
    fs::remove_all(dir_);
  }

  FeedConfig feed(const std::string& venue, std::vector<std::string> instruments,
                  std::vector<Channel> channels) {
    FeedConfig config;
    config.venue = venue;
    config.wants.push_back(
        {.instruments = std::move(instruments), .symbols = {}, .channels = std::move(channels)});
    config.ws_url = simulator_->ws_url(venue);
    config.rest_url = simulator_->rest_url(venue);
    config.ca_file = (dir_ / "ca.pem").string();
    return config;
  }

  void collect(std::vector<FeedConfig> feeds) {
    CollectorConfig config;
    config.journal.retention_bytes = std::uint64_t{256} << 20U;
    config.feeds = std::move(feeds);
    auto collector = Collector::create(config, log_);
    ASSERT_TRUE(collector) << collector.error().message;
    collector_ = collector.take();
    auto reader = journal::open_merged({.locations = collector_->journal_locations()});
    ASSERT_TRUE(reader) << reader.error().message;
    reader_ = reader.take();
    ASSERT_TRUE(collector_->start());
  }

  // Reads events until `enough`; false when they do not come in time.
  bool read_until(const std::function<bool(const Event&)>& enough) {
    const auto deadline = net::steady_now() + kPatience;
    while (net::steady_now() < deadline) {
      const auto next = reader_->next();
      if (next == journal::Next::event) {
        const Event& event = reader_->event();
        const auto key =
            std::tuple{std::string{event.venue}, event.channel(), std::string{event.symbol}};
        EXPECT_EQ(event.seq, ++seqs_[key]);
        if (enough(event)) return true;
      } else {
        reader_->release();
        reader_->wait(100ms);
      }
    }
    return false;
  }
  bool read_book(std::string_view symbol, bool snapshot) {
    return read_until([&](const Event& event) {
      const auto* book = std::get_if<Book>(&event.body);
      return book != nullptr && event.symbol == symbol && book->is_snapshot == snapshot;
    });
  }
  bool read_status(Condition condition, std::string_view symbol) {
    return read_until([&](const Event& event) {
      const auto* status = std::get_if<Status>(&event.body);
      return status != nullptr && event.symbol == symbol && status->condition == condition;
    });
  }

  obs::Logger log_{obs::LogLevel::off};
  fs::path dir_;
  std::unique_ptr<sim::Simulator> simulator_;
  std::unique_ptr<Collector> collector_;
  std::unique_ptr<journal::Reader> reader_;
  std::map<std::tuple<std::string, Channel, std::string>, std::uint64_t> seqs_;
};

TEST_F(CollectorTest, joins_the_books_of_both_venues_and_names_instruments) {
  collect({feed("binance", {"BTC-USDT", "ETH-USDT"}, {Channel::book, Channel::trade}),
           feed("okx", {"BTC-USDT-PERP"}, {Channel::book, Channel::funding})});
  std::map<std::string, std::string, std::less<>> names;
  std::map<std::string, InstrumentFacts> facts;
  std::map<std::string, int, std::less<>> deltas;
  ASSERT_TRUE(read_until([&](const Event& event) {
    names[std::string{event.symbol}] = event.instrument;
    if (!event.symbol.empty()) facts[std::string{event.symbol}] = reader_->facts();
    const auto* book = std::get_if<Book>(&event.body);
    if (book != nullptr && !book->is_snapshot) ++deltas[std::string{event.symbol}];
    return deltas["BTCUSDT"] > 5 && deltas["ETHUSDT"] > 5 && deltas["BTC-USDT-SWAP"] > 5;
  }));
  EXPECT_EQ(names["BTCUSDT"], "BTC-USDT");
  EXPECT_EQ(names["BTC-USDT-SWAP"], "BTC-USDT-PERP");
  for (const auto& [symbol, known] : facts) {
    const bool spot = symbol != "BTC-USDT-SWAP";
    EXPECT_EQ(known.kind, spot ? InstrumentKind::spot : InstrumentKind::perpetual) << symbol;
    EXPECT_TRUE(known.tick_size && known.lot_size) << symbol;
    EXPECT_EQ(known.contract_size.has_value(), !spot) << symbol;
  }
  EXPECT_EQ(collector_->feeds()[0]->counters().gaps, 0U);
  EXPECT_TRUE(collector_->stop());
}

// Screens ask while messages come, and while what is wanted changes.
TEST_F(CollectorTest, other_threads_may_look_at_what_it_holds) {
  const auto binance = feed("binance", {"BTC-USDT"}, {Channel::book, Channel::trade});
  collect({binance});
  std::atomic<bool> done = false;
  std::thread screen{[&] {
    while (!done) {
      (void)collector_->latencies();
      (void)collector_->instruments();
    }
  }};
  EXPECT_TRUE(read_book("BTCUSDT", false));
  EXPECT_TRUE(collector_->change({binance, feed("okx", {"BTC-USDT-PERP"}, {Channel::book})}));
  EXPECT_TRUE(read_book("BTC-USDT-SWAP", false));
  done = true;
  screen.join();
  EXPECT_EQ(collector_->instruments().size(), 2U);
  EXPECT_EQ(collector_->book("okx", "BTC-USDT-PERP", 5)->bids.size(), 5U);
  EXPECT_TRUE(collector_->resync("binance", "BTC-USDT"));
  EXPECT_TRUE(read_status(Condition::resynced, "BTCUSDT"));
}

TEST_F(CollectorTest, marks_a_gap_and_resynchronises_only_that_book) {
  collect({feed("binance", {"BTC-USDT", "ETH-USDT"}, {Channel::book}),
           feed("okx", {"BTC-USDT", "ETH-USDT"}, {Channel::book})});
  ASSERT_TRUE(read_book("ETHUSDT", false));
  ASSERT_TRUE(read_book("ETH-USDT", false));
  simulator_->drop_depth("binance", "BTCUSDT");
  std::optional<std::int64_t> missing;
  ASSERT_TRUE(read_until([&](const Event& event) {
    const auto* status = std::get_if<Status>(&event.body);
    if (status == nullptr || status->condition != Condition::gap) return false;
    EXPECT_EQ(event.symbol, "BTCUSDT");
    EXPECT_EQ(status->reason, "sequence");
    missing = status->missing;
    return true;
  }));
  EXPECT_GT(missing.value_or(0), 0);
  ASSERT_TRUE(read_book("BTCUSDT", true));
  ASSERT_TRUE(read_status(Condition::resynced, "BTCUSDT"));
  simulator_->drop_depth("okx", "BTC-USDT");
  ASSERT_TRUE(read_status(Condition::gap, "BTC-USDT"));
  ASSERT_TRUE(read_book("BTC-USDT", true));
  ASSERT_TRUE(read_status(Condition::resynced, "BTC-USDT"));
  EXPECT_EQ(collector_->feeds()[0]->counters().gaps, 1U);
  EXPECT_EQ(collector_->feeds()[1]->counters().gaps, 1U);
  EXPECT_EQ(collector_->feeds()[1]->counters().disconnects, 0U);
}

TEST_F(CollectorTest, comes_back_after_a_reset_and_starts_the_book_anew) {
  collect({feed("okx", {"BTC-USDT"}, {Channel::book, Channel::trade})});
  ASSERT_TRUE(read_book("BTC-USDT", false));
  simulator_->reset_connections("okx");
  ASSERT_TRUE(read_status(Condition::disconnected, "BTC-USDT"));
  ASSERT_TRUE(read_status(Condition::connected, "BTC-USDT"));
  ASSERT_TRUE(read_book("BTC-USDT", true));
  ASSERT_TRUE(read_status(Condition::resynced, "BTC-USDT"));
  ASSERT_TRUE(read_book("BTC-USDT", false));
  EXPECT_EQ(collector_->feeds()[0]->counters().disconnects, 1U);
}

TEST_F(CollectorTest, counts_its_calls_and_the_connections_that_were_reused) {
  collect({feed("binance", {"BTC-USDT", "ETH-USDT"}, {Channel::book})});
  ASSERT_TRUE(read_book("BTCUSDT", true));
  ASSERT_TRUE(read_book("ETHUSDT", false));
  EXPECT_TRUE(collector_->stop());
  const CallCounters& calls = collector_->feeds()[0]->counters().calls;
  EXPECT_EQ(calls.submitted.value(), 3U) << "the listing and two snapshots";
  EXPECT_EQ(calls.failed.value(), 0U);
  EXPECT_EQ(calls.active, 0U);
  EXPECT_EQ(calls.waiting, 0U);
  EXPECT_EQ(calls.duration.snapshot().count, 3U);
  EXPECT_GE(calls.reused, 1U);
  EXPECT_EQ(calls.connects + calls.reused, 3U);
}

TEST_F(CollectorTest, tells_other_processes_what_it_has_spent) {
  auto binance = feed("binance", {"BTC-USDT", "ETH-USDT"}, {Channel::book});
  binance.budget_file = dir_ / "budgets";
  collect({binance});
  ASSERT_TRUE(read_book("BTCUSDT", true));
  ASSERT_TRUE(read_book("ETHUSDT", true));
  EXPECT_TRUE(collector_->stop());
  const auto limits = venue::make_adapter("binance")->traits().limits;
  auto file = BudgetFile::open(binance.budget_file);
  ASSERT_TRUE(file.ok());
  auto* memory = (*file)->memory_of(
      key_of({.venue = "binance", .rest_url = binance.rest_url, .proxy = {}}, limits));
  const VenueBudget budget{limits, {.memory = memory}};
  EXPECT_EQ(budget.weight_spent(net::steady_now()), 120U) << "20 for the listing, 50 for a book";
}

TEST_F(CollectorTest, says_why_there_is_nothing_to_collect) {
  collect({feed("binance", {"BTC-USDX"}, {})});
  std::vector<Error> why;
  const auto deadline = net::steady_now() + kPatience;
  while (why.empty() && net::steady_now() < deadline) {
    reader_->wait(20ms);
    why = collector_->nothing_to_collect();
  }
  ASSERT_EQ(why.size(), 1U);
  EXPECT_EQ(why[0].kind, ErrorKind::config);
  EXPECT_NE(why[0].message.find("\"BTC-USDX\""), std::string::npos) << why[0].message;
  EXPECT_NE(why[0].message.find("BTC-USDT"), std::string::npos) << why[0].message;
}

TEST_F(CollectorTest, says_when_no_channel_applies) {
  collect({feed("okx", {"BTC-USDT"}, {Channel::funding})});  // spot has none
  std::vector<Error> why;
  const auto deadline = net::steady_now() + kPatience;
  while (why.empty() && net::steady_now() < deadline) {
    reader_->wait(20ms);
    why = collector_->nothing_to_collect();
  }
  ASSERT_EQ(why.size(), 1U);
  EXPECT_NE(why[0].message.find("channels"), std::string::npos) << why[0].message;
}

TEST_F(CollectorTest, refuses_a_server_that_it_cannot_trust) {
  auto config = feed("binance", {"BTC-USDT"}, {});
  config.ca_file.clear();  // the system's certificates do not know the simulator
  collect({config});
  const auto deadline = net::steady_now() + 3s;
  while (net::steady_now() < deadline && collector_->feeds()[0]->counters().frames == 0) {
    reader_->wait(100ms);
  }
  EXPECT_EQ(collector_->feeds()[0]->counters().connects, 0U);
  EXPECT_FALSE(collector_->feeds()[0]->planned());
  collector_.reset();
  simulator_->stop();
  EXPECT_EQ(simulator_->statistics().connections_opened, 0U);
}

TEST_F(CollectorTest, records_what_replay_reads) {
  CollectorConfig config;
  config.journal.retention_bytes = std::uint64_t{256} << 20U;
  config.feeds = {feed("binance", {"BTC-USDT"}, {Channel::book, Channel::trade})};
  config.recording = dir_ / "session.ndjson.zst";
  auto collector = Collector::create(config, log_);
  ASSERT_TRUE(collector) << collector.error().message;
  auto reader = journal::open_merged({.locations = (*collector)->journal_locations()});
  ASSERT_TRUE(reader);
  reader_ = reader.take();
  ASSERT_TRUE((*collector)->start());
  ASSERT_TRUE(read_book("BTCUSDT", false));
  ASSERT_TRUE((*collector)->stop());
  const std::uint64_t frames = (*collector)->feeds()[0]->counters().frames;

  auto recording = codec::RecordingReader::open(config.recording);
  ASSERT_TRUE(recording) << recording.error().message;
  std::map<codec::LineKind, std::uint64_t> lines;
  while (const auto line = (*recording)->next()) ++lines[line->kind];
  EXPECT_EQ((*recording)->problem(), "");
  EXPECT_EQ(lines[codec::LineKind::recv], frames);
  EXPECT_EQ(lines[codec::LineKind::connect], 1U);
  EXPECT_GE(lines[codec::LineKind::http], 2U);  // the listing and the snapshot
  EXPECT_GE(lines[codec::LineKind::send], 1U);
}

TEST_F(CollectorTest, records_beside_an_earlier_recording) {
  CollectorConfig config;
  config.recording = dir_ / "session.ndjson";
  for (const char* name : {"session.ndjson", "session.2.ndjson", "session.3.ndjson"}) {
    config.feeds = {feed("binance", {"BTC-USDT"}, {Channel::trade})};
    auto collector = Collector::create(config, log_);
    ASSERT_TRUE(collector) << collector.error().message;
    ASSERT_TRUE((*collector)->start());
    ASSERT_TRUE((*collector)->stop());
    EXPECT_EQ((*collector)->recordings(), std::vector{dir_ / name});
    EXPECT_GT(fs::file_size(dir_ / name), 0U);
  }
  config.if_recording_exists = IfExists::refuse;
  const auto refused = Collector::create(config, log_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  config.if_recording_exists = IfExists::replace;
  EXPECT_TRUE(Collector::create(config, log_));
}

TEST_F(CollectorTest, says_that_segments_are_too_small_for_books) {
  CollectorConfig config;
  config.journal.segment_bytes = 64U << 10U;
  config.journal.retention_bytes = std::uint64_t{256} << 20U;
  // Two books in one segment: for the first one it may have room while it has only begun.
  config.feeds = {feed("binance", {"BTC-USDT", "ETH-USDT"}, {Channel::book, Channel::trade})};
  collector_ = Collector::create(config, log_).take();
  reader_ = journal::open_merged({.locations = collector_->journal_locations()}).take();
  ASSERT_TRUE(collector_->start());
  bool marked = false;
  for (const auto end = net::steady_now() + kPatience; !marked && net::steady_now() < end;) {
    const auto next = reader_->next();
    const auto* status =
        next == journal::Next::event ? std::get_if<Status>(&reader_->event().body) : nullptr;
    marked = status != nullptr && status->reason == "event larger than half a journal segment";
    // Else let one come again.
    const auto* book =
        next == journal::Next::event ? std::get_if<Book>(&reader_->event().body) : nullptr;
    if (book != nullptr && book->is_snapshot) simulator_->drop_depth("binance", "BTCUSDT");
    if (next != journal::Next::event) reader_->wait(100ms);
  }
  EXPECT_TRUE(marked);
  const auto stopped = collector_->stop();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::config);
  EXPECT_NE(stopped.error().message.find("`segment_bytes`"), std::string::npos);
  EXPECT_EQ(stopped.error().message.find("disk"), std::string::npos) << stopped.error().message;
}

// One sink's trouble is its own.
TEST_F(CollectorTest, collects_though_a_sink_cannot_open) {
  std::ofstream{dir_ / "file"} << "not a folder";
  CollectorConfig config;
  config.journal.dir = dir_ / "journal";
  config.journal.retention_bytes = std::uint64_t{256} << 20U;
  config.feeds = {feed("binance", {"BTC-USDT"}, {Channel::trade})};
  for (const auto& data : {dir_ / "file", dir_ / "data"}) {
    config.sinks = {sink::Settings{sink::kNdjson}};
    config.sinks.front().data_dir = data;
    auto collector = Collector::create(config, log_);
    ASSERT_TRUE(collector) << collector.error().message;
    reader_ = journal::open_merged(
                  {.locations = (*collector)->journal_locations(), .from = journal::From::newest})
                  .take();
    ASSERT_TRUE((*collector)->start());
    seqs_.clear();
    bool seen = false;
    for (const auto end = net::steady_now() + kPatience; !seen && net::steady_now() < end;) {
      const auto next = reader_->next();
      seen = next == journal::Next::event && reader_->event().channel() == Channel::trade;
      if (next != journal::Next::event) reader_->wait(100ms);
    }
    EXPECT_TRUE(seen);
    const auto stopped = (*collector)->stop();
    EXPECT_EQ(stopped.ok(), data == dir_ / "data");
    if (stopped) continue;
    EXPECT_EQ(stopped.error().kind, ErrorKind::io);
    EXPECT_NE(stopped.error().message.find("sink ndjson could not be opened"), std::string::npos);
  }
  std::uint64_t events = 0;
  for (const auto& entry : fs::recursive_directory_iterator{dir_ / "data" / "ndjson"})
    events += entry.path().extension() == ".zst" ? 1 : 0;
  EXPECT_GT(events, 0U);
}

TEST_F(CollectorTest, goes_on_collecting_when_the_recording_cannot_be_written) {
  CollectorConfig config;
  config.journal.retention_bytes = std::uint64_t{256} << 20U;
  config.feeds = {feed("okx", {"BTC-USDT"}, {Channel::book})};
  config.recording = "/dev/full";
  collector_ = Collector::create(config, log_).take();
  reader_ = journal::open_merged({.locations = collector_->journal_locations()}).take();
  ASSERT_TRUE(collector_->start());
  ASSERT_TRUE(read_book("BTC-USDT", false));
  ASSERT_TRUE(read_until([&](const Event&) { return collector_->recording_failed(); }));
  const auto stopped = collector_->stop();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::io);
  EXPECT_NE(stopped.error().message.find("/dev/full"), std::string::npos);
  EXPECT_TRUE(collector_->recordings().empty());
}

}  // namespace
}  // namespace mp::pipeline
