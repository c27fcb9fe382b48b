#include "cli/totals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/collect.hpp"
#include "codec/json_exact.hpp"
#include "codec/recording.hpp"
#include "sink/query.hpp"

namespace mp::cli {
namespace {

using codec::Field;
using codec::Shape;

void add_pair(const Decimal& price, const Decimal& quantity, sim::Total& total) {
  total.price_sum += static_cast<std::uint64_t>(price.mantissa);
  total.quantity_sum += static_cast<std::uint64_t>(quantity.mantissa);
}
void add_levels(Levels levels, sim::Total& total) {
  for (const auto& level : levels) {
    add_pair(level.price().decimal, level.quantity().decimal, total);
  }
}
template <class Meaning>
Decimal or_zero(const std::optional<Exact<Meaning>>& value) {
  return value ? value->decimal : Decimal{};
}

// What the sums take of each body. Status and instruments are ours, not the venue's messages.
struct Adder {
  sim::Total& total;

  void operator()(const Trade& b) const { add_pair(b.price.decimal, b.quantity.decimal, total); }
  void operator()(const Quote& b) const {
    add_pair(or_zero(b.bid_price), or_zero(b.bid_quantity), total);
    add_pair(or_zero(b.ask_price), or_zero(b.ask_quantity), total);
  }
  void operator()(const Book& b) const {
    add_levels(b.bids, total);
    add_levels(b.asks, total);
  }
  void operator()(const Ticker& b) const {
    add_pair(or_zero(b.last_price), or_zero(b.volume), total);
  }
  void operator()(const Candle& b) const { add_pair(b.close.decimal, or_zero(b.volume), total); }
  void operator()(const Funding& b) const { add_pair(b.rate, {}, total); }
  void operator()(const OpenInterest& b) const { add_pair({}, b.quantity.decimal, total); }
  void operator()(const MarkPrice& b) const { add_pair(b.price.decimal, {}, total); }
  void operator()(const auto&) const {}
};

struct Line {
  std::string_view type, venue, symbol;
};
using LineShape =
    Shape<Field<"type", &Line::type>, Field<"venue", &Line::venue>, Field<"symbol", &Line::symbol>>;
struct Numbers {
  std::optional<Decimal> price, quantity, bid_price, bid_quantity, ask_price, ask_quantity;
  std::optional<Decimal> last_price, close, volume, rate;
};
using NumbersShape =
    Shape<Field<"price", &Numbers::price>, Field<"quantity", &Numbers::quantity>,
          Field<"bid_price", &Numbers::bid_price>, Field<"bid_quantity", &Numbers::bid_quantity>,
          Field<"ask_price", &Numbers::ask_price>, Field<"ask_quantity", &Numbers::ask_quantity>,
          Field<"last_price", &Numbers::last_price>, Field<"close", &Numbers::close>,
          Field<"volume", &Numbers::volume>, Field<"rate", &Numbers::rate>>;
struct Sides {
  std::vector<Level> bids, asks;
};
using SidesShape = Shape<Field<"bids", &Sides::bids>, Field<"asks", &Sides::asks>>;

// The columns of one channel that the sums take, in NDJSON as in Parquet.
std::optional<Decimal> first_of(std::initializer_list<const std::optional<Decimal>*> candidates) {
  for (const auto* candidate : candidates) {
    if (*candidate) return *candidate;
  }
  return std::nullopt;
}

class LineAdder {
 public:
  // False: the line is not an event.
  bool add(std::string_view text, StreamTotals& totals) {
    reader_.restart();
    Line line;
    if (!reader_.read<LineShape>(text, line)) return false;
    const auto channel = channel_named(line.type);
    if (!channel) return false;
    if (*channel == Channel::status || *channel == Channel::instrument) return true;
    auto& total = totals[{std::string{line.venue}, *channel, std::string{line.symbol}}];
    ++total.count;
    return *channel == Channel::book ? add_book(text, total) : add_numbers(text, *channel, total);
  }

 private:
  bool add_book(std::string_view text, sim::Total& total) {
    if (!reader_.read<SidesShape>(text, sides_)) return false;
    add_levels(sides_.bids, total);
    add_levels(sides_.asks, total);
    return true;
  }

