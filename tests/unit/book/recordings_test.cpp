// Recorded sessions of venues that send a checksum with their books: every one must hold. The
// messages are read by hand here, so that no adapter can err in the same way.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "book/keeper.hpp"
#include "codec/recording.hpp"

namespace mp::book {
namespace {

namespace dom = simdjson::dom;
namespace fs = std::filesystem;

constexpr BookRule kKraken{.start = BookStart::stream_snapshot,
                           .link = BookLink::none,
                           .checksum = BookChecksum::kraken_crc32,
                           .depth_max = 1000};
constexpr BookRule kBitget{.start = BookStart::stream_snapshot,
                           .link = BookLink::none,
                           .checksum = BookChecksum::crc32_25};

class NoGap final : public Keeper::Listener {
 public:
  void on_applied(const Book&, const std::optional<Timestamp>&, Timestamp) override {}
  void on_gap(GapReason reason, const Gap&) override { ADD_FAILURE() << name_of(reason); }
};

class Books {
 public:
  explicit Books(const BookRule& rule) : rule_(rule) {}

  void update(std::string_view symbol, const Book& body) {
    auto& keeper = keepers_[std::string{symbol}];
    if (!keeper) keeper = std::make_unique<Keeper>(rule_, no_gap_);
    EXPECT_EQ(keeper->on_update(body, {}, {}), Step::emit) << symbol;
    EXPECT_LE(keeper->book().bid_count(), rule_.depth_max > 0 ? rule_.depth_max : kLevelsMax);
  }
  [[nodiscard]] KeeperCounters counters() const {
    KeeperCounters sum;
    for (const auto& [symbol, keeper] : keepers_) sum += keeper->counters();
    return sum;
  }
  [[nodiscard]] std::size_t count() const { return keepers_.size(); }

 private:
  BookRule rule_;
  NoGap no_gap_;
  std::map<std::string, std::unique_ptr<Keeper>> keepers_;
};

void add_levels(dom::element rows, std::vector<Level>& out) {
  for (const dom::array row : dom::array{rows}) {
    const std::string_view price = row.at(0);
    const std::string_view quantity = row.at(1);
    out.emplace_back(Price{*parse_decimal(price)}, Quantity{*parse_decimal(quantity)});
  }
}

// [channel, {"as":..,"bs":..} or {"a":..,"b":..,"c":".."}, the same again with the other side,
// "book-1000", pair]
void take_kraken(dom::element message, Books& books) {
  if (!message.is_array()) return;
  const dom::array parts = message;
  const std::string_view channel = parts.at(parts.size() - 2);
  if (!channel.starts_with("book")) return;
  Book body;
  std::vector<Level> bids;
  std::vector<Level> asks;
  std::string_view text;
  for (std::size_t i = 1; i + 2 < parts.size(); ++i) {
    const dom::object part = parts.at(i);
    dom::element found;
    if (part["as"].get(found) == simdjson::SUCCESS) body.is_snapshot = true;
    for (const auto* key : {"as", "a"})
      if (part[key].get(found) == simdjson::SUCCESS) add_levels(found, asks);
    for (const auto* key : {"bs", "b"})
      if (part[key].get(found) == simdjson::SUCCESS) add_levels(found, bids);
    if (part["c"].get(text) == simdjson::SUCCESS) body.checksum = std::stoll(std::string{text});
  }
  EXPECT_EQ(body.checksum.has_value(), !body.is_snapshot);
  body.bids = bids;
  body.asks = asks;
  books.update(std::string_view{parts.at(parts.size() - 1)}, body);
}

void take_bitget(dom::element message, Books& books) {
  std::string_view channel;
  if (message["arg"]["channel"].get(channel) != simdjson::SUCCESS || channel != "books") return;
  dom::array data;
  if (message["data"].get(data) != simdjson::SUCCESS) return;
  for (const dom::object one : data) {
    Book body;
    std::vector<Level> bids;
    std::vector<Level> asks;
    add_levels(one["bids"], bids);
    add_levels(one["asks"], asks);
    body.is_snapshot = std::string_view{message["action"]} == "snapshot";
    body.checksum = std::int64_t{one["checksum"]};
    body.bids = bids;
    body.asks = asks;
    books.update(std::string_view{message["arg"]["instId"]}, body);
  }
}

void replay(const fs::path& file, const std::function<void(dom::element)>& take) {
  auto reader = codec::RecordingReader::open(file);
  ASSERT_TRUE(reader) << file;
  dom::parser parser;
  while (const auto line = (*reader)->next()) {
    if (line->kind != codec::LineKind::recv) continue;
    dom::element message;
    if (parser.parse(simdjson::padded_string{line->data}).get(message) == simdjson::SUCCESS)
      take(message);
    if (testing::Test::HasFailure()) return;
  }
}

class BookRecordings : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kData)) GTEST_SKIP() << "no recordings at " << kData;
  }
  const fs::path kData{MP_SHARED_DATA};
};

TEST_F(BookRecordings, every_checksum_of_kraken_holds) {
  Books books{kKraken};
  replay(kData / "kraken_spot_v1" / "KRAKEN.20210405_2347_3.ndjson.zst",
         [&](dom::element message) { take_kraken(message, books); });
  EXPECT_EQ(books.count(), 10U);
  const KeeperCounters counters = books.counters();
  EXPECT_EQ(counters.checksums_checked, counters.applied - 10);
  EXPECT_GT(counters.checksums_checked, 14'000U);
  EXPECT_EQ(counters.checksums_failed, 0U);
}

TEST_F(BookRecordings, every_checksum_of_bitget_holds) {
  Books books{kBitget};
  replay(kData / "bitget" / "BITGET.20220403_2204.ndjson.zst",
         [&](dom::element message) { take_bitget(message, books); });
  const KeeperCounters counters = books.counters();
  EXPECT_EQ(counters.checksums_checked, 460U);
  EXPECT_EQ(counters.checksums_failed, 0U);
}

}  // namespace
}  // namespace mp::book
