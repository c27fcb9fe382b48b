#include <gtest/gtest.h>

#include <fstream>

#include "codec/gzip_stream.hpp"
#include "core/inflate.hpp"
#include "sink/tardis_rows.hpp"
#include "sink_fixture.hpp"

namespace mp::sink {
namespace {

Event event_of(const Event::Body& body, std::string_view symbol = "BTC-USDT") {
  Event event;
  event.venue = "okx";
  event.symbol = symbol;
  event.ts_event = from_nanoseconds(1'585'699'200'245'000'999);
  event.ts_recv = from_nanoseconds(1'585'699'200'250'917'001);
  event.body = body;
  return event;
}

std::string rows_of(RowMaker& rows, const Event& event,
                    std::optional<InstrumentKind> kind = InstrumentKind::perpetual) {
  std::string out;
  rows.append({.event = &event, .kind = kind}, out);
  return out;
}

std::string rows_of(TardisType type, const Event& event) {
  return rows_of(*make_tardis_rows(type), event);
}

constexpr std::string_view kTimes = "1585699200245000,1585699200250917";

TEST(TardisRows, writes_trades_with_microseconds_and_the_digits_that_were_sent) {
  Trade trade{.trade_id = "12,3", .price = {{641'250, -2}}, .quantity = {{1, -8}}, .side = {}};
  EXPECT_EQ(rows_of(TardisType::trades, event_of(trade)),
            "okx,BTC-USDT," + std::string{kTimes} + ",\"12,3\",unknown,6412.50,0.00000001\n");
  trade.side = Side::sell;
  Event event = event_of(trade);
  event.ts_event.reset();
  EXPECT_EQ(rows_of(TardisType::trades, event),
            "okx,BTC-USDT,1585699200250917,1585699200250917,\"12,3\",sell,6412.50,0.00000001\n");
  EXPECT_EQ(rows_of(TardisType::quotes, event), "");
}

TEST(TardisRows, writes_a_row_for_each_level_of_a_change) {
  const Level bid{Price{{9, 0}}, Quantity{{0, 0}}};
  const Level ask{Price{{10, 0}}, Quantity{{25, -1}}};
  Book book;
  book.bids = {&bid, 1};
  book.asks = {&ask, 1};
  const std::string begin = "okx,BTC-USDT," + std::string{kTimes} + ",false,";
  EXPECT_EQ(rows_of(TardisType::incremental_book_L2, event_of(book)),
            begin + "bid,9,0\n" + begin + "ask,10,2.5\n");
  book.depth = 5;
  EXPECT_EQ(rows_of(TardisType::incremental_book_L2, event_of(book)), "");
}

TEST(TardisRows, writes_quotes_and_leaves_absent_cells_empty) {
  Quote quote;
  quote.bid_price = Price{{9, 0}};
  quote.bid_quantity = Quantity{{1, 0}};
  EXPECT_EQ(rows_of(TardisType::quotes, event_of(quote)),
            "okx,BTC-USDT," + std::string{kTimes} + ",,,9,1\n");
}

TEST(TardisRows, writes_a_snapshot_when_its_levels_changed_and_none_of_a_book_with_a_gap) {
  const auto rows = make_tardis_rows(TardisType::book_snapshot_5);
  const auto change = [&](std::int64_t bid, std::int64_t quantity, bool is_snapshot) {
    const Level level{Price{{bid, 0}}, Quantity{{quantity, 0}}};
    Book book;
    book.is_snapshot = is_snapshot;
    book.bids = {&level, 1};
    return rows_of(*rows, event_of(book));
  };
  const std::string begin = "okx,BTC-USDT," + std::string{kTimes};
  EXPECT_EQ(change(9, 1, false), "");  // of which nothing is known
  EXPECT_EQ(change(9, 1, true), begin + ",,,9,1,,,,,,,,,,,,,,,,\n");
  EXPECT_EQ(change(9, 1, false), "");
  EXPECT_EQ(change(8, 2, false), begin + ",,,9,1,,,8,2,,,,,,,,,,,,\n");
  EXPECT_EQ(change(9, 0, false), begin + ",,,8,2,,,,,,,,,,,,,,,,\n");
  const auto copy = rows->copy();
  Status gap;
  gap.condition = Condition::gap;
  gap.channel = Channel::book;
  EXPECT_EQ(rows_of(*rows, event_of(gap)), "");
  EXPECT_EQ(change(7, 1, false), "");
  Book more;
  const Level level{Price{{7, 0}}, Quantity{{1, 0}}};
  more.bids = {&level, 1};
  EXPECT_EQ(rows_of(*copy, event_of(more)), begin + ",,,8,2,,,7,1,,,,,,,,,,,,\n");
}

TEST(TardisRows, puts_derivative_tickers_together) {
  const auto rows = make_tardis_rows(TardisType::derivative_ticker);
  Funding funding;
  funding.rate = {1, -4};
  funding.next_time = from_nanoseconds(1'585'728'000'000'000'000);
  const std::string begin = "okx,BTC-USDT," + std::string{kTimes};
  EXPECT_EQ(rows_of(*rows, event_of(funding)), begin + ",1585728000000000,0.0001,,,,,\n");
  EXPECT_EQ(rows_of(*rows, event_of(MarkPrice{{{65, -1}}})),
            begin + ",1585728000000000,0.0001,,,,,6.5\n");
  EXPECT_EQ(rows_of(*rows, event_of(MarkPrice{{{65, -1}}})), "");
  EXPECT_EQ(rows_of(*rows, event_of(IndexPrice{{{7, 0}}}), InstrumentKind::spot), "");
}

TEST(TardisRows, has_as_many_cells_as_columns) {
  const auto cells = [](std::string_view line) { return std::ranges::count(line, ','); };
  EXPECT_EQ(tardis_header(TardisType::book_snapshot_5).substr(0, 80),
            "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].p");
  const Level level{Price{{9, 0}}, Quantity{{1, 0}}};
  Book book;
  book.is_snapshot = true;
  book.asks = {&level, 1};
  for (const auto type :
       {TardisType::book_snapshot_5, TardisType::book_snapshot_25, TardisType::incremental_book_L2})
    EXPECT_EQ(cells(rows_of(type, event_of(book))), cells(tardis_header(type)));
  EXPECT_EQ(cells(rows_of(TardisType::derivative_ticker, event_of(MarkPrice{}))),
            cells(tardis_header(TardisType::derivative_ticker)));
}

// The rows of all files, without their headers, in order.
std::vector<std::string> stored_csv(const std::filesystem::path& dir) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{dir / "csv"}) {
    if (entry.path().string().find("/.") == std::string::npos && entry.is_regular_file())
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> out;
  Inflater inflater{std::size_t{1} << 26U};
  for (const auto& file : files) {
    EXPECT_TRUE(file.string().ends_with(".csv.gz")) << file;
    std::ifstream in{file, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    const auto text = inflater.read(bytes);
    EXPECT_TRUE(text.ok()) << file;
    std::istringstream lines{std::string{*text}};
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(line + "\n", tardis_header(TardisType::trades));
    while (std::getline(lines, line)) out.push_back(line);
  }
  return out;
}

TEST(Csv, has_each_trade_once_however_often_it_starts_anew) {
  TempDir dir;
  Events events;
  Settings settings{kCsv};
  settings.data_dir = dir.path();
  settings.durable = false;
  settings.set("rotate_bytes", Bytes{std::uint64_t{64} << 10U});
  // From the start again, and from the middle of a file, as if the cursor were lost.
  for (const std::uint64_t from : {0U, 0U, 37U, 1U}) {
    const auto sink = settings.spec().make(settings);
    ASSERT_TRUE(sink->open());
    Delivery delivery{events, 37, from};
    delivery.all(*sink, 2'000);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    EXPECT_EQ(sink->delivered(), 2'000U);
  }
  std::vector<std::string> wanted;
  const auto rows = make_tardis_rows(TardisType::trades);
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    std::string line = rows_of(*rows, events.at(i));
    if (line.empty()) continue;
    line.pop_back();
    wanted.push_back(line);
  }
  EXPECT_EQ(stored_csv(dir.path()), wanted);
}

}  // namespace
}  // namespace mp::sink