  bool add_numbers(std::string_view text, Channel channel, sim::Total& total) {
    Numbers n;
    if (!reader_.read<NumbersShape>(text, n)) return false;
    if (channel == Channel::quote) {
      add_pair(n.bid_price.value_or(Decimal{}), n.bid_quantity.value_or(Decimal{}), total);
      add_pair(n.ask_price.value_or(Decimal{}), n.ask_quantity.value_or(Decimal{}), total);
      return true;
    }
    const auto price = first_of({&n.price, &n.last_price, &n.close, &n.rate});
    const auto quantity = first_of({&n.quantity, &n.volume});
    add_pair(price.value_or(Decimal{}), quantity.value_or(Decimal{}), total);
    return true;
  }

  codec::ExactReader reader_;
  Sides sides_;
};

// The sums of one channel's rows as SQL: of price mantissas and of quantity mantissas.
struct SumsOf {
  Channel channel;
  std::string_view price;
  std::string_view quantity;
};
constexpr std::string_view kNothing = "0";
constexpr SumsOf kSums[] = {
    {Channel::trade, "price_mantissa", "quantity_mantissa"},
    {Channel::quote, "coalesce(bid_price_mantissa,0)::HUGEINT + coalesce(ask_price_mantissa,0)",
     "coalesce(bid_quantity_mantissa,0)::HUGEINT + coalesce(ask_quantity_mantissa,0)"},
    {Channel::book,
     "coalesce(list_sum(list_transform(bids || asks, l -> l.price_mantissa::HUGEINT)),0)",
     "coalesce(list_sum(list_transform(bids || asks, l -> l.quantity_mantissa::HUGEINT)),0)"},
    {Channel::ticker, "coalesce(last_price_mantissa,0)", "coalesce(volume_mantissa,0)"},
    {Channel::candle, "close_mantissa", "volume_mantissa"},
    {Channel::funding, "rate_mantissa", kNothing},
    {Channel::open_interest, kNothing, "quantity_mantissa"},
    {Channel::mark_price, "price_mantissa", kNothing},
};

// A sum of any size, modulo 2^64.
std::uint64_t wrapped(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  std::uint64_t value = 0;
  for (const char c : digits.substr(negative ? 1 : 0)) {
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return negative ? 0 - value : value;
}

}  // namespace

void add_event(const Event& event, StreamTotals& totals) {
  const auto channel = event.channel();
  if (channel == Channel::status || channel == Channel::instrument) return;
  auto& total = totals[{std::string{event.venue}, channel, std::string{event.symbol}}];
  ++total.count;
  std::visit(Adder{total}, event.body);
}

Result<StreamTotals> totals_of_ndjson(const std::filesystem::path& data_dir) {
  StreamTotals totals;
  LineAdder adder;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data_dir / "ndjson")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".ndjson") && !name.ends_with(".ndjson.zst")) continue;
    auto reader = codec::RecordingReader::open(entry.path());
    if (!reader) return reader.error();
    while (const auto line = (*reader)->next()) {
      if (!adder.add(line->text, totals)) {
        return Error{ErrorKind::data, fmt::format("{} line {} is not an event",
                                                  entry.path().string(), line->number)};
      }
    }
    if (!(*reader)->problem().empty()) return Error{ErrorKind::data, (*reader)->problem()};
  }
  return totals;
}

Result<StreamTotals> totals_of_parquet(const std::filesystem::path& data_dir) {
  auto query = sink::Query::open({.data_dir = data_dir, .duckdb = duckdb_config()});
  if (!query) return query.error();
  StreamTotals totals;
  for (const auto& sums : kSums) {
    const auto channel = name_of(sums.channel);
    auto found = (*query)->rows(
        fmt::format("SELECT venue, symbol, count(*), CAST(sum(({})::HUGEINT) AS VARCHAR), "
                    "CAST(sum(({})::HUGEINT) AS VARCHAR) FROM {} GROUP BY ALL",
                    sums.price, sums.quantity, channel),
        100'000);
    if (!found) return found.error();
    for (const auto& row : found->rows) {
      totals[{row[0].value_or(""), sums.channel, row[1].value_or("")}] = {
          .count = wrapped(row[2].value_or("0")),
          .price_sum = wrapped(row[3].value_or("0")),
          .quantity_sum = wrapped(row[4].value_or("0"))};
    }
  }
  return totals;
}

}  // namespace mp::cli
