// What a query reads of the journal beside the files: every row once, wherever the sink stands.
#include "sink/query_tail.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "journal/cursor.hpp"
#include "journal/store.hpp"
#include "sink/columns.hpp"
#include "sink/compact.hpp"
#include "sink_fixture.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEvents = 200;

class QueryTailTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_duckdb()) GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
    auto writer = journal::Writer::open({.dir = journal_, .segment_bytes = 1U << 20U});
    ASSERT_TRUE(writer) << writer.error().message;
    writer_ = writer.take();
  }
  void append(std::uint64_t end) {
    for (std::uint64_t i = writer_->next_index(); i < end; ++i) {
      const Event& event = events_.at(i);
      const auto subject = writer_->subject(event.venue, event.symbol, event.instrument);
      ASSERT_TRUE(writer_->append(subject, event));
    }
    writer_->publish();
  }
  // Files of the events from `from` to before `end`, as the sink makes them.
  void deliver(std::uint64_t from, std::uint64_t end) {
    Settings settings = small_settings("parquet", dir_.path());
    settings.set("flush_rows", std::uint64_t{50});
    auto sink = kParquet.make(settings);
    ASSERT_TRUE(sink->open());
    Delivery delivery{events_, 50, from};
    delivery.all(*sink, end);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
  }
  void set_cursor(std::uint64_t index) {
    auto store = journal::open_directory_store(journal_, journal::OpenMode::read);
    ASSERT_TRUE(store);
    auto cursor = journal::Cursor::open(**store, "parquet", journal::Hold::yes);
    ASSERT_TRUE(cursor);
    cursor->commit(index);
  }
  std::unique_ptr<Query> open(std::function<bool(const Event&)> wanted = {}) {
    QueryConfig config{.data_dir = dir_.path()};
    config.tail.journals = {{.shard = 0, .location = journal_}};
    config.tail.wanted = std::move(wanted);
    auto query = Query::open(config);
    EXPECT_TRUE(query) << query.error().message;
    return query ? query.take() : nullptr;
  }
  static std::string answer(Query& query, const std::string& sql) {
    const auto rows = query.rows(sql, 1);
    EXPECT_TRUE(rows) << rows.error().message;
    return rows && !rows->rows.empty() ? rows->rows[0][0].value_or("NULL") : "";
  }
  // Every event of these once: seq is index + 1.
  void expect_all(std::uint64_t end = kEvents) {
    auto query = open();
    ASSERT_NE(query, nullptr);
    EXPECT_FALSE(query->without_journal());
    const std::string sql =
        "SELECT count(*) || ' ' || count(DISTINCT seq) || ' ' || min(seq) || ' ' || max(seq) FROM "
        "(SELECT seq FROM trade UNION ALL SELECT seq FROM quote UNION ALL SELECT seq FROM book "
        "UNION ALL SELECT seq FROM status)";
    const std::string n = std::to_string(end);
    EXPECT_EQ(answer(*query, sql), n + " " + n + " 1 " + n);
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    auto all = files_below(dir_.path() / "parquet", 4);
    EXPECT_TRUE(all);
    return *all;
  }

  TempDir dir_;
  fs::path journal_ = dir_.path() / "journal";
  Events events_;
  std::unique_ptr<journal::Writer> writer_;
};

TEST_F(QueryTailTest, has_all_rows_before_the_first_file) {
  append(kEvents);
  expect_all();
  auto query = open();
  EXPECT_TRUE(query->has_source());
  const auto rows = query->rows("SELECT * FROM trade ORDER BY seq", 1);
  ASSERT_TRUE(rows) << rows.error().message;
  // The same columns as those of files.
  EXPECT_EQ(rows->columns.size(), columns_of(Channel::trade).size() + 5);
  EXPECT_EQ(answer(*query, "SELECT venue || type || date FROM book"), "binancebook2025-11-24");
}

TEST_F(QueryTailTest, adds_what_no_file_has) {
  append(kEvents);
  deliver(0, 100);
  set_cursor(100);
  expect_all();
}

TEST_F(QueryTailTest, follows_a_journal_that_grows_from_query_to_query) {
  append(20);
  expect_all(20);
  append(70);
  deliver(0, 50);
  set_cursor(50);
  expect_all(70);
}

// What the cursor does not know of is told by the files, or left out of them.
TEST_F(QueryTailTest, has_each_row_once_where_files_are_ahead_of_the_cursor) {
  append(kEvents);
  deliver(0, 150);
  set_cursor(50);
  expect_all();
}

