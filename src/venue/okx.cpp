// OKX v5, public channels, and its spreads. Source: https://www.okx.com/docs-v5/en/
#include <array>

#include "venue/okx_rest.hpp"

namespace mp::venue {
namespace {

using namespace okx;

constexpr std::string_view kBusiness = "/ws/v5/business";
constexpr std::string_view kRecorded = "recorded 2022-02-27";
constexpr std::string_view kTardis = "pair tardis_node";
constexpr std::string_view kCandles = R"({"channel":"candle{interval}","instId":"{symbol}"})";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"({"channel":"trades","instId":"{symbol}"})", kRecorded},
    Route{Channel::quote, R"({"channel":"bbo-tbt","instId":"{symbol}"})", "pair crypto_msg_parser"},
    Route{Channel::book, R"({"channel":"books","instId":"{symbol}"})", "pair okx"},
    Route{Channel::ticker, R"({"channel":"tickers","instId":"{symbol}"})", kRecorded},
    Route{Channel::candle, kCandles, "pair crypto_msg_parser", {}, kBusiness},
    Route{Channel::funding, R"({"channel":"funding-rate","instId":"{symbol}"})", kTardis},
    Route{Channel::open_interest, R"({"channel":"open-interest","instId":"{symbol}"})", kTardis},
    Route{Channel::liquidation, R"({"channel":"liquidation-orders","instType":"{type}"})", kTardis},
    Route{Channel::mark_price, R"({"channel":"mark-price","instId":"{symbol}"})", kTardis},
    Route{Channel::index_price, R"({"channel":"index-tickers","instId":"{pair}"})", kTardis},
    Route{Channel::option_summary, R"({"channel":"opt-summary","instFamily":"{pair}"})", kTardis},
    Route{Channel::instrument, R"({"channel":"instruments","instType":"{type}"})", "pair okx"},
};
constexpr std::string_view kFamilies = "/api/v5/public/underlying";
constexpr Endpoint ratios(std::string_view target) {
  return {.kind = RestKind::poll,
          .target = target,
          .channel = Channel::long_short_ratio,
          .every = 5min,
          .evidence = "documented"};
}
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v5/public/instruments?instType=SPOT", .evidence = kRecorded},
    Endpoint{.target = "/api/v5/public/instruments?instType=SWAP", .evidence = kRecorded},
    Endpoint{.target = "/api/v5/public/instruments?instType=FUTURES", .evidence = kRecorded},
    Endpoint{.target = "/api/v5/public/underlying?instType=OPTION", .evidence = "documented"},
    Endpoint{.target = "/api/v5/public/instruments?instType=OPTION&instFamily={family}",
             .evidence = kRecorded},
    ratios("/api/v5/rubik/stat/contracts/long-short-account-ratio-contract"
           "?instId={symbol}&period={period}&limit=1"),
    ratios("/api/v5/rubik/stat/contracts/long-short-position-ratio-contract-top-trader"
           "?instId={symbol}&period={period}&limit=1"),
};
constexpr std::array kIntervals = {
    Interval{"1s", "1s"},   Interval{"1m", "1m"},   Interval{"3m", "3m"},   Interval{"5m", "5m"},
    Interval{"15m", "15m"}, Interval{"30m", "30m"}, Interval{"1h", "1H"},   Interval{"2h", "2H"},
    Interval{"4h", "4H"},   Interval{"6h", "6H"},   Interval{"12h", "12H"}, Interval{"1d", "1D"},
    Interval{"2d", "2D"},   Interval{"3d", "3D"},   Interval{"1w", "1W"},   Interval{"1M", "1M"},
    Interval{"3M", "3M"},
};
constexpr Traits kOkx = {
    .name = "okx",
    .docs_url = "https://www.okx.com/docs-v5/en/",
    .ws_url = "wss://ws.okx.com",
    .path = "/ws/v5/public",
    .rest_url = "https://openapi.okx.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"id":"{id}","op":"subscribe","args":[{topics}]})",
                 .unsubscribe = R"({"id":"{id}","op":"unsubscribe","args":[{topics}]})",
                 .source = "docs-v5, WebSocket, Subscribe"},
    .ping = {.text = "ping", .every = 25s, .source = "docs-v5, WebSocket, Connect"},
    .limits = {.topics_per_session = 100,
               .topics_per_request = 20,
               .session_bytes = 64 * 1024,
               .requests = {2, 1s},  // and 480 in an hour
               .connects = {1, 1s},  // 3 are allowed
               .rest_calls = {20, 2s},
               .rest_calls_at_once = 2,
               .source = "docs-v5, WebSocket, Connection count limit; Get instruments, Rate limit"},
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::previous,
             .checksum = BookChecksum::crc32_25,  // 0 since 2026: absent
             .depth_max = 400},
    .book_source = "docs-v5, WS / Order book channel",
    .stale_after = 40s,
};

