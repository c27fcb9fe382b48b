// What other projects make of raw messages, field by field against ours. Every field of theirs is
// either compared or listed below with the reason why it cannot be; one that is neither fails.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <iostream>
#include <map>

#include "venue/rest.hpp"
#include "venue_testing.hpp"

namespace mp::venue {
namespace {

namespace dom = simdjson::dom;
using testing::Collector;
using Fields = std::map<std::string, std::string>;

struct Tally {
  std::size_t messages = 0;
  std::size_t compared = 0;
  std::size_t agreed = 0;
  std::map<std::string, std::size_t> explained;  // by reason

  void compare(const std::string& what, const std::string& theirs, const std::string& ours) {
    ++compared;
    if (theirs == ours) ++agreed;
    EXPECT_EQ(theirs, ours) << what;
  }
  void print(std::string_view source) const {
    std::cout << source << ": " << messages << " messages, " << agreed << " of " << compared
              << " fields agree\n";
    for (const auto& [reason, count] : explained)
      std::cout << "  not comparable, " << count << " fields: " << reason << "\n";
  }
};

// One spelling for a value, whoever wrote it: numbers as exact decimals without trailing zeros,
// times in nanoseconds, words in lower case.
std::string canonical(std::string text) {
  if (const auto number = parse_decimal(text)) {
    text = to_string(*number);
    if (text.find('.') != std::string::npos) {
      text.erase(text.find_last_not_of('0') + 1);
      if (text.ends_with('.')) text.pop_back();
    }
    return text;
  }
  if (const auto time = parse_rfc3339(text)) return std::to_string(to_nanoseconds(*time));
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

std::string text_of(dom::element value) {
  if (value.is_string()) return canonical(std::string{std::string_view{value.get_string()}});
  if (value.is_array()) {
    std::string out;
    for (const auto item : value.get_array()) out += text_of(item) + " ";
    return out;
  }
  if (value.is_object()) {
    std::string out;
    for (const auto field : value.get_object()) out += text_of(field.value) + " ";
    return out;
  }
  return canonical(simdjson::minify(value));
}

std::string field_of(dom::element object, const std::string& name) {
  const auto field = object[name];
  return field.error() == simdjson::SUCCESS ? text_of(field.value_unsafe()) : "no such field";
}

std::vector<std::string> decoded(const Adapter& adapter, std::string_view raw, Verdict& verdict) {
  Collector collector;
  verdict = adapter.decoder()->read(raw, from_nanoseconds(1), collector).verdict;
  for (auto& line : collector.lines) line += "}";
  return collector.lines;
}

// tardis-node: their type and field -> ours. "from tickers" where they make a book_ticker of it.
const std::map<std::string, Fields> kTardisFields = {
    {"trade trade",
     {{"id", "trade_id"}, {"price", "price"}, {"amount", "quantity"}, {"side", "side"}}},
    {"book_change book", {{"isSnapshot", "is_snapshot"}, {"bids", "bids"}, {"asks", "asks"}}},
    {"book_ticker quote",
     {{"bidPrice", "bid_price"},
      {"bidAmount", "bid_quantity"},
      {"askPrice", "ask_price"},
      {"askAmount", "ask_quantity"}}},
    {"book_ticker ticker", {{"bidPrice", "bid_price"}, {"askPrice", "ask_price"}}},
    {"derivative_ticker ticker", {{"lastPrice", "last_price"}}},
    {"derivative_ticker funding",
     {{"fundingRate", "rate"},
      {"fundingTimestamp", "next_time"},
      {"predictedFundingRate", "predicted_rate"}}},
    {"option_summary option_summary",
     {{"markIV", "mark_iv"},
      {"bestBidIV", "bid_iv"},
      {"bestAskIV", "ask_iv"},
      {"delta", "delta"},
      {"gamma", "gamma"},
      {"vega", "vega"},
      {"theta", "theta"},
      {"rho", "rho"}}},
};
constexpr auto kTheirState =
    "they merge earlier messages of other channels; ours are events of their own";
const std::map<std::string, std::string> kTardisExplained = {
    {"type", "the name of the type"},
    {"exchange", "they name four venues by kind of instrument; okx is one"},
    {"localTimestamp", "their clock"},
    {"bidAmount", "a ticker of ours has prices; amounts are the quote's"},
    {"askAmount", "a ticker of ours has prices; amounts are the quote's"},
    {"lastPrice", kTheirState},
    {"openInterest", kTheirState},
    {"fundingRate", kTheirState},
    {"fundingTimestamp", kTheirState},
    {"predictedFundingRate", kTheirState},
    {"indexPrice", kTheirState},
    {"markPrice", kTheirState},
    {"bestBidPrice", kTheirState},
    {"bestBidAmount", kTheirState},
    {"bestAskPrice", kTheirState},
    {"bestAskAmount", kTheirState},
    {"underlyingPrice", kTheirState},
    {"underlyingIndex", "the catalogue's"},
    {"optionType", "the catalogue's"},
    {"strikePrice", "the catalogue's"},
    {"expirationDate", "the catalogue's"},
};

// Where a venue's message says itself what another venue's says in other messages.
const std::map<std::string, Fields> kTardisMore = {
    {"binance-options option_summary option_summary",
     {{"markPrice", "mark_price"},
      {"bestBidPrice", "bid_price"},
      {"bestAskPrice", "ask_price"},
      {"underlyingPrice", "underlying_price"}}},
};

void compare_tardis(Tally& tally, dom::element theirs, dom::element ours) {
  const std::string kinds = field_of(theirs, "type") + " " + field_of(ours, "type");
  ASSERT_TRUE(kTardisFields.contains(kinds)) << kinds;
  tally.compare("symbol", field_of(theirs, "symbol"), field_of(ours, "symbol"));
  tally.compare("time", field_of(theirs, "timestamp"), field_of(ours, "ts_event"));
  Fields fields = kTardisFields.at(kinds);
  if (const auto more = kTardisMore.find(field_of(ours, "venue") + " " + kinds);
      more != kTardisMore.end())
    fields.insert(more->second.begin(), more->second.end());
  for (const auto field : theirs.get_object()) {
    const std::string name{field.key};
    if (name == "symbol" || name == "timestamp") continue;
    if (const auto mapped = fields.find(name); mapped != fields.end()) {
      tally.compare(kinds + " " + name, text_of(field.value), field_of(ours, mapped->second));
    } else {
      ASSERT_TRUE(kTardisExplained.contains(name)) << kinds << " " << name;
      ++tally.explained[kTardisExplained.at(name)];
    }
  }
}

struct TardisCase {
  std::string_view venue;
  std::string_view exchange;  // theirs begin with it
  std::size_t messages;
  std::size_t compared;  // at least
};

void compare_tardis(const TardisCase& which, const std::vector<std::string>& pairs) {
  Tally tally;
  dom::parser lines;
  dom::parser events;
  const auto adapter = make_adapter(which.venue);
  for (const auto& line : pairs) {
    const dom::element pair = lines.parse(line);
    if (!field_of(pair, "exchange").starts_with(which.exchange)) continue;
    SCOPED_TRACE(line.substr(0, 200));
    ++tally.messages;
    Verdict verdict{};
    auto ours = decoded(*adapter, simdjson::minify(pair["raw"]), verdict);
    const dom::array theirs = pair["expected"];
    if (theirs.size() == 0) {
      // An acknowledgement, or one of the channels that they only keep in mind.
      EXPECT_EQ(verdict, pair["raw"]["event"].error() == simdjson::SUCCESS ? Verdict::control
                                                                           : Verdict::data);
      if (verdict == Verdict::data) ++tally.explained[kTheirState];
      continue;
    }
    if (pair["raw"]["generated"].error() == simdjson::SUCCESS) {
      ++tally.explained["they add the changes that came before to a snapshot; our books do that"];
      continue;
    }
    // Mark prices are events of their own, of which they have none.
    std::erase_if(ours, [](const std::string& event) {
      return event.starts_with(R"({"type":"mark_price")") &&
             event.find(R"("venue":"binance)") != std::string::npos;
    });
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i)
      compare_tardis(tally, theirs.at(i), events.parse(ours[i]));
  }
  tally.print(which.venue);
  EXPECT_EQ(tally.messages, which.messages);
  EXPECT_EQ(tally.agreed, tally.compared);
  EXPECT_GE(tally.compared, which.compared);
}

TEST(Others, tardis_node_agrees) {
  const auto data = testing::shared_data();
  if (data.empty()) GTEST_SKIP() << "no pairs: set MP_SHARED_DATA to the recordings' folder";
  const auto pairs = testing::lines_of(testing::read_file(data / "pairs/tardis_node.ndjson"));
  for (const TardisCase& which :
       {TardisCase{"okx", "okex", 18, 70},
        TardisCase{"binance-options", "binance-european-options", 8, 40},
        TardisCase{"binance-usdm", "binance-futures", 2, 0}, TardisCase{"delta", "delta", 4, 20},
        TardisCase{"poloniex", "poloniex", 4, 12}}) {
    SCOPED_TRACE(which.venue);
    compare_tardis(which, pairs);
  }
}

// crypto-msg-parser: their path -> ours, after the name of the message and of the level.
const Fields kParserFields = {
    {"trade.price", "price"},
    {"trade.timestamp", "ts_event"},
    {"trade.side", "side"},
    {"orderbook.timestamp", "ts_event"},
    {"orderbook.seq_id", "last_sequence"},
    {"orderbook.prev_seq_id", "previous_sequence"},
    {"bbo_msg.symbol", "symbol"},
    {"bbo_msg.timestamp", "ts_event"},
    {"bbo_msg.id", "sequence"},
    {"bbo_msg.ask_price", "ask_price"},
    {"bbo_msg.ask_quantity_base", "ask_quantity"},
    {"bbo_msg.bid_price", "bid_price"},
    {"bbo_msg.bid_quantity_base", "bid_quantity"},
    {"candlestick_msg.symbol", "symbol"},
    {"candlestick_msg.period", "interval"},
    {"candlestick_msg.begin_time", "open_time"},
    {"candlestick_msg.open", "open"},
    {"candlestick_msg.high", "high"},
    {"candlestick_msg.low", "low"},
    {"candlestick_msg.close", "close"},
    {"candlestick_msg.volume", "volume"},
    {"candlestick_msg.quote_volume", "quote_volume"},
    {"funding_rates[0].funding_rate", "rate"},
    {"funding_rates[0].funding_time", "next_time"},
    {"funding_rates[0].timestamp", "ts_event"},
    {"extract_symbol", "symbol"},
    {"extract_timestamp", "ts_event"},
};
const std::map<std::string, std::string> kParserExplained = {
    {"check", "names their test"},
    {"pair", "the catalogue's"},
    {"msg_type", "their name of the type"},
    {"bbo_msg.msg_type", "their name of the type"},
    {"quantity_quote", "price times quantity, which they add"},
    {"quantity_contract", "absent for spot, where we count the base currency"},
    {"quantity_base", "contracts times contract size, which is the catalogue's"},
};

std::string last_part(const std::string& path) {
  const auto dot = path.find_last_of("._");
  const auto quantity = path.find("quantity_");
  return quantity != std::string::npos ? path.substr(quantity) : path.substr(dot + 1);
}

// "orderbook.asks[2].price" -> ["..", ".."] of our level, or the number of levels.
std::optional<std::string> level_fact(const std::string& path, dom::element ours, bool contracts) {
  if (!path.starts_with("orderbook.asks") && !path.starts_with("orderbook.bids"))
    return std::nullopt;
  const dom::array side = ours[path.substr(10, 4)];
  if (path.ends_with(".len")) return std::to_string(side.size());
  const dom::element level = side.at(static_cast<std::size_t>(path[15] - '0'));
  if (path.ends_with(".price")) return text_of(level.at(0));
  if (path.ends_with(contracts ? ".quantity_contract" : ".quantity_base"))
    return text_of(level.at(1));
  return std::nullopt;
}

void compare_fact(Tally& tally, const std::string& path, dom::element value, dom::element ours,
                  bool contracts) {
  std::string theirs = text_of(value);
  const bool in_time =
      (path.ends_with("timestamp") || path.ends_with("funding_time")) && theirs != "null";
  if (in_time) theirs += "000000";
  if (path.ends_with("begin_time")) theirs += "000000000";
  const std::string venue = field_of(ours, "venue");
  if (const auto fact = level_fact(path, ours, contracts)) {
    tally.compare(path, theirs, *fact);
  } else if (path == (contracts ? "trade.quantity_contract" : "trade.quantity_base")) {
    tally.compare(path, theirs, field_of(ours, "quantity"));
  } else if (contracts && path.ends_with("_quantity_contract")) {
    tally.compare(path, theirs, field_of(ours, path.substr(8, 3) + "_quantity"));
  } else if (contracts && path.ends_with("_quantity_base")) {
    ++tally.explained[kParserExplained.at("quantity_base")];
  } else if (const auto mapped = kParserFields.find(path); mapped != kParserFields.end()) {
    const std::string mine = field_of(ours, mapped->second);
    if (path.ends_with("timestamp") && venue.starts_with("binance") && theirs != mine) {
      ++tally.explained["they take the time of sending, we that of the matching engine"];
    } else if (path == "extract_symbol" && theirs == "none") {
      ++tally.explained["the answer does not name its symbol; the call does"];
    } else {
      tally.compare(path, theirs, mine);
    }
  } else {
    const std::string name = kParserExplained.contains(path) ? path : last_part(path);
    ASSERT_TRUE(kParserExplained.contains(name)) << path;
    ++tally.explained[kParserExplained.at(name)];
  }
}

// Our venue for a message of theirs; empty for one of a venue that is not compared here.
std::string venue_of(const std::string& exchange, const std::string& market) {
  if (exchange == "okx") return exchange;
  if (exchange != "binance") return {};
  if (market == "spot") return "binance";
  return market.starts_with("linear") ? "binance-usdm" : "binance-coinm";
}

TEST(Others, crypto_msg_parser_agrees_on_binance_and_okx) {
  const auto data = testing::shared_data();
  if (data.empty()) GTEST_SKIP() << "no pairs: set MP_SHARED_DATA to the recordings' folder";
  Tally tally;
  dom::parser lines;
  dom::parser events;
  for (const auto& line :
       testing::lines_of(testing::read_file(data / "pairs/crypto_msg_parser.ndjson"))) {
    const dom::element pair = lines.parse(line);
    const std::string market = field_of(pair, "market_type");
    const std::string venue = venue_of(field_of(pair, "exchange"), market);
    if (venue.empty()) continue;
    SCOPED_TRACE(line.substr(0, 300));
    ++tally.messages;
    const auto adapter = make_adapter(venue);
    const std::string raw{std::string_view{pair["raw"].get_string()}};
    Verdict verdict{};
    auto ours = decoded(*adapter, raw, verdict);
    const bool book = raw.starts_with("{\"lastUpdateId\"");
    if (book || (venue == "binance-usdm" && raw.starts_with("{\"symbol\""))) {
      const auto call = book ? *snapshot_call(*adapter, "BTCUSDT")
                             : poll_call(*adapter, {Channel::open_interest, "BTCUSDT", ""});
      Collector collector;
      RestReading answer;
      ASSERT_TRUE(adapter->read_rest(call, raw, from_nanoseconds(1), collector, answer));
      ours = {collector.lines.at(0) + "}"};
    } else if (verdict == Verdict::unknown) {
      ++tally.explained
            ["messages of a protocol or a call that we do not read: OKX v3, TICKER_ALL, "
             "OKX's REST books and open interest"];
      const bool ours_to_read = raw.find("\"arg\"") != std::string::npos;
      EXPECT_FALSE(ours_to_read);
      continue;
    }
    // They ask for the funding of a mark price.
    const auto wanted = field_of(pair, "channel") == "funding_rate" ? "\"funding\"" : "";
    std::erase_if(ours, [&](const auto& event) { return event.find(wanted) == std::string::npos; });
    const dom::object theirs = pair["expected"];
    ASSERT_EQ(ours.size(), 1U);
    for (const auto fact : theirs) {
      const std::string path{fact.key};
      if (path == "trades.len" || path == "arr.len" || path == "funding_rates.len") {
        tally.compare(path, text_of(fact.value), std::to_string(ours.size()));
        continue;
      }
      const bool contracts = venue == "binance-coinm" || (venue == "okx" && market != "spot");
      compare_fact(tally, path, fact.value, events.parse(ours[0]), contracts);
    }
  }
  tally.print("crypto_msg_parser, binance and okx");
  EXPECT_EQ(tally.agreed, tally.compared);
  EXPECT_GE(tally.compared, 90U);
}

}  // namespace
}  // namespace mp::venue
