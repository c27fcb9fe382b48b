#include "sink/query.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "sink/columns.hpp"
#include "sink/parquet_wants.hpp"
#include "sink/query_spill.hpp"
#include "sink_fixture.hpp"

namespace mp::sink {
namespace {

class QueryTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_duckdb()) GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
    auto query = Query::open({.data_dir = dir_.path()});
    ASSERT_TRUE(query.ok()) << query.error().message;
    query_ = query.take();
  }
  std::string print(const std::string& sql, QueryFormat format) {
    std::ostringstream out;
    const auto printed = query_->print(sql, format, out);
    EXPECT_TRUE(printed.ok()) << printed.error().message;
    return out.str();
  }

  TempDir dir_;
  std::unique_ptr<Query> query_;
};

TEST_F(QueryTest, prints_an_aligned_table) {
  EXPECT_EQ(print("SELECT * FROM (VALUES ('BTC', 1), ('é', 12345), (NULL, NULL)) AS t(name, n)",
                  QueryFormat::table),
            "name      n\n"
            "----  -----\n"
            "BTC       1\n"
            "é     12345\n"
            "           \n");
}

TEST_F(QueryTest, prints_csv_with_quotes_where_needed) {
  EXPECT_EQ(print("SELECT 'a,b' AS x, 'say \"hi\"' AS \"y,z\", NULL AS n", QueryFormat::csv),
            "x,\"y,z\",n\n\"a,b\",\"say \"\"hi\"\"\",\n");
}

TEST_F(QueryTest, prints_ndjson_with_every_digit) {
  EXPECT_EQ(print("SELECT 18446744073709551615::UBIGINT AS u, "
                  "-170141183460469231731687303715884105727::HUGEINT AS h, "
                  "12345678901234567890.123456789::DECIMAL(38,9) AS d, -0.05::DECIMAL(5,2) AS e, "
                  "0.1::DOUBLE AS f, 'nan'::DOUBLE AS g, 'x\"y' AS t, NULL AS n, true AS b",
                  QueryFormat::ndjson),
            "{\"u\":18446744073709551615,\"h\":-170141183460469231731687303715884105727,"
            "\"d\":12345678901234567890.123456789,\"e\":-0.05,\"f\":0.1,\"g\":null,"
            "\"t\":\"x\\\"y\",\"n\":null,\"b\":true}\n");
}

TEST_F(QueryTest, prints_times_and_nested_values) {
  EXPECT_EQ(print("SELECT make_timestamp_ns(1764000000123456789) AS ns, "
                  "TIMESTAMP '1969-12-31 23:59:59.5' AS old, DATE '2026-11-24' AS d, "
                  "[{'a': 1, 'b': 'x'}, NULL] AS l, MAP {'k': 2} AS m, INTERVAL '90 minutes' AS i, "
                  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS u",
                  QueryFormat::ndjson),
            "{\"ns\":\"2025-11-24 16:00:00.123456789\",\"old\":\"1969-12-31 23:59:59.5\","
            "\"d\":\"2026-11-24\",\"l\":[{\"a\":1,\"b\":\"x\"},null],"
            "\"m\":[{\"key\":\"k\",\"value\":2}],\"i\":\"01:30:00\","
            "\"u\":\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"}\n");
}

TEST_F(QueryTest, streams_all_rows_but_bounds_a_table) {
  const std::string sql = "SELECT range AS i FROM range(12000)";
  const std::string csv = print(sql, QueryFormat::csv);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 12'001);
  const std::string table = print(sql, QueryFormat::table);
  EXPECT_NE(table.find("(the first 10000 rows;"), std::string::npos);
}

TEST_F(QueryTest, keeps_the_order_and_at_most_the_rows_that_are_asked_for) {
  const auto rows = query_->rows("SELECT range AS i FROM range(5000) ORDER BY i DESC", 3);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->rows.size(), 3U);
  EXPECT_EQ(rows->rows[0][0], "4999");
  EXPECT_EQ(rows->rows[2][0], "4997");
}

TEST_F(QueryTest, passes_on_what_the_database_says) {
  const auto wrong = query_->rows("SELECT nonsense FROM trade", 1);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
  EXPECT_NE(wrong.error().message.find("nonsense"), std::string::npos);
  const auto folder = query_->rows("COPY (SELECT 1) TO '/no/such/folder/x.csv'", 1);
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().kind, ErrorKind::io) << folder.error().message;
  const auto type = query_->rows("SELECT 'a'::ENUM('a', 'b')", 1);
  ASSERT_FALSE(type.ok());
  EXPECT_NE(type.error().message.find("cast it to VARCHAR"), std::string::npos);
}

