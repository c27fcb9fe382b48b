#include "sim/load.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "sim/load_market.hpp"
#include "unit/sim/client.hpp"
#include "unit/sim/decode.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

constexpr auto kDepth = static_cast<LoadStream>(LoadChannel::depth);

void read_snapshot(std::string_view text, std::int64_t& sequence, ReferenceBook& book) {
  const Document document(text);
  Entry entry;
  entry.is_snapshot = true;
  entry.bids = levels_in(document.root()["bids"].value());
  entry.asks = levels_in(document.root()["asks"].value());
  sequence = integer_at(document.root(), "lastUpdateId");
  book.apply(entry);
}

// The frame's payload; all frames have a head of four bytes.
std::string_view payload_of(std::string_view frame) {
  EXPECT_EQ(frame.substr(0, 2), "\x81\x7E");
  return frame.substr(4);
}

TEST(LoadMarket, a_snapshot_is_what_the_deltas_made_of_the_book_at_every_place_of_the_loop) {
  LoadMarket market({.instruments = 3, .levels = 100});
  market.set_time(millis(1'700'000'000'000));
  const LoadStream stream = 2 * kLoadChannels + kDepth;
  std::string text;
  market.append_snapshot(2, 1000, text);
  ReferenceBook book;
  std::int64_t last = 0;
  read_snapshot(text, last, book);
  EXPECT_EQ(book.bids.size(), 100U);
  EXPECT_EQ(book.asks.size(), 100U);
  std::size_t least = 100;
  for (int delta = 0; delta < 120; ++delta) {
    char bytes[kLoadFrameBytesMax];
    const std::size_t expected = market.next_bytes(stream);
    const char* const end = market.write(stream, 0, bytes);
    ASSERT_EQ(static_cast<std::size_t>(end - bytes), expected);
    const auto entries = decode_binance(payload_of({bytes, end}));
    ASSERT_EQ(entries.size(), 1U);
    ASSERT_EQ(entries[0].bids.size(), 5U);
    ASSERT_EQ(entries[0].asks.size(), 5U);
    ASSERT_EQ(entries[0].first_sequence, last + 1);
    ASSERT_EQ(entries[0].last_sequence, last + 10);
    book.apply(entries[0]);
    text.clear();
    market.append_snapshot(2, 1000, text);
    ReferenceBook whole;
    read_snapshot(text, last, whole);
    ASSERT_EQ(entries[0].last_sequence, last);
    ASSERT_EQ(whole.bids, book.bids);
    ASSERT_EQ(whole.asks, book.asks);
    ASSERT_LT(book.bids.rbegin()->first, book.asks.begin()->first);
    least = std::min(least, book.bids.size());
  }
  EXPECT_LT(least, 100U);  // levels are taken away, too
}

TEST(LoadMarket, knows_the_names_of_its_streams_and_instruments_alone) {
  const LoadMarket market({.instruments = 12, .levels = 50});
  EXPECT_EQ(market.stream("l00001usdt@trade"), 0U);
  EXPECT_EQ(market.stream("l00012usdt@depth@100ms"), 11 * kLoadChannels + kDepth);
  EXPECT_EQ(market.instrument("L00012USDT"), 11U);
  for (const char* const wrong : {"l00013usdt@trade", "l00000usdt@trade", "l00001usdt@depth", "",
                                  "l0001usdt@trade", "l00001usdc@trade", "x00001usdt@trade"}) {
    EXPECT_FALSE(market.stream(wrong)) << wrong;
  }
  EXPECT_FALSE(market.instrument("L0+001USDT"));
}