TEST_F(QueryTailTest, has_rows_whose_file_was_not_moved_yet) {
  append(kEvents);
  deliver(0, 150);
  set_cursor(100);
  std::size_t removed = 0;
  for (const fs::path& file : files()) {
    const auto name = ParquetName::parse(file.filename().string());
    if (!name || name->stretch.first != 100 || file.string().find("type=quote") != 0) continue;
    fs::remove(dir_.path() / "parquet" / file);
    ++removed;
  }
  ASSERT_EQ(removed, 1U);
  expect_all();
}

TEST_F(QueryTailTest, asks_the_files_where_the_cursor_is_lost) {
  append(kEvents);
  deliver(0, 100);
  expect_all();
}

TEST_F(QueryTailTest, trusts_a_file_that_was_compacted_beyond_the_cursor) {
  append(kEvents);
  deliver(0, 150);
  set_cursor(100);
  CompactConfig config;
  config.folder = dir_.path() / "parquet";
  config.durable = Durable::no;
  auto compactor = Compactor::open(config);
  ASSERT_TRUE(compactor);
  ASSERT_TRUE((*compactor)->run([](const CompactCounts&) { return true; }));
  EXPECT_EQ(files().size(), 4U);
  expect_all();
}

// A sink that was killed while it moved files; its next start moves the others.
TEST_F(QueryTailTest, has_each_row_once_where_half_a_flush_would_be_compacted) {
  append(kEvents);
  deliver(0, 150);
  set_cursor(100);
  const auto parquet = dir_.path() / "parquet";
  for (const fs::path& file : files()) {
    const auto name = ParquetName::parse(file.filename().string());
    if (name->stretch.first != 100 || file.string().find("type=quote") != 0) continue;
    const auto staged = parquet / ".staging" / (padded(100) + "-0123456789abcdef.done") / file;
    fs::create_directories(staged.parent_path());
    fs::rename(parquet / file, staged);
  }
  CompactConfig config;
  config.folder = parquet;
  config.durable = Durable::no;
  auto compactor = Compactor::open(config);
  ASSERT_TRUE(compactor);
  const auto counts = (*compactor)->run([](const CompactCounts&) { return true; });
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->files_made, 1U) << "the quotes of the flushes before";
  EXPECT_NE(counts->problem.find("not all there yet"), std::string::npos) << counts->problem;
  expect_all();
}

// What was delivered and moved away does not come back from the journal.
TEST_F(QueryTailTest, leaves_out_what_was_archived) {
  append(kEvents);
  deliver(0, 150);
  set_cursor(150);
  fs::remove_all(dir_.path() / "parquet");
  auto query = open();
  EXPECT_EQ(answer(*query, "SELECT min(seq) FROM trade"), "151");
}

// Indexes begin anew; the files of the journal before have higher ones.
TEST_F(QueryTailTest, keeps_the_files_of_another_journal) {
  Events before{kStart - 3'600'000'000'000};
  Settings settings = small_settings("parquet", dir_.path());
  auto sink = kParquet.make(settings);
  ASSERT_TRUE(sink->open());
  Delivery delivery{before};
  delivery.all(*sink, 400);
  ASSERT_EQ(sink->close().outcome, Outcome::done);
  append(kEvents);
  const std::string sql = "SELECT count(*) FROM trade";
  EXPECT_EQ(answer(*open(), sql), std::to_string(240 + 120));  // no cursor
  set_cursor(0);
  EXPECT_EQ(answer(*open(), sql), std::to_string(240 + 120));
}

TEST_F(QueryTailTest, leaves_out_what_the_sink_does_not_want) {
  append(kEvents);
  auto query = open([](const Event& event) { return event.symbol == "BTCUSDT"; });
  EXPECT_EQ(answer(*query, "SELECT count(DISTINCT symbol) FROM trade"), "1");
  EXPECT_EQ(answer(*query, "SELECT min(symbol) FROM quote"), "BTCUSDT");
}

TEST_F(QueryTailTest, says_why_the_newest_rows_are_not_there) {
  append(kEvents);
  deliver(0, 100);
  set_cursor(100);
  constexpr uid_t kNobody = 65534;
  const uid_t self = ::geteuid();
  ::chmod(dir_.path().c_str(), 0755);
  ASSERT_EQ(::chmod(journal_.c_str(), 0), 0);
  ASSERT_EQ(::seteuid(self == 0 ? kNobody : self), 0);  // root may read all
  auto query = open();
  const std::string count = answer(*query, "SELECT count(*) FROM trade");
  ASSERT_EQ(::seteuid(self), 0);
  ASSERT_EQ(::chmod(journal_.c_str(), 0755), 0);
  EXPECT_EQ(count, "60");
  ASSERT_TRUE(query->without_journal());
  EXPECT_NE(query->without_journal()->message.find(journal_.string()), std::string::npos)
      << query->without_journal()->message;
}

}  // namespace
}  // namespace mp::sink