TEST_F(QueryTest, says_that_there_is_no_data_folder) {
  const auto query = Query::open({.data_dir = dir_.path() / "none"});
  ASSERT_FALSE(query.ok());
  EXPECT_NE(query.error().message.find("there is no data folder"), std::string::npos);
}

TEST_F(QueryTest, sees_hostile_names_as_they_are) {
  Events events;
  auto sink = kParquet.make(small_settings("parquet", dir_.path()));
  ASSERT_TRUE(sink->open().ok());
  Delivery delivery{events};
  delivery.all(*sink, 100);
  ASSERT_EQ(sink->close().outcome, Outcome::done);
  auto query = Query::open({.data_dir = dir_.path()});
  ASSERT_TRUE(query.ok()) << query.error().message;
  const auto rows = (*query)->rows("SELECT DISTINCT instrument FROM trade ORDER BY 1", 10);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  std::vector<std::string> names;
  for (const auto& row : rows->rows) names.push_back(*row[0]);
  EXPECT_EQ(names,
            (std::vector<std::string>{"../../etc/passwd", "BTC-USDT", "ETHUSDT", "币安人生USDT"}));
}

// A name above the data is nobody's pattern, and nobody's column.
TEST_F(QueryTest, reads_what_was_written_below_a_folder_of_any_name) {
  for (const std::string name : {"venue=other", "type=x,date=y", "a*b?[c]", "it's \"quoted\"",
                                 "spaces and 币", "per%20cent", "back\\slash"}) {
    Events events;
    const auto dir = dir_.path() / name;
    auto sink = kParquet.make(small_settings("parquet", dir));
    ASSERT_TRUE(sink->open().ok());
    Delivery delivery{events};
    delivery.all(*sink, 100);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    auto query = Query::open({.data_dir = dir});
    ASSERT_TRUE(query.ok()) << query.error().message;
    const auto rows = (*query)->rows(
        "SELECT count(*), min(venue), max(venue), min(type), min(date) FROM trade", 1);
    ASSERT_TRUE(rows.ok()) << name << ": " << rows.error().message;
    EXPECT_EQ(rows->rows[0], (std::vector<std::optional<std::string>>{"60", "binance", "binance",
                                                                      "trade", "2025-11-24"}))
        << name;
    const auto all = (*query)->rows("SELECT * FROM trade", 1);
    EXPECT_EQ(all->columns.size(), columns_of(Channel::trade).size() + 5) << name;
  }
}

// As files were laid out before their names said what they have: folders for instruments, and
// `channel` as the type.
TEST_F(QueryTest, reads_the_older_layout_too_alone_and_beside_ours) {
  const auto dir = dir_.path() / "venue=other";
  const auto put = [&](const std::string& type, const std::string& columns) {
    const auto folder = dir / "parquet" / ("channel=" + type) / "venue=okx" /
                        "instrument=BTC%2FUSDT" / "date=2025-11-23";
    std::filesystem::create_directories(folder);
    const auto put = query_->rows(
        "COPY (SELECT make_timestamp_ns(1763900000000000000) AS ts_recv, "
        "make_timestamp_ns(0) AS ts_event, 7::UBIGINT AS seq, 'X' AS "
        "symbol, " +
            columns + ") TO " + sql_text((folder / "1.parquet").string()) + " (FORMAT parquet)",
        1);
    ASSERT_TRUE(put) << put.error().message;
  };
  put("trade",
      "'t' AS trade_id, 1.5 AS price, 15::BIGINT AS price_mantissa, -1::TINYINT AS "
      "price_exponent");
  put("status", "'gap' AS condition, 'book' AS channel");
  const std::string trades =
      "SELECT venue, instrument, type, date, channel, seq, price FROM trade WHERE date = "
      "'2025-11-23'";
  const auto look = [&] {
    auto query = Query::open({.data_dir = dir});
    ASSERT_TRUE(query) << query.error().message;
    EXPECT_TRUE((*query)->has_source());
    const auto rows = (*query)->rows(trades, 5);
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->rows.size(), 1U);
    EXPECT_EQ(rows->rows[0], (std::vector<std::optional<std::string>>{
                                 "okx", "BTC/USDT", "trade", "2025-11-23", "trade", "7", "1.5"}));
    const auto status =
        (*query)->rows("SELECT channel, condition, type FROM status WHERE date = '2025-11-23'", 5);
    ASSERT_TRUE(status) << status.error().message;
    ASSERT_EQ(status->rows.size(), 1U);
    EXPECT_EQ(status->rows[0], (std::vector<std::optional<std::string>>{"book", "gap", "status"}));
    EXPECT_EQ((*query)->rows("SELECT count(*) FROM quote", 1)->rows.size(), 1U);
  };
  look();
  Events events;
  auto sink = kParquet.make(small_settings("parquet", dir));
  ASSERT_TRUE(sink->open().ok());
  Delivery delivery{events};
  delivery.all(*sink, 100);
  ASSERT_EQ(sink->close().outcome, Outcome::done);
  look();
  auto query = Query::open({.data_dir = dir});
  ASSERT_TRUE(query);
  EXPECT_EQ((*query)->rows("SELECT count(*) FROM trade", 1)->rows[0][0], "61");
  EXPECT_EQ((*query)->rows("SELECT count(channel) FROM status", 1)->rows[0][0], "1");
  EXPECT_EQ((*query)->rows("SELECT * FROM trade", 1)->columns.size(),
            columns_of(Channel::trade).size() + 5);
}

