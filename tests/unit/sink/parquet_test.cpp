
#include <algorithm>
#include <array>
#include <fstream>
#include <limits>

#include "sink/columns.hpp"
#include "sink/files.hpp"
#include "sink/parquet_name.hpp"
#include "sink/parquet_partitions.hpp"
#include "sink_fixture.hpp"

namespace mp::sink {
namespace {

class ParquetTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_duckdb()) GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
  }
  // Writes the events and answers the rows of a query over them.
  Rows rows_of(const std::vector<Event>& events, const std::string& sql) {
    auto sink = make();
    EXPECT_TRUE(sink->open().ok());
    EXPECT_EQ(sink->write({.items = items_of(events), .bytes = {}}).outcome, Outcome::done);
    EXPECT_EQ(sink->close().outcome, Outcome::done);
    auto query = Query::open({.data_dir = dir_.path()});
    EXPECT_TRUE(query.ok()) << query.error().message;
    auto rows = (*query)->rows(sql, 1'000);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() ? rows.take() : Rows{};
  }
  [[nodiscard]] std::unique_ptr<Sink> make(bool durable = true) const {
    Settings settings{kParquet};
    settings.data_dir = dir_.path();
    settings.durable = durable;
    return kParquet.make(settings);
  }
  static std::vector<Item> items_of(const std::vector<Event>& events) {
    std::vector<Item> out;
    for (std::size_t i = 0; i < events.size(); ++i)
      out.push_back({.index = i, .event = &events[i]});
    return out;
  }
  static Event event_of(Event::Body body) {
    Event event;
    event.venue = "binance";
    event.symbol = "BTCUSDT";
    event.instrument = "BTC-USDT";
    event.ts_recv = from_nanoseconds(kStart + 123'456'789);
    event.seq = 9'007'199'254'740'993;  // one past what a double holds
    event.body = body;
    return event;
  }

  TempDir dir_;
};

using Row = std::vector<std::optional<std::string>>;