TEST(LoadMarket, of_ten_thousand_instruments_has_loops_that_close) {
  LoadMarket market({.instruments = 10'000, .levels = 1000});
  std::string begin;
  market.append_snapshot(9'999, 1000, begin);
  const std::string book = begin.substr(begin.find("bids"));
  const LoadStream stream = 9'999 * kLoadChannels + kDepth;
  int closed = 0;
  for (int delta = 0; delta < 48; ++delta) {
    char bytes[kLoadFrameBytesMax];
    market.write(stream, 0, bytes);
    std::string text;
    market.append_snapshot(9'999, 1000, text);
    if (text.substr(text.find("bids")) == book) ++closed;
  }
  EXPECT_GE(closed, 2);
}

class LoadServing : public testing::Test {
 protected:
  void start(LoadConfig config) {
    config.ca_file = ca();
    auto opened = LoadServer::open(config);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    server_ = opened.take();
    thread_ = std::thread([this] {
      const LoadHooks hooks{.begin = [] {}, .stop = [this] { return stop_.load(); }};
      report_.set_value(server_->run(hooks));
      server_->linger(kPatience, hooks);
    });
  }
  void TearDown() override {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::string ca() const { return folder_.file("ca.pem"); }
  [[nodiscard]] Client client() const { return {server_->port(), ca()}; }
  LoadReport report() {
    auto waiting = report_.get_future();
    if (waiting.wait_for(kPatience) != std::future_status::ready) {
      ADD_FAILURE() << "the load did not end";
      return {};
    }
    const auto result = waiting.get();
    EXPECT_TRUE(result.ok()) << result.error().message;
    return result.ok() ? *result : LoadReport{};
  }
  // Subscribes all streams of instruments `first` to `last`, one request for each.
  static void subscribe(Client& reader, int first, int last) {
    ASSERT_FALSE(reader.connect("/stream"));
    for (int number = first; number <= last; ++number) {
      const std::string symbol = "\"l0000" + std::to_string(number) + "usdt@";
      ASSERT_FALSE(reader.send(R"({"method":"SUBSCRIBE","params":[)" + symbol + "trade\"," +
                               symbol + "depth@100ms\"," + symbol + R"(bookTicker"],"id":)" +
                               std::to_string(number) + "}"));
    }
    for (int number = first; number <= last; ++number) {
      ASSERT_EQ(reader.read(), R"({"result":null,"id":)" + std::to_string(number) + "}");
    }
  }
  // Of the envelope: {"stream":"l00001usdt@trade",...
  static std::string symbol_in(std::string_view text) {
    text.remove_prefix(std::min(text.find(":\"") + 2, text.size()));
    return std::string(text.substr(0, text.find('@')));
  }
  struct Received {
    std::string text;
    Entry entry;
  };
  static std::vector<Received> read(Client& reader, std::size_t count) {
    std::vector<Received> all;
    while (all.size() < count) {
      const std::string text = reader.read();
      if (text.empty()) break;
      for (Entry& entry : decode_binance(text)) all.push_back({text, std::move(entry)});
    }
    return all;
  }

  Folder folder_;
  std::unique_ptr<LoadServer> server_;
  std::promise<Result<LoadReport>> report_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// How many messages a record holds.
class LoadRecords : public LoadServing, public testing::WithParamInterface<std::size_t> {};

TEST_P(LoadRecords, bring_every_sequence_without_gaps_and_all_that_the_report_counts) {
  constexpr std::size_t kMessages = 2000;
  start({.instruments = 3, .messages_per_record = GetParam(), .messages = kMessages});
  Client reader = client();
  subscribe(reader, 1, 3);
  const auto received = read(reader, kMessages);
  ASSERT_EQ(received.size(), kMessages);
  EXPECT_THAT(reader.pongs, ElementsAre("begin"));
  std::map<std::string, std::int64_t> last;
  std::map<std::string, std::int64_t> last_trade;
  std::int64_t stamp = 0;
  LoadReport counted;
  for (const auto& [text, entry] : received) {
    counted.bytes += text.size() + 4;
    if (entry.channel == Channel::book) {
      ++counted.depths;
      std::int64_t& before =
          last.try_emplace(symbol_in(text), static_cast<std::int64_t>(kLoadSequenceStart))
              .first->second;
      ASSERT_EQ(entry.first_sequence, before + 1);
      before = *entry.last_sequence;
      continue;
    }
    ++(entry.channel == Channel::trade ? counted.trades : counted.quotes);
    if (entry.channel == Channel::trade) {
      std::int64_t& before =
          last_trade.try_emplace(symbol_in(text), static_cast<std::int64_t>(kLoadTradeIdStart))
              .first->second;
      ASSERT_EQ(entry.trade_id, ++before);
      continue;
    }
    ASSERT_GT(entry.last_sequence, stamp);
    stamp = *entry.last_sequence;
  }
  const LoadReport report = this->report();
  EXPECT_EQ(report.messages, kMessages);
  EXPECT_EQ(report.trades, counted.trades);
  EXPECT_EQ(report.depths, counted.depths);
  EXPECT_EQ(report.quotes, counted.quotes);
  EXPECT_EQ(report.bytes, counted.bytes);
  EXPECT_EQ(report.sessions, 1U);
  EXPECT_EQ(report.sessions_dropped, 0U);
  const std::size_t in_record = GetParam();
  if (in_record != 0) EXPECT_EQ(report.records, (kMessages + in_record - 1) / in_record);
}
INSTANTIATE_TEST_SUITE_P(Modes, LoadRecords, testing::Values(0, 1, 3));

TEST_F(LoadServing, gives_each_session_its_own_streams) {
  start({.instruments = 4, .messages_per_record = 1, .records_per_write = 10, .messages = 600});
  Client one = client();
  Client other = client();
  subscribe(one, 1, 2);
  subscribe(other, 3, 4);
  std::map<std::string, int> counts;
  for (const auto& [text, entry] : read(one, 300)) ++counts["one " + symbol_in(text)];
  for (const auto& [text, entry] : read(other, 300)) ++counts["other " + symbol_in(text)];
  EXPECT_THAT(counts, ElementsAre(Pair("one l00001usdt", 150), Pair("one l00002usdt", 150),
                                  Pair("other l00003usdt", 150), Pair("other l00004usdt", 150)));
  EXPECT_EQ(report().sessions, 2U);
}

TEST_F(LoadServing, paced_stamps_are_the_schedule) {
  start({.instruments = 2, .rate = 5000, .messages = 600});
  Client reader = client();
  subscribe(reader, 1, 2);
  const auto received = read(reader, 600);
  ASSERT_EQ(received.size(), 600U);
  std::optional<std::int64_t> origin;
  for (std::size_t i = 0; i < received.size(); ++i) {
    const Entry& entry = received[i].entry;
    if (entry.channel != Channel::quote) continue;
    const auto stamp = *entry.last_sequence;
    const std::int64_t due = static_cast<std::int64_t>(i) * 200'000;
    if (!origin) origin = stamp - due;
    ASSERT_EQ(stamp, *origin + due) << i;
  }
  const LoadReport report = this->report();
  EXPECT_EQ(report.records, 600U);
  EXPECT_GT(report.late_max, Nanoseconds{0});
  EXPECT_LE(report.late_p50, report.late_p99);
}

TEST_F(LoadServing, measures_once_the_snapshots_were_fetched_and_the_deltas_go_on_from_them) {
  start({.instruments = 1, .levels = 64, .messages = 300, .wait_for_snapshots = true});
  Client reader = client();
  subscribe(reader, 1, 1);
  for (const auto& early : read(reader, 30)) ASSERT_FALSE(early.text.empty());
  EXPECT_THAT(reader.pongs, ElementsAre());
  Client rest = client();
  ASSERT_FALSE(rest.handshake_tls());
  unsigned status = 0;
  EXPECT_THAT(rest.get("/api/v3/exchangeInfo", status), testing::HasSubstr("\"L00001USDT\""));
  ReferenceBook book;
  std::int64_t last = 0;
  read_snapshot(rest.get("/api/v3/depth?symbol=L00001USDT&limit=1000", status), last, book);
  EXPECT_EQ(status, 200U);
  std::size_t measured = 0;
  while (measured < 300) {
    const auto next = read(reader, 1);
    ASSERT_EQ(next.size(), 1U);
    if (!reader.pongs.empty()) ++measured;
    const Entry& entry = next[0].entry;
    if (entry.channel != Channel::book || *entry.last_sequence <= last) continue;
    ASSERT_EQ(entry.first_sequence, last + 1);
    last = *entry.last_sequence;
    book.apply(entry);
  }
  ReferenceBook whole;
  std::int64_t at_end = 0;
  EXPECT_EQ(report().messages, 300U);
  read_snapshot(rest.get("/api/v3/depth?symbol=L00001USDT&limit=1000", status), at_end, whole);
  EXPECT_EQ(at_end, last);
  EXPECT_EQ(whole.bids, book.bids);
  EXPECT_EQ(whole.asks, book.asks);
}

TEST_F(LoadServing, answers_what_it_does_not_serve) {
  start({.instruments = 1});
  Client rest = client();
  ASSERT_FALSE(rest.handshake_tls());
  unsigned status = 0;
  EXPECT_THAT(rest.get("/api/v3/depth?symbol=BTCUSDT", status), testing::HasSubstr("-1121"));
  EXPECT_EQ(status, 400U);
  rest.get("/api/v3/depth?symbol=L00001USDT&limit=x", status);
  EXPECT_EQ(status, 400U);
  rest.get("/nothing", status);
  EXPECT_EQ(status, 404U);
  EXPECT_TRUE(client().connect("/elsewhere"));
}

TEST(LoadConfigs, that_make_no_sense_are_refused) {
  const Folder folder;
  const std::string ca = folder.file("ca.pem");
  EXPECT_FALSE(LoadServer::open({.ca_file = ca, .instruments = 0}).ok());
  EXPECT_FALSE(LoadServer::open({.ca_file = ca, .levels = 5}).ok());
  EXPECT_FALSE(LoadServer::open({.ca_file = ca, .messages_per_record = 1000}).ok());
  const auto unwritable = LoadServer::open({.ca_file = folder.file("no/such/ca.pem")});
  ASSERT_FALSE(unwritable.ok());
  EXPECT_EQ(unwritable.error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace mp::sim