TEST_F(QueryTest, says_what_it_may_not_read) {
  constexpr uid_t kNobody = 65534;
  const uid_t self = ::geteuid();
  const uid_t reader = self == 0 ? kNobody : self;  // root may read all
  Events events;
  const auto dir = dir_.path() / "d";
  auto sink = kParquet.make(small_settings("parquet", dir));
  ASSERT_TRUE(sink->open().ok());
  Delivery delivery{events};
  delivery.all(*sink, 100);
  ASSERT_EQ(sink->close().outcome, Outcome::done);
  const auto folder = dir / "parquet/type=trade/venue=binance/date=2025-11-24";
  const auto file = std::filesystem::directory_iterator {
    folder
  } -> path();
  ::chmod(dir_.path().c_str(), 0755);
  for (const auto& closed : {dir, dir / "parquet", dir / "parquet/type=trade", folder, file}) {
    ASSERT_EQ(::chmod(closed.c_str(), 0), 0);
    ASSERT_EQ(::seteuid(reader), 0);
    Result<Rows> rows = Error{};
    auto query = Query::open({.data_dir = dir});
    if (query) rows = (*query)->rows("SELECT count(*) FROM trade", 1);
    const Error error = query ? rows.error() : query.error();
    ASSERT_EQ(::seteuid(self), 0);
    ASSERT_EQ(::chmod(closed.c_str(), 0755), 0);
    EXPECT_EQ(error.kind, ErrorKind::permission) << error.message;
    EXPECT_NE(error.message.find("cannot read " + closed.string()), std::string::npos)
        << error.message;
  }
}

// Two queries of one data directory, and one that died.
TEST_F(QueryTest, spills_into_a_folder_of_its_own) {
  const auto parent = dir_.path() / "spill";
  std::filesystem::create_directories(parent / "1-0");
  std::ofstream{parent / "1-0" / "left"} << "over";
  std::ofstream{parent / "1-0.live"} << "";
  {
    const QuerySpill one{parent};
    const QuerySpill other{parent};
    EXPECT_NE(one.path(), other.path());
    EXPECT_TRUE(std::filesystem::is_directory(one.path()));
    EXPECT_TRUE(std::filesystem::is_directory(other.path()));
    EXPECT_FALSE(std::filesystem::exists(parent / "1-0"));
    EXPECT_FALSE(std::filesystem::exists(parent / "1-0.live"));
  }
  EXPECT_FALSE(std::filesystem::exists(parent));
}

TEST(ParquetSinks, are_found_by_what_they_leave) {
  const TempDir data;
  const std::filesystem::path dir = data.path();
  EXPECT_TRUE(parquet_sinks(dir / "nowhere")->empty());
  std::filesystem::create_directories(dir / "arch" / "type=trade" / "venue=okx");
  std::filesystem::create_directories(dir / "old" / "channel=book");
  std::filesystem::create_directories(dir / "parquet" / "okx");  // of a sink of another type
  std::filesystem::create_directories(dir / "journal");
  Settings settings = small_settings("parquet", dir);
  settings.set("channels", Texts{"quote"});
  std::filesystem::create_directories(dir / "fresh");
  ASSERT_TRUE(note_wants(settings, dir / "fresh"));
  const auto found = parquet_sinks(dir);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, (std::vector<std::string>{"arch", "fresh", "old"}));
}

}  // namespace
}  // namespace mp::sink