TEST_F(ParquetTest, keeps_every_digit_and_the_folders) {
  Trade trade;
  trade.price = Price{{618'376'300'000'000'001, -13}};
  trade.quantity = Quantity{{150, -2}};
  trade.side = Side::buy;
  const Rows rows = rows_of({event_of(trade)},
                            "SELECT ts_recv, ts_event, seq, symbol, trade_id, price_mantissa, "
                            "price_exponent, quantity, side, venue, instrument, date FROM trade");
  ASSERT_EQ(rows.rows.size(), 1U);
  EXPECT_EQ(rows.rows[0], (Row{"2025-11-24 16:00:00.123456789", std::nullopt, "9007199254740993",
                               "BTCUSDT", std::nullopt, "618376300000000001", "-13", "1.5", "buy",
                               "binance", "BTC-USDT", "2025-11-24"}));
  EXPECT_TRUE(std::filesystem::is_directory(dir_.path() /
                                            "parquet/type=trade/venue=binance/date=2025-11-24"));
}

TEST_F(ParquetTest, keeps_levels_as_lists_of_structs) {
  std::vector<Event> events;
  std::deque<std::vector<Level>> levels;
  for (int i = 0; i < 5'000; ++i) {  // more than two chunks
    auto& bids = levels.emplace_back();
    for (int n = 0; n < i % 7; ++n) bids.emplace_back(Price{{i * 10 + n, -2}}, Quantity{{n, 0}});
    Book book;
    book.is_snapshot = i % 2 == 0;
    book.bids = bids;
    events.push_back(event_of(book));
    events.back().seq = static_cast<std::uint64_t>(i) + 1;
  }
  const Rows rows = rows_of(
      events,
      "SELECT count(*), sum(len(bids)), sum(len(asks)), sum(list_sum([l.price_mantissa FOR l IN "
      "bids])), bool_and(list_bool_and([l.price = l.price_mantissa / 100 FOR l IN bids])) FROM "
      "book");
  std::int64_t count = 0;
  std::int64_t sum = 0;
  for (const auto& list : levels) {
    for (const Level& level : list) {
      ++count;
      sum += level.price_mantissa;
    }
  }
  EXPECT_EQ(rows.rows.at(0),
            (Row{"5000", std::to_string(count), "0", std::to_string(sum), "true"}));
}

TEST_F(ParquetTest, keeps_numbers_of_any_size_and_order) {
  constexpr std::array<std::int64_t, 8> kMantissas = {0,
                                                      -1,
                                                      std::numeric_limits<std::int64_t>::max(),
                                                      std::numeric_limits<std::int64_t>::min(),
                                                      std::int64_t{1} << 56U,
                                                      -(std::int64_t{1} << 56U) - 1,
                                                      1'000'000'007,
                                                      42};
  std::deque<std::string> ids;
  std::vector<Event> events;
  std::int64_t present = 0;
  std::uint64_t sum = 0;  // modulo 2^64, of all mantissas
  for (std::size_t i = 0; i < 3'000; ++i) {
    Trade trade;
    trade.price = Price{{kMantissas[i * 5 % kMantissas.size()],
                         static_cast<std::int8_t>(static_cast<int>(i % 55) - 36)}};
    trade.quantity = Quantity{{static_cast<std::int64_t>(i * 7'919 % 2'003), -3}};
    if (i % 3 != 0) trade.trade_id = ids.emplace_back(std::string(i % 40, 'x') + std::to_string(i));
    if (i % 5 != 0) trade.side = i % 2 == 0 ? Side::buy : Side::sell;
    present += trade.trade_id ? 1 : 0;
    sum += static_cast<std::uint64_t>(trade.price.decimal.mantissa);
    events.push_back(event_of(trade));
    events.back().seq = i * 1'000'000'007;
    if (i % 7 == 0) events.back().ts_event = from_nanoseconds(-static_cast<std::int64_t>(i));
  }
  const std::string total = std::to_string(sum);
  const Rows rows = rows_of(
      events,
      "WITH t AS (SELECT *, seq::BIGINT // 1000000007 AS i, "
      "sum(price_mantissa::HUGEINT) OVER () % 18446744073709551616 AS total FROM trade) "
      "SELECT count(trade_id), count(side), count(ts_event), "
      "bool_and(total = " +
          total + " OR total + 18446744073709551616 = " + total +
          "), "
          "bool_and(seq % 1000000007 = 0 AND i % 55 - 36 = price_exponent), "
          "bool_and(quantity_mantissa = i * 7919 % 2003 AND quantity = quantity_mantissa / 1000), "
          "bool_and(trade_id IS NULL OR trade_id = repeat('x', i % 40) || i), "
          "bool_and(side IS NULL OR side = CASE WHEN i % 2 = 0 THEN 'buy' ELSE 'sell' END), "
          "min(price_mantissa), max(price_mantissa), min(epoch_ns(ts_event)), "
          "count(*) FILTER (WHERE seq = 2999 * 1000000007::BIGINT) FROM t");
  EXPECT_EQ(rows.rows.at(0),
            (Row{std::to_string(present), "2400", "429", "true", "true", "true", "true", "true",
                 "-9223372036854775808", "9223372036854775807", "-2996", "1"}));
}

TEST_F(ParquetTest, gathers_instruments_that_say_little_in_one_file) {
  std::deque<std::string> names;
  std::vector<Event> events;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 300; ++i) {
      Event event = event_of(MarkPrice{});
      event.instrument = names.emplace_back("COIN" + std::to_string(i) + "-USDT");
      event.seq = events.size();
      events.push_back(event);
    }
  }
  // One that says much has a file of its own, however late it comes.
  for (std::size_t i = 0; i < Partitions::kOwnFileWeight / 5; ++i) {
    events.push_back(event_of(MarkPrice{}));
    events.back().seq = events.size();
    if (i < 200) events.push_back(events[i]);
  }
  std::swap(events.front(), events.back());
  for (std::size_t i = 1; i < 200; ++i) std::swap(events[i], events[events.size() - 1 - i]);
  const Rows rows = rows_of(events, "SELECT count(*), count(DISTINCT instrument) FROM mark_price");
  EXPECT_EQ(rows.rows.at(0), (Row{std::to_string(events.size()), "301"}));
  const auto folder = dir_.path() / "parquet/type=mark_price/venue=binance/date=2025-11-24";
  std::vector<std::string> who;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    who.push_back(ParquetName::parse(entry.path().filename().string())->who);
  std::ranges::sort(who);
  EXPECT_EQ(who, (std::vector<std::string>{"BTC-USDT", "mixed"}));
}

// Of three streams of an instrument, which one has the gap.
TEST_F(ParquetTest, tells_the_stream_that_a_status_is_about) {
  std::vector<Event> events;
  for (const Channel channel : {Channel::trade, Channel::book, Channel::quote})
    events.push_back(event_of(Status{.condition = Condition::connected, .channel = channel}));
  const Rows seen = rows_of(events, "SELECT type, channel FROM status ORDER BY channel");
  EXPECT_EQ(seen.rows,
            (std::vector<Row>{{"status", "book"}, {"status", "quote"}, {"status", "trade"}}));
  // So does who reads the files without our views, by their folders.
  auto query = Query::open({.data_dir = dir_.path()});
  const auto plain = (*query)->rows(
      "SELECT type, venue, date, instrument, channel FROM read_parquet('" + dir_.path().string() +
          "/parquet/type=status/**/*.parquet', hive_partitioning = true) ORDER BY channel",
      9);
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  ASSERT_EQ(plain->rows.size(), 3U);
  EXPECT_EQ(plain->rows[2], (Row{"status", "binance", "2025-11-24", "BTC-USDT", "trade"}));
}

TEST_F(ParquetTest, has_the_columns_of_every_channel) {
  auto query = Query::open({.data_dir = dir_.path()});
  ASSERT_TRUE(query.ok()) << query.error().message;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    const auto columns = columns_of(channel);
    EXPECT_EQ(columns[0].name, "ts_recv");
    EXPECT_GT(columns.size(), 4U);
    auto rows = (*query)->rows("SELECT * FROM " + sql_name(name_of(channel)), 1);
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    const bool has_channel = channel == Channel::status;  // of its own
    EXPECT_EQ(rows->columns.size(), columns.size() + (has_channel ? 4 : 5)) << name_of(channel);
    EXPECT_EQ(std::ranges::count(rows->columns, "channel"), 1);
    EXPECT_TRUE(rows->rows.empty());
  }
}

