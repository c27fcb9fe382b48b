// Kraken spot, WebSocket v1: messages are arrays [channel id, content, channel name, pair]. Source:
// https://docs.kraken.com/api/docs/websocket-v1/book
#include <algorithm>

#include "venue/kraken_names.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTopic = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kTopic, "recorded 2021-04-05", R"("name":"trade")"},
    Route{Channel::quote, kTopic, "pair kraken", R"("name":"spread")"},
    Route{Channel::book, kTopic, "recorded 2021-04-05", R"("name":"book","depth":1000)"},
    Route{Channel::ticker, kTopic, "recorded 2021-04-05", R"("name":"ticker")"},
    Route{Channel::candle, kTopic, "pair kraken", R"("name":"ohlc","interval":{interval})"},
};
constexpr Traits kTraits = {
    .name = "kraken-v1",
    .docs_url = "https://docs.kraken.com/api/docs/websocket-v1/book",
    .ws_url = "wss://ws.kraken.com",
    .rest_url = "https://api.kraken.com",
    .routes = kRoutes,
    .endpoints = kraken::kEndpoints,
    .intervals = kraken::kIntervals,
    .requests = {.subscribe = R"({"event":"subscribe","reqid":{id},"pair":[{topics}],)"
                              R"("subscription":{{group}}})",
                 .unsubscribe = R"({"event":"unsubscribe","reqid":{id},"pair":[{topics}],)"
                                R"("subscription":{{group}}})",
                 .source = "websocket-v1, Book, Subscribe"},
    .ping = {.text = R"({"event":"ping","reqid":{id}})",
             .every = 30s,
             .source = "websocket-v1, Ping"},
    .limits = kraken::kLimits,
    // The CRC-32 of the best ten levels comes with each change.
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::none,
             .checksum = BookChecksum::kraken_crc32,
             .depth_max = 1000},
    .book_source = "websocket-v1, Book; guides, Book checksum (v1)",
};

struct Notice {
  std::optional<std::string_view> event, status, pair, error, channel;
  std::optional<std::string_view> request;
};
using NoticeShape =
    Loose<Field<"event", &Notice::event>, Field<"status", &Notice::status>,
          Field<"pair", &Notice::pair>, Field<"errorMessage", &Notice::error>,
          Id<"reqid", &Notice::request>, Inside<"subscription", Field<"name", &Notice::channel>>>;

// Names stand at the end, behind one part, or two of a book of which both sides changed.
struct Envelope {
  Raw first, second;
  std::optional<Raw> third, fourth;
};
using EnvelopeShape =
    Row<kPass, &Envelope::first, &Envelope::second, &Envelope::third, &Envelope::fourth>;

std::string_view unquoted(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return {};
  return json.substr(1, json.size() - 2);
}

using TradeShape = Row<&Trade::price, &Trade::quantity, cell<&Facts::time, kSeconds, kRequired>,
                       cell<&Trade::side, kSides<"b", "s">>>;
using QuoteShape = Row<cell<&Quote::bid_price, kRequired>, cell<&Quote::ask_price, kRequired>,
                       cell<&Facts::time, kSeconds>, &Quote::bid_quantity, &Quote::ask_quantity>;
using CandleShape =
    Row<cell<&Facts::time, kSeconds>, cell<&Candle::close_time, kSeconds, kRequired>, &Candle::open,
        &Candle::high, &Candle::low, &Candle::close, kPass, cell<&Candle::volume, kRequired>,
        &Candle::trades>;

// Of today and of the last 24 hours; of prices now, the price first.
struct Two {
  std::optional<Decimal> first, second;
};
using TwoShape = Row<cell<&Two::first, kRequired>, cell<&Two::second, kRequired>>;
struct TickerMessage {
  Two ask, bid, close, volume, low, high, open;
};
using TickerShape =
    Loose<Object<"a", &TickerMessage::ask, TwoShape>, Object<"b", &TickerMessage::bid, TwoShape>,
          Object<"c", &TickerMessage::close, TwoShape>,
          Object<"v", &TickerMessage::volume, TwoShape>, Object<"l", &TickerMessage::low, TwoShape>,
          Object<"h", &TickerMessage::high, TwoShape>, Object<"o", &TickerMessage::open, TwoShape>>;

// Each level has the time at which it came to be as it is.
struct TimedLevel {
  Price price;
  Quantity quantity;
  std::optional<Timestamp> time;
};
using TimedLevelShape =
    Row<&TimedLevel::price, &TimedLevel::quantity, cell<&TimedLevel::time, kSeconds>>;
struct BookPart {
  RowList<TimedLevel> asks_whole, bids_whole, asks, bids;
  std::optional<std::int64_t> checksum;
};
using BookPartShape =
    Shape<Rows<"as", &BookPart::asks_whole, TimedLevelShape, kOptional>,
          Rows<"bs", &BookPart::bids_whole, TimedLevelShape, kOptional>,
          Rows<"a", &BookPart::asks, TimedLevelShape, kOptional>,
          Rows<"b", &BookPart::bids, TimedLevelShape, kOptional>, Field<"c", &BookPart::checksum>>;

