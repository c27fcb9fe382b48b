// What the tests of sinks share: a folder of their own, events, and a delivery like the runner's.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "codec/json_encode.hpp"
#include "codec/json_exact.hpp"
#include "codec/recording.hpp"
#include "sink/query.hpp"
#include "sink/registry.hpp"

namespace mp::sink {

class TempDir {
 public:
  TempDir() {
    std::string text = std::filesystem::temp_directory_path() / "mp_sink_XXXXXX";
    path_ = ::mkdtemp(text.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline bool has_duckdb() {
  static const bool has = Duckdb::open({.temp_dir = "/tmp"}).ok();
  return has;
}

inline constexpr std::int64_t kStart = 1'764'000'000'000'000'000;  // 2025-11-24T16:00:00Z

// Event `index` of a stream that is the same each time: trades with texts that do not compress,
// quotes, books and a status, on symbols of which some are hostile. seq is index + 1.
class Events {
 public:
  explicit Events(std::int64_t start = kStart) : start_(start) {}

  const Event& at(std::uint64_t index) {
    static const std::vector<std::string> kSymbols = {"BTCUSDT", "ETHUSDT", "../../etc/passwd",
                                                      "币安人生USDT"};
    while (events_.size() <= index) make(events_.size(), kSymbols);
    return events_[index];
  }

 private:
  void make(std::uint64_t index, const std::vector<std::string>& symbols) {
    Event event;
    event.venue = "binance";
    event.symbol = symbols[index % symbols.size()];
    if (index % 4 == 0) event.instrument = "BTC-USDT";
    if (index % 3 != 0) event.ts_event = from_nanoseconds(start_ + 7);
    event.ts_recv = from_nanoseconds(start_ + static_cast<std::int64_t>(index) * 1'000'003);
    event.seq = index + 1;
    const auto i = static_cast<std::int64_t>(index);
    const Price price{{6'183'763 + i, -2}};
    const Quantity quantity{{100 + i, -8}};
    if (index % 10 < 6) {
      auto& id = texts_.emplace_back();
      std::mt19937_64 random{index};
      for (int n = 0; n < 12; ++n) id += std::to_string(random());
      event.body = Trade{.trade_id = std::string_view{id},
                         .price = price,
                         .quantity = quantity,
                         .side = Side::sell};
    } else if (index % 10 < 8) {
      Quote quote;
      quote.bid_price = price;
      quote.bid_quantity = quantity;
      event.body = quote;
    } else if (index % 10 < 9) {
      auto& levels = levels_.emplace_back();
      for (std::int64_t n = 0; n < i % 5; ++n) levels.emplace_back(Price{{n + i, -1}}, quantity);
      Book book;
      book.is_snapshot = i % 2 == 0;
      book.last_sequence = i;
      book.bids = levels;
      event.body = book;
    } else {
      Status status;
      status.condition = Condition::gap;
      status.reason = "lost \xFF bytes";
      status.missing = i;
      event.body = status;
    }
    events_.push_back(event);
  }

  std::int64_t start_;
  std::deque<Event> events_;
  std::deque<std::string> texts_;
  std::deque<std::vector<Level>> levels_;
};

// One batch of these events, encoded as native JSON.
inline Written write(Sink& sink, Events& events, const std::vector<std::uint64_t>& indexes) {
  std::string bytes;
  std::vector<std::size_t> ends;
  for (const auto index : indexes) {
    codec::append_json(events.at(index), bytes);
    ends.push_back(bytes.size());
    bytes.push_back('\n');
  }
  std::vector<Item> items;
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1] + 1;
    items.push_back({.index = indexes[i],
                     .event = &events.at(indexes[i]),
                     .payload = std::string_view{bytes}.substr(begin, ends[i] - begin)});
  }
  return sink.write({.items = items, .bytes = bytes});
}

// Batches of `size` events.
struct Delivery {
  Events& events;
  std::size_t size = 37;
  std::uint64_t index = 0;  // of the next event