constexpr std::array kSpreadRoutes = {
    Route{Channel::trade, R"({"channel":"sprd-public-trades","sprdId":"{symbol}"})", "documented"},
    Route{Channel::quote, R"({"channel":"sprd-bbo-tbt","sprdId":"{symbol}"})", "documented"},
    Route{Channel::book, R"({"channel":"sprd-books-l2-tbt","sprdId":"{symbol}"})", "documented"},
    Route{Channel::ticker, R"({"channel":"sprd-tickers","sprdId":"{symbol}"})", "documented"},
    Route{Channel::candle, R"({"channel":"sprd-candle{interval}","sprdId":"{symbol}"})",
          "documented"},
};
constexpr std::array kSpreadEndpoints = {
    Endpoint{.target = "/api/v5/sprd/spreads", .evidence = "documented"},
};
constexpr Traits kSpreads = [] {
  Traits traits = kOkx;
  traits.name = "okx-spreads";
  traits.path = kBusiness;
  traits.routes = kSpreadRoutes;
  traits.endpoints = kSpreadEndpoints;
  traits.intervals = std::span{kIntervals}.subspan(1);
  traits.book_source = "docs-v5, Spread Trading, WebSocket Public Channel, Order book channel";
  return traits;
}();

class Okx final : public JsonDecoder<Okx> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    return frame == "pong" ? kControl : JsonDecoder::read(frame, ts_recv, handler);
  }

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (envelope_.event) return read_notice(reading);
    if (!envelope_.arg) return Verdict::unknown;
    if (!envelope_.data || envelope_.data->json == "null") {
      Nothing nothing;
      return in.template read<NothingShape>(frame, nothing) ? Verdict::data : Verdict::unknown;
    }
    return read_data(in, *envelope_.arg, envelope_.data->json, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading& answer, std::string& problem) {
    if (path_of(call.target) == kFamilies) return read_families(in, body, answer, problem);
    if (call.kind == RestKind::listing) return read_instruments(in, body, out, problem);
    return read_ratios(in, call, body, out, problem);
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return spelled_out(symbol);
  }

  // Some channels exist per kind of instrument, or per pair, only: instruments share one.
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    const auto info = spelled_out(wanted.symbol).value_or(InstrumentInfo{});
    if (hole == "period") return out.append("5m"), true;
    if (hole == "type") return out.append(kTypes[static_cast<std::size_t>(info.kind)]), true;
    if (hole != "pair") return false;
    if (info.base.empty()) return out.append(wanted.symbol), true;
    // The index of contracts in "USD_UM" is that in USD.
    const auto quote = info.kind == InstrumentKind::option
                           ? info.quote
                           : info.quote.substr(0, info.quote.find('_'));
    return out.append(info.base).append("-").append(quote), true;
  }

 private:
  // Each argument of a request is answered by itself, with the request's number. An answer that
  // names its channel is about that one only.
  Verdict read_notice(Reading& reading) {
    const auto code = envelope_.code.value_or("");
    const auto words = envelope_.message.value_or(*envelope_.event);
    reading.reconnect_soon = envelope_.event == "notice" && code == kClosingSoon;
    if (envelope_.event == "subscribe" && envelope_.arg)
      return answer_about(Condition::subscribed, *envelope_.arg), Verdict::control;
    const auto arg = envelope_.arg ? envelope_.arg : named_in(words);
    if (!arg && envelope_.request) reading.answers = request_number(envelope_.request);
    if (envelope_.event != "error" && envelope_.event != "channel-conn-count-error")
      return Verdict::control;
    if (arg) answer_about(Condition::rejected, *arg);
    return refuse(reading, code, words);
  }
  void answer_about(Condition condition, const Arg& arg) {
    answer(condition, arg.symbol.value_or(""), channel_of(traits(), arg.channel));
  }

  Verdict read_data(auto& in, const Arg& arg, std::string_view data, Output& out) {
    const bool spread = arg.channel.starts_with(kSpreadPrefix);
    const auto kind = spread ? arg.channel.substr(kSpreadPrefix.size()) : arg.channel;
    if (equals<"trades", "trades-all", "public-trades">(kind))
      return read_all<TradeShape>(in, data, trades_, out);
    if (equals<"bbo-tbt">(kind)) return read_quotes(in, data, out);
    if (equals<"books">(kind)) return read_books(in, data, std::nullopt, out);
    if (equals<"books5">(kind)) return read_books(in, data, 5, out);
    if (equals<"books50-l2-tbt">(kind)) return read_books(in, data, 50, out);
    if (equals<"books-l2-tbt">(kind))
      return read_books(in, data, spread ? std::nullopt : std::optional<std::int64_t>{400}, out);
    if (equals<"tickers">(kind)) return read_all<TickerShape>(in, data, tickers_, out);
    if (equals<"funding-rate">(kind)) return read_all<FundingShape>(in, data, fundings_, out);
    if (equals<"open-interest">(kind)) return read_all<InterestShape>(in, data, interests_, out);
    if (equals<"mark-price">(kind)) return read_all<MarkPriceShape>(in, data, marks_, out);
    if (equals<"index-tickers">(kind)) return read_all<IndexPriceShape>(in, data, indices_, out);
    if (equals<"opt-summary">(kind)) return read_all<OptionSummaryShape>(in, data, options_, out);
    if (equals<"liquidation-orders">(kind))
      return read_all<LiquidationShape>(in, data, liquidations_, out);
    if (equals<"instruments">(kind)) return read_all<InstrumentShape>(in, data, instruments_, out);
    if (!kind.starts_with("candle")) return Verdict::unknown;
    return read_candles(in, data, kind.substr(std::string_view{"candle"}.size()), spread, out);
  }

  [[nodiscard]] std::string_view symbol() const { return envelope_.arg->symbol.value_or(""); }

  Verdict read_books(auto& in, std::string_view data, std::optional<std::int64_t> depth,
                     Output& out) {
    return read_all<BookShape>(in, data, books_, out, [&](BookMessage& book) {
      book.symbol = symbol();
      book.depth = depth;
      book.is_snapshot = envelope_.action != "update";
      drop_epoch(book.time);  // of one that never had an order
      if (book.previous_sequence == -1) book.previous_sequence.reset();  // of a snapshot
      if (book.checksum == 0) book.checksum.reset();                     // no longer computed
    });
  }

  Verdict read_quotes(auto& in, std::string_view data, Output& out) {
    if (!in.template read_rows<BookShape>(data, books_) &&
        !in.template read_rows<BestShape>(data, books_))
      return Verdict::malformed;
    for (BookMessage& best : books_) {
      drop_epoch(best.time);
      if (!best.time && best.bid_levels.empty() && best.ask_levels.empty()) continue;
      out(symbol(), best.time, best_of(best));
    }
    return Verdict::data;
  }

  Verdict read_candles(auto& in, std::string_view data, std::string_view interval, bool spread,
                       Output& out) {
    const auto info = spelled_out(symbol());
    const bool spot = info && info->kind == InstrumentKind::spot;
    // "6Hutc", "1Dutc": the same that begin by another clock.
    if (interval.ends_with("utc")) interval.remove_suffix(3);
    const auto ours = our_interval(traits(), interval);
    return read_all<CandleShape>(in, data, candles_, out, [&](CandleMessage& candle) {
      candle.symbol = symbol();
      candle.interval = ours;
      candle.is_closed.reset();
      if (candle.confirm) candle.is_closed = candle.confirm == 1;
      // Older candles of spot instruments have one volume less: the currency is the quote's.
      if (!candle.quote_volume && spot) candle.quote_volume = candle.currency_volume;
      // Those of spreads have one volume only; this is what stands behind it.
      if (spread && candle.currency_volume) candle.is_closed = !candle.currency_volume->is_zero();
    });
  }

  Envelope envelope_;  // scratch, as all that follows
  RowList<Message<Trade>> trades_;
  RowList<BookMessage> books_;
  RowList<TickerMessage> tickers_;
  RowList<CandleMessage> candles_;
  RowList<FundingMessage> fundings_;
  RowList<Message<OpenInterest>> interests_;
  RowList<Message<MarkPrice>> marks_;
  RowList<Message<IndexPrice>> indices_;
  RowList<Message<OptionSummary>> options_;
  RowList<LiquidationMessage> liquidations_;
  RowList<InstrumentMessage> instruments_;
};

}  // namespace

std::unique_ptr<Adapter> make_okx() {
  return std::make_unique<JsonVenue<Okx>>(kOkx);
}
std::unique_ptr<Adapter> make_okx_spreads() {
  return std::make_unique<JsonVenue<Okx>>(kSpreads);
}

}  // namespace mp::venue