class KrakenV1 final : public JsonDecoder<KrakenV1> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!frame.starts_with('[')) return read_notice(in, frame, reading);
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (!envelope_.third) return Verdict::unknown;  // of accounts
    const bool two = envelope_.fourth.has_value();
    const auto channel = unquoted((two ? *envelope_.third : envelope_.second).json);
    const auto pair = unquoted((two ? *envelope_.fourth : *envelope_.third).json);
    const auto content = envelope_.first.json;
    if (channel.empty() || pair.empty()) return Verdict::unknown;
    if (channel.starts_with("book-")) return read_book(in, channel, pair, two, out);
    if (two) return Verdict::unknown;
    if (equals<"trade">(channel)) {
      return read_all<TradeShape>(in, content, trades_, out,
                                  [&](auto& each) { each.symbol = pair; });
    }
    quote_.symbol = candle_.symbol = pair;
    if (equals<"spread">(channel)) return read_spread(in, content, out);
    if (equals<"ticker">(channel)) return read_ticker(in, content, pair, out);
    if (channel.starts_with("ohlc-")) return read_candle(in, content, channel, out);
    return Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    return kraken::read_listing(in, body, false, out, problem);
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return kraken::spelled_out(symbol);
  }

 private:
  Verdict read_notice(auto& in, std::string_view frame, Reading& reading) {
    if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
    const bool is_complaint = !notice_.event && notice_.error;
    if (notice_.status == "error" || notice_.event == "error" || is_complaint) {
      if (notice_.pair) answer(Condition::rejected, *notice_.pair, channel());
      if (!notice_.pair) reading.answers = request_number(notice_.request);
      return refuse(reading, {}, notice_.error.value_or("error"));
    }
    if (notice_.event == "subscriptionStatus" && notice_.status == "subscribed" && notice_.pair)
      answer(Condition::subscribed, *notice_.pair, channel());
    return equals<"heartbeat", "pong", "subscriptionStatus", "systemStatus">(
               notice_.event.value_or(""))
               ? Verdict::control
               : Verdict::unknown;
  }

  [[nodiscard]] std::optional<Channel> channel() const {
    if (notice_.channel == "ohlc") return Channel::candle;
    if (notice_.channel == "spread") return Channel::quote;
    return channel_named(notice_.channel.value_or(""));
  }

  Verdict read_spread(auto& in, std::string_view content, Output& out) {
    if (!in.template read<QuoteShape>(content, quote_)) return Verdict::malformed;
    if (quote_.time != Timestamp{}) send(quote_, out);  // else of a market that never had an order
    return Verdict::data;
  }

  Verdict read_ticker(auto& in, std::string_view content, std::string_view pair, Output& out) {
    if (!in.template read<TickerShape>(content, ticker_)) return Verdict::malformed;
    const auto price = [](const std::optional<Decimal>& number) {
      return number ? std::optional{Price{*number}} : std::nullopt;
    };
    const auto& volume = ticker_.volume.second;
    const auto price_now = [&](const Two& two) {  // 0: there is none
      return two.first && two.first->is_zero() ? std::nullopt : price(two.first);
    };
    out(pair, std::nullopt,
        Ticker{.last_price = price_now(ticker_.close),
               .open_price = price(ticker_.open.second),
               .high_price = price(ticker_.high.second),
               .low_price = price(ticker_.low.second),
               .volume = volume ? std::optional{Quantity{*volume}} : std::nullopt,
               .quote_volume = {},
               .bid_price = price_now(ticker_.bid),
               .ask_price = price_now(ticker_.ask)});
    return Verdict::data;
  }

  Verdict read_candle(auto& in, std::string_view content, std::string_view channel, Output& out) {
    if (!in.template read<CandleShape>(content, candle_)) return Verdict::malformed;
    const auto minutes = number_after(channel, "ohlc-");
    if (!minutes || *minutes < 1 || *minutes > 100'000) return Verdict::unknown;
    candle_.interval = our_interval(kTraits, channel.substr(std::string_view{"ohlc-"}.size()));
    candle_.open_time = *candle_.close_time - std::chrono::minutes{*minutes};
    send(candle_, out);
    return Verdict::data;
  }

  Verdict read_book(auto& in, std::string_view channel, std::string_view pair, bool two,
                    Output& out) {
    if (!in.template read<BookPartShape>(envelope_.first.json, parts_[0]))
      return Verdict::malformed;
    if (two && !in.template read<BookPartShape>(envelope_.second.json, parts_[1]))
      return Verdict::malformed;
    book_.symbol = pair;
    book_.time.reset();
    book_.clear_levels();
    book_.checksum.reset();
    const auto depth = number_after(channel, "book-");
    book_.depth = depth == 1000 ? std::nullopt : depth;
    for (std::size_t i = 0; i < (two ? 2U : 1U); ++i) {
      const BookPart& part = parts_[i];
      if (part.checksum) book_.checksum = part.checksum;
      for (const auto* levels : {&part.asks_whole, &part.asks}) take(*levels, book_.ask_levels);
      for (const auto* levels : {&part.bids_whole, &part.bids}) take(*levels, book_.bid_levels);
    }
    const auto first = envelope_.first.json;
    book_.is_snapshot = first.find(R"("as")") != first.npos || first.find(R"("bs")") != first.npos;
    send(book_, out);
    return Verdict::data;
  }

  // A book's time is that of its latest change.
  void take(const RowList<TimedLevel>& from, std::vector<Level>& to) {
    for (const TimedLevel& level : from) {
      to.emplace_back(level.price, level.quantity);
      if (level.time) book_.time = std::max(book_.time.value_or(*level.time), *level.time);
    }
  }

  Envelope envelope_;  // scratch, as what follows
  Notice notice_;
  RowList<Message<Trade>> trades_;
  QuoteOfZeros quote_;
  Message<Candle> candle_;
  TickerMessage ticker_;
  std::array<BookPart, 2> parts_;
  Message<Book> book_;
};

}  // namespace

std::unique_ptr<Adapter> make_kraken_v1() {
  return std::make_unique<JsonVenue<KrakenV1>>(kTraits);
}

}  // namespace mp::venue