TEST_F(ParquetTest, knows_the_stretches_of_a_log_without_times_by_their_first_events) {
  Events events;
  std::filesystem::create_directories(dir_.path() / "parquet");
  std::ofstream{dir_.path() / "parquet" / ".commits"} << "flush 0 "
                                                      << file_identity_of(events.at(0)) << " 30\n";
  auto sink = make();
  ASSERT_TRUE(sink->open().ok());
  Delivery delivery{events, 10};
  delivery.all(*sink, 40);
  EXPECT_EQ(sink->delivered(), 30U);
  ASSERT_EQ(sink->close().outcome, Outcome::done);
  auto query = Query::open({.data_dir = dir_.path()});
  auto rows = (*query)->rows("SELECT min(seq), count(*) FROM trade", 1);
  EXPECT_EQ(rows->rows.at(0), (Row{"31", "6"}));
}

// A stop must not wait for thousands of files.
TEST_F(ParquetTest, makes_a_flush_of_many_files_in_parts) {
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < 1'500; ++i) {
    Event event = event_of(MarkPrice{});
    event.ts_recv += std::chrono::days{i};
    event.seq = i;
    events.push_back(event);
  }
  auto sink = make(false);
  ASSERT_TRUE(sink->open().ok());
  ASSERT_EQ(sink->write({.items = items_of(events), .bytes = {}}).outcome, Outcome::done);
  unsigned parts = 0;
  while (sink->close().outcome == Outcome::more) {
    ++parts;
    EXPECT_EQ(sink->delivered(), 0U);
  }
  EXPECT_GE(parts, 4U);
  EXPECT_EQ(sink->delivered(), 1'500U);
  auto query = Query::open({.data_dir = dir_.path()});
  auto rows = (*query)->rows("SELECT count(*), count(DISTINCT date) FROM mark_price", 1);
  EXPECT_EQ(rows->rows.at(0), (Row{"1500", "1500"}));
}

TEST_F(ParquetTest, refuses_a_library_that_is_not_duckdb) {
  const auto missing = Duckdb::open({.library = "/nowhere/libduckdb.so"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::config);
  EXPECT_NE(missing.error().message.find("/nowhere/libduckdb.so"), std::string::npos);
  const auto other = Duckdb::open({.library = "libz.so.1"});
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("is not DuckDB"), std::string::npos);
}

TEST_F(ParquetTest, runs_duckdb_within_its_bounds) {
  auto database = Duckdb::open({.memory_bytes_max = 50'000'000,
                                .threads = 1,
                                .temp_dir = dir_.path() / "temp",
                                .temp_bytes_max = 20'000'000});
  ASSERT_TRUE(database.ok()) << database.error().message;
  const auto huge = (*database)->run(
      "CREATE TABLE t AS SELECT random() AS a, random() AS b, random() AS c FROM range(5000000)");
  ASSERT_FALSE(huge.ok()) << "120 MB fitted into 70";
  EXPECT_TRUE((*database)->run("SELECT 1").ok());
}

TEST(ParquetName, is_read_as_it_was_written) {
  const std::string one(300, 'x');
  for (const std::string instrument : {"BTC-USDT", "..", "1.5.s3-x", "币", one.c_str()}) {
    const ParquetName name{.who = who_of(instrument),
                           .shard = 17,
                           .stretch = {.first = 0,
                                       .end = std::numeric_limits<std::uint64_t>::max(),
                                       .earliest = from_nanoseconds(kStart),
                                       .latest = from_nanoseconds(kStart + 1)}};
    EXPECT_LE(name.text().size(), 200U);
    const auto read = ParquetName::parse(name.text());
    ASSERT_TRUE(read) << name.text();
    EXPECT_EQ(read->who, name.who);
    EXPECT_EQ(read->shard, 17U);
    EXPECT_EQ(read->stretch, name.stretch);
  }
  for (const std::string_view other : {"", ".parquet", "a.parquet", "a.s0-1-2-3-4.parquet"})
    EXPECT_FALSE(ParquetName::parse(other)) << other;
}

TEST(SafeComponent, never_leaves_its_folder_and_never_collides) {
  EXPECT_EQ(safe_component("BTC-USDT_1.5+x@y"), "BTC-USDT_1.5+x@y");
  EXPECT_EQ(safe_component("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd");
  EXPECT_EQ(safe_component(".."), "%2E.");
  EXPECT_EQ(safe_component("币"), "%E5%B8%81");
  EXPECT_EQ(safe_component("100%"), "100%25");
  EXPECT_EQ(safe_component(std::string_view{"a\0b", 3}), "a%00b");
  const std::string one(300, 'x');
  EXPECT_LE(safe_component(one).size(), 200U);
  EXPECT_NE(safe_component(one), safe_component(one + "y"));
}

}  // namespace
}  // namespace mp::sink
