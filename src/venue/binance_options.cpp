// Binance European options, as they are since December 2025: on the hosts of USD-M futures, with
// streams of their own. Source:
// https://developers.binance.com/docs/derivatives/options-trading/websocket-market-streams
#include <array>

#include "venue/binance_contracts.hpp"

namespace mp::venue {
namespace {

using namespace binance;

constexpr std::string_view kMarkPrice = R"("{underlying}@optionMarkPrice")";
constexpr std::string_view kTardis = "pair tardis_node";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"("{symbol_lower}@optionTrade")", kTardis, {}, kPublic},
    Route{Channel::quote, R"("{symbol_lower}@bookTicker")", kTardis, {}, kPublic},
    Route{Channel::book, R"("{symbol_lower}@depth20@100ms")", kTardis, {}, kPublic},
    Route{Channel::ticker, R"("{symbol_lower}@optionTicker")", kTardis, {}, kPublic},
    Route{Channel::candle, R"("{symbol_lower}@kline_{interval}")", "documented", {}, kMarket},
    Route{Channel::open_interest,
          R"("{underlying}@optionOpenInterest@{expiry}")",
          kTardis,
          {},
          kMarket},
    Route{Channel::mark_price, kMarkPrice, kTardis, {}, kMarket},
    Route{Channel::index_price, R"("!index@arr")", "documented", {}, kMarket},
    Route{Channel::option_summary, kMarkPrice, kTardis, {}, kMarket},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/eapi/v1/exchangeInfo", .evidence = "documented"},
};
constexpr auto kIntervals =
    same_words({"1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "3d", "1w"});
constexpr Traits kOptions = {
    .name = "binance-options",
    .docs_url = "https://developers.binance.com/docs/derivatives/options-trading",
    .ws_url = "wss://fstream.binance.com",
    .path = kMarket,
    .rest_url = "https://eapi.binance.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = kRequests,
    .ping = kPing,
    .limits = {.topics_per_session = 200,
               .topics_per_request = 100,
               .requests = {5, 1s},  // 10 are allowed
               .connects = {1, 1s},
               .rest_calls = {1, 1s},
               .rest_weight = {400, 1min},
               .session_lifetime = 24h,
               .source =
                   "options-trading, WebSocket Market Streams, Connect; General Info, Limits"},
    // Deeper books would need a REST snapshot for each of thousands of options.
    .book = {.start = BookStart::every_message, .link = BookLink::first, .depth_max = 20},
    .book_source = "options-trading, Partial Book Depth Streams",
};
constexpr std::int64_t kDepth = 20;  // of the stream of books that we ask for

// Of all options of an underlying at once. A side without orders has price and quantity 0 and the
// volatility -1.
struct SummaryMessage : Message<OptionSummary> {
  std::optional<Quantity> bid_quantity, ask_quantity;
};
using SummaryShape =
    Loose<Field<"s", &Facts::symbol>, Field<"mp", &OptionSummary::mark_price>,
          Field<"E", &Facts::time, kRequired>, Field<"i", &OptionSummary::underlying_price>,
          Field<"bo", &OptionSummary::bid_price>, Field<"ao", &OptionSummary::ask_price>,
          Field<"bq", &SummaryMessage::bid_quantity>, Field<"aq", &SummaryMessage::ask_quantity>,
          Field<"b", &OptionSummary::bid_iv>, Field<"a", &OptionSummary::ask_iv>,
          Field<"vo", &OptionSummary::mark_iv>, Field<"d", &OptionSummary::delta>,
          Field<"t", &OptionSummary::theta>, Field<"g", &OptionSummary::gamma>,
          Field<"v", &OptionSummary::vega>>;
void send(SummaryMessage& summary, Output& out) {
  const auto drop_absent = [](std::optional<Price>& price, std::optional<Decimal>& volatility) {
    drop_zero(price);
    if (!price || (volatility && volatility->mantissa < 0)) volatility.reset();
  };
  drop_absent(summary.bid_price, summary.bid_iv);
  drop_absent(summary.ask_price, summary.ask_iv);
  send<OptionSummary>(summary, out);
  if (summary.mark_price) out(summary.symbol, summary.time, MarkPrice{*summary.mark_price});
}

using OpenInterestShape =
    Loose<Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
          Field<"o", &OpenInterest::quantity>, Field<"h", &OpenInterest::value>>;
using IndexShape = Loose<Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
                         Field<"p", &IndexPrice::price>>;

struct OptionMessage : Message<InstrumentInfo> {
  std::string_view side;
  std::optional<std::string_view> state;
  Filters filters;
};
using Listing = Batch<OptionMessage>;
using OptionShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"side", &OptionMessage::side>,
          Field<"strikePrice", &InstrumentInfo::strike, kRequired>,
          Field<"expiryDate", &InstrumentInfo::expiry, kRequired>,
          Field<"quoteAsset", &InstrumentInfo::quote>,
          Field<"unit", &InstrumentInfo::contract_size>, Field<"status", &OptionMessage::state>,
          Rows<"filters", &OptionMessage::filters, FilterShape>>;
using ListingShape = Loose<Rows<"optionSymbols", &Listing::rows, OptionShape>>;
void send(OptionMessage& option, Output& out) {
  option.kind = InstrumentKind::option;
  option.base = option.symbol.substr(0, option.symbol.find('-'));
  option.settle = option.quote;
  option.option_type = option.side == "CALL" ? "call" : "put";
  Decimal& strike = option.strike->decimal;  // "100000.00000000", which names would repeat
  for (; strike.exponent < 0 && strike.mantissa % 10 == 0; ++strike.exponent) strike.mantissa /= 10;
  option.status = option.state.value_or("TRADING");  // older listings have only what trades
  send_listed(option, option, option.filters, out);
}

class Options final : public Family<Options, ContractShapes> {
 public:
  using Family::amend;
  using Family::Family;

  // "...@depth20@100ms" looks like a change, and is whole; "...@depth@100ms" is what it says, and
  // changes no book of ours.
  bool amend(DepthMessage& depth) {
    const auto levels = number_after(stream(), "@depth").value_or(kDepth);
    depth.is_snapshot = true;
    depth.depth.reset();
    if (levels != kDepth) depth.depth = levels;
    return stream().find("@depth@") == std::string_view::npos;
  }

  Verdict read_other(auto& in, std::string_view event, std::string_view body, Output& out) {
    if (!equals<"index">(event)) return Verdict::unknown;
    return read_one<IndexShape>(in, body, index_, out);
  }
  Verdict read_list(auto& in, std::string_view list, Output& out) {
    const auto is = [this](std::string_view word) { return stream().find(word) != stream().npos; };
    if (is("@optionMarkPrice")) return read_all<SummaryShape>(in, list, summaries_, out);
    if (is("penInterest@")) return read_all<OpenInterestShape>(in, list, interests_, out);
    if (is("!index@")) return read_all<IndexShape>(in, list, indices_, out);
    return Family::read_list(in, list, out);
  }
  Verdict read_list_of(auto& in, std::string_view event, std::string_view list, Output& out) {
    if (equals<"markPrice">(event)) return read_all<SummaryShape>(in, list, summaries_, out);
    if (equals<"openInterest">(event))
      return read_all<OpenInterestShape>(in, list, interests_, out);
    if (equals<"index", "indexPrice">(event)) return read_all<IndexShape>(in, list, indices_, out);
    return Family::read_list_of(in, event, list, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return read_refusal(in, body, problem);
    return send_all(listing.rows, out);
  }

  // "btcusdt" and "261225" of "BTC-261225-100000-C": all are of underlyings in USDT.
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    const auto part = parts_of(wanted.symbol, '-');
    if (hole == "underlying") return out.append(lower_case(part[0])).append("usdt"), true;
    if (hole == "expiry") return out.append(part[1]), true;
    return false;
  }

 private:
  Message<IndexPrice> index_;  // scratch, as what follows
  RowList<SummaryMessage> summaries_;
  RowList<Message<OpenInterest>> interests_;
  RowList<Message<IndexPrice>> indices_;
};

}  // namespace

std::unique_ptr<Adapter> make_binance_options() {
  return std::make_unique<JsonVenue<Options>>(kOptions);
}

}  // namespace mp::venue
