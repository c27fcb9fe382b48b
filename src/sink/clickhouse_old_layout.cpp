// The tables of the Python collector that this program replaces, so that what queries them goes on
// as before: its JSON payloads, written as JSONEachRow, with what its storage services added.
#include <algorithm>
#include <array>

#include "codec/json_encode.hpp"
#include "codec/marketprism_json.hpp"
#include "sink/clickhouse_tables.hpp"

namespace mp::sink {
namespace {

constexpr int kPlaces = 8;  // of Decimal64(8)
// Of Decimal64(8), which has 18 digits.
constexpr std::int64_t kMantissaMost = 999'999'999'999'999'999;

struct OldTable {
  std::string_view name;
  std::string_view columns;  // of its own: name and type
  std::string_view key;      // behind (timestamp, exchange, symbol
};

constexpr std::array kTables = {
    OldTable{"trades", "trade_id String|price D|quantity D|side L|is_maker UInt8|trade_time T",
             ", trade_id"},
    OldTable{"orderbooks",
             "last_update_id UInt64|bids_count UInt32|asks_count UInt32|best_bid_price D|"
             "best_ask_price D|best_bid_quantity D|best_ask_quantity D|bids String|asks String",
             ", last_update_id"},
    OldTable{"funding_rates", "funding_rate D|funding_time T|next_funding_time T", ""},
    OldTable{"open_interests", "open_interest D|open_interest_value D", ""},
    OldTable{"liquidations", "side L|price D|quantity D|liquidation_time T",
             ", side, price, quantity"},
    OldTable{"lsr_top_positions", "long_position_ratio D|short_position_ratio D|period L",
             ", period"},
    OldTable{"lsr_all_accounts", "long_account_ratio D|short_account_ratio D|period L", ", period"},
    OldTable{"volatility_indices", "index_value D|underlying_asset L", ""},
};

std::optional<std::size_t> table_of(const Event& event) {
  switch (event.channel()) {
    case Channel::trade:
      return 0;
    case Channel::book:
      return 1;
    case Channel::funding:
      return 2;
    case Channel::open_interest:
      return 3;
    case Channel::liquidation:
      return 4;
    case Channel::long_short_ratio:
      return std::get<LongShortRatio>(event.body).kind == "positions" ? 5 : 6;
    case Channel::volatility_index:
      return 7;
    default:
      return std::nullopt;
  }
}

std::string type_of(std::string_view letter) {
  if (letter == "D") return "Decimal64(8)";
  if (letter == "L") return "LowCardinality(String)";
  if (letter == "T") return "DateTime64(3, 'UTC')";
  return std::string{letter};
}

std::vector<RowColumn> columns_of(const OldTable& table) {
  std::vector<RowColumn> out = {{"timestamp", type_of("T")},
                                {"exchange", type_of("L")},
                                {"market_type", type_of("L")},
                                {"symbol", type_of("L")}};
  for (std::string_view rest = table.columns; !rest.empty();) {
    const auto one = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const auto blank = one.find(' ');
    out.push_back({std::string{one.substr(0, blank)}, type_of(one.substr(blank + 1))});
  }
  out.push_back({"data_source", type_of("L")});
  out.push_back({"created_at", "DateTime DEFAULT now()"});
  return out;
}

// Looks for a number that Decimal64(8) would cut.
struct Fits {
  bool all = true;

  void operator()(std::string_view, const auto& value) { look(value); }
  template <class T>
  void look(const std::optional<T>& value) {
    if (value) look(*value);
  }
  template <class Meaning>
  void look(const Exact<Meaning>& value) {
    look(value.decimal);
  }
  void look(const Decimal& value) {
    const auto mantissa = mantissa_at(value, -kPlaces);
    all = all && mantissa && *mantissa <= kMantissaMost && *mantissa >= -kMantissaMost;
  }
  void look(const auto&) {}
};

// Of a snapshot: a change does not tell what is best.
void append_best(std::string_view side, Levels levels, bool highest, std::string& out) {
  const auto less = [](const Level& a, const Level& b) { return a.price() < b.price(); };
  if (levels.empty()) return;
  const auto best =
      highest ? std::ranges::max_element(levels, less) : std::ranges::min_element(levels, less);
  const std::string name = "best_" + std::string{side};
  codec::append_json_key(name + "_price", out);
  codec::append_json_string(to_string(best->price().decimal), out);
  codec::append_json_key(name + "_quantity", out);
  codec::append_json_string(to_string(best->quantity().decimal), out);
}

void append_count(std::string_view key, Levels levels, std::string& out) {
  codec::append_json_key(key, out);
  codec::append_json_integer(static_cast<std::int64_t>(levels.size()), out);
}

std::string append_old(const Item& item, std::vector<std::string>& bodies) {
  const Event& event = *item.event;
  const auto table = table_of(event);
  if (!table) return {};  // the old system had none of these
  Fits fits;
  for_each_field(event.body, fits);
  if (!fits.all) return "Decimal64(8) has no room for all digits of the event";
  std::string& body = bodies[*table];
  if (!codec::append_marketprism_json(event, item.kind, body)) return {};
  if (const auto* book = std::get_if<Book>(&event.body)) {
    body.pop_back();
    append_count("bids_count", book->bids, body);
    append_count("asks_count", book->asks, body);
    if (book->is_snapshot) {
      append_best("bid", book->bids, true, body);
      append_best("ask", book->asks, false, body);
    }
    body.push_back('}');
  }
  body.push_back('\n');
  return {};
}

}  // namespace

Result<ClickHouseLayout> old_layout(const ClickHouseOptions& options) {
  if (options.times != TimeColumns::datetime64) {
    return Error{ErrorKind::config,
                 "the layout marketprism has DateTime64, which the server's version does not have; "
                 "expected 20.1 or later"};
  }
  ClickHouseLayout out{.tables = {}, .append = append_old, .format = "JSONEachRow"};
  for (const OldTable& table : kTables) {
    out.tables.push_back({.name = std::string{table.name},
                          .columns = columns_of(table),
                          .engine = " ENGINE = " + options.engine +
                                    " PARTITION BY (toYYYYMM(timestamp), exchange) ORDER BY "
                                    "(timestamp, exchange, symbol" +
                                    std::string{table.key} + ")"});
  }
  return out;
}

}  // namespace mp::sink