  Written next(Sink& sink, std::uint64_t end) {
    std::vector<std::uint64_t> indexes;
    for (std::uint64_t i = index; i < end && indexes.size() < size; ++i) indexes.push_back(i);
    if (indexes.empty()) return {};
    Written written = write(sink, events, indexes);
    while (written.outcome == Outcome::more) written = write(sink, events, indexes);
    if (written.outcome == Outcome::done) index += indexes.size();
    if (written.outcome == Outcome::rewind) index = *sink.delivered();
    return written;
  }

  // Everything up to `end`; each answer has to be `done`.
  void all(Sink& sink, std::uint64_t end) {
    while (index < end) {
      const Written written = next(sink, end);
      ASSERT_EQ(written.outcome, Outcome::done) << written.problem;
    }
  }
};

// The sequence numbers that stand in a sink's files, per symbol, in the order of files and rows.
using Stored = std::map<std::string, std::vector<std::uint64_t>>;

struct StoredLine {
  std::string_view symbol;
  std::int64_t seq = 0;
};
using StoredShape = codec::Shape<codec::Field<"symbol", &StoredLine::symbol>,
                                 codec::Field<"seq", &StoredLine::seq>>;

inline Stored stored_ndjson(const std::filesystem::path& dir) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{dir / "ndjson"}) {
    if (entry.path().string().find("/.") == std::string::npos && entry.is_regular_file())
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Stored out;
  codec::ExactReader json;
  for (const auto& file : files) {
    auto reader = codec::RecordingReader::open(file);
    EXPECT_TRUE(reader.ok());
    while (const auto line = (*reader)->next()) {
      StoredLine read;
      json.restart();
      EXPECT_TRUE(json.read<StoredShape>(line->data, read)) << line->data;
      out[std::string{read.symbol}].push_back(static_cast<std::uint64_t>(read.seq));
    }
    EXPECT_EQ((*reader)->problem(), "") << file;
    EXPECT_EQ((*reader)->counts().damaged, 0U);
  }
  return out;
}

// Rows of one file are in order; those of a symbol lie in several channels, so the numbers of each
// channel are checked to rise and then merged.
inline Stored stored_parquet(const std::filesystem::path& dir) {
  Stored out;
  auto query = Query::open({.data_dir = dir});
  EXPECT_TRUE(query.ok()) << query.error().message;
  for (const auto channel : {"trade", "quote", "book", "status"}) {
    const auto glob =
        (dir / "parquet" / ("type=" + std::string{channel})).string() + "/**/*.parquet";
    auto any = (*query)->rows("SELECT count(*) FROM " + std::string{channel}, 1);
    EXPECT_TRUE(any.ok()) << any.error().message;
    if (*any->rows[0][0] == "0") continue;
    auto rows = (*query)->rows("SELECT symbol, seq FROM read_parquet(" + sql_text(glob) +
                                   ", filename = true, file_row_number = true) ORDER BY "
                                   "parse_filename(filename), symbol, file_row_number",
                               1'000'000);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    std::map<std::string, std::uint64_t> last;
    for (const auto& row : rows->rows) {
      const std::uint64_t seq = std::stoull(*row[1]);
      EXPECT_GT(seq, last[*row[0]]) << "order of " << channel;
      last[*row[0]] = seq;
      out[*row[0]].push_back(seq);
    }
  }
  for (auto& [symbol, numbers] : out) std::sort(numbers.begin(), numbers.end());
  return out;
}

inline Stored stored(std::string_view sink, const std::filesystem::path& dir) {
  return sink == "parquet" ? stored_parquet(dir) : stored_ndjson(dir);
}

inline Stored expected(Events& events, std::uint64_t end) {
  Stored out;
  for (std::uint64_t i = 0; i < end; ++i)
    out[std::string{events.at(i).symbol}].push_back(events.at(i).seq);
  return out;
}

// Files that are cut often; `times` as seldom as usual in tests.
inline Settings small_settings(std::string_view type, const std::filesystem::path& dir,
                               std::uint64_t times = 1) {
  Settings out{*spec_of(type)};
  out.data_dir = dir;
  out.durable = false;
  if (type == "ndjson") {
    out.set("compress", false);
    out.set("rotate_bytes", Bytes{times * 20'000});
    out.set("rotate_age", std::chrono::milliseconds{300'000});
  } else {
    out.set("flush_rows", std::max<std::uint64_t>(1, times * 120));
  }
  return out;
}

}  // namespace mp::sink
