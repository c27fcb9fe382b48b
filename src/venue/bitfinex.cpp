// Bitfinex v2, spot and derivatives: arrays in which the place tells the meaning, on channels that
// have a number for each session. Source: https://docs.bitfinex.com/docs/ws-general
#include <array>
#include <charconv>

#include "venue/bitfinex_listing.hpp"
#include "venue/contract_facts.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTicker = R"("channel":"ticker","symbol":"{symbol}")";
constexpr std::string_view kStatus = R"("channel":"status","key":"deriv:{symbol}")";
constexpr std::string_view kBook =
    R"("channel":"book","symbol":"{symbol}","prec":"P0","freq":"F0","len":"100")";
constexpr std::string_view kSymbol = "{symbol}";
constexpr std::string_view kCandles = R"("channel":"candles","key":"trade:{interval}:{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"("channel":"trades","symbol":"{symbol}")", "recorded 2021-04-05"},
    Route{Channel::quote, kTicker, "recorded 2021-04-05"},
    Route{Channel::book, kBook, "recorded 2021-04-05"},
    Route{Channel::ticker, kTicker, "recorded 2021-04-05"},
    Route{Channel::candle, kCandles, "pair crypto_msg_parser"},
    Route{Channel::funding, kStatus, "documented"},
    Route{Channel::open_interest, kStatus, "documented"},
    Route{Channel::liquidation, R"("channel":"status","key":"liq:global")", "documented"},
    Route{Channel::mark_price, kStatus, "documented"},
    Route{Channel::index_price, kStatus, "documented"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/v2/conf/pub:map:currency:sym,pub:info:pair,pub:info:pair:futures",
             .evidence = "documented",
             .source = "docs.bitfinex.com, rest-public-conf"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "1m"}, Interval{"5m", "5m"}, Interval{"15m", "15m"}, Interval{"30m", "30m"},
    Interval{"1h", "1h"}, Interval{"3h", "3h"}, Interval{"6h", "6h"},   Interval{"12h", "12h"},
    Interval{"1d", "1D"}, Interval{"1w", "1W"}, Interval{"2w", "14D"},  Interval{"1M", "1M"},
};
// 32768: each message has its time; 65536: and its number in the session; 131072: checksums.
constexpr std::string_view kHello[] = {R"({"event":"conf","flags":229376})"};
constexpr Traits kTraits = {
    .name = "bitfinex",
    .docs_url = "https://docs.bitfinex.com/",
    .ws_url = "wss://api-pub.bitfinex.com",
    .path = "/ws/2",
    .rest_url = "https://api-pub.bitfinex.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    // A channel is ended by its number, which only the decoder knows: this unsubscribe is refused,
    // but a book that is asked for again is had anew all the same (keep_notice).
    .requests = {.hello = kHello,
                 .subscribe = R"({"event":"subscribe",{topics}})",
                 .unsubscribe = R"({"event":"unsubscribe",{topics}})",
                 .source = "docs.bitfinex.com, ws-general"},
    .ping = {},                           // a heartbeat every 15 s in each channel
    .limits = {.topics_per_session = 25,  // 30 are allowed
               .topics_per_request = 1,
               .requests = {10, 1s},
               .connects = {20, 1min},
               .rest_calls = {15, 1min},
               .source = "docs.bitfinex.com, requirements-and-limitations; ws-general"},
    .book = {.start = BookStart::stream_snapshot, .checksum = BookChecksum::bitfinex_crc32},
    .book_source = "docs.bitfinex.com, ws-public-books; ws-websocket-checksum",
};

// What the venue says of a session or a channel.
struct Notice {
  std::optional<std::string_view> event, code, message, channel, symbol, key, precision;
  std::optional<std::int64_t> id;
};
using NoticeShape = Loose<Field<"event", &Notice::event>, Id<"code", &Notice::code>,
                          Field<"msg", &Notice::message>, Field<"channel", &Notice::channel>,
                          Field<"symbol", &Notice::symbol>, Field<"key", &Notice::key>,
                          Field<"prec", &Notice::precision>, Field<"chanId", &Notice::id>>;

// [channel, payload, number, time] or [channel, "word", payload, number, time]; number and time
// as the session was asked for.
struct Frame {
  std::int64_t channel = 0;
  Raw first;
  std::optional<Raw> second, third, fourth;
};
using FrameShape =
    Row<&Frame::channel, &Frame::first, &Frame::second, &Frame::third, &Frame::fourth>;

struct IdCell {
  [[nodiscard]] static bool convert(const Scalar& scalar, std::optional<std::string_view>& out) {
    return convert_id(scalar, out) && out.has_value();
  }
};
constexpr IdCell kId{};
using TradeShape = Row<cell<&Trade::trade_id, kId>, cell<&Facts::time, kMilliseconds, kRequired>,
                       &Trade::quantity, &Trade::price>;

struct LevelMessage {
  Price price;
  std::int64_t count = 0;
  Quantity amount;  // its sign tells the side
};
using LevelShape = Row<&LevelMessage::price, &LevelMessage::count, &LevelMessage::amount>;

// The places behind the prices hold the sums of the 25 best sizes, not those of the best prices:
// the recording of 2021 agrees with its books.
using TickerShape =
    Row<&Ticker::bid_price, kPass, &Ticker::ask_price, kPass, kPass, kPass, &Ticker::last_price,
        &Ticker::volume, &Ticker::high_price, &Ticker::low_price>;
using CandleShape = Row<cell<&Candle::open_time, kMilliseconds>, &Candle::open, &Candle::close,
                        &Candle::high, &Candle::low, cell<&Candle::volume, kRequired>>;

// The rate is that of the period that runs, the predicted one ("accrued") what the next one has
// come to so far.
using StatusShape =
    Row<cell<&Facts::time, kMilliseconds, kRequired>, kPass, kPass, &ContractFacts::index_price,
        kPass, kPass, kPass, cell<&ContractFacts::next_funding, kMilliseconds>,
        &ContractFacts::predicted_rate, kPass, kPass, &ContractFacts::funding_rate, kPass, kPass,
        &ContractFacts::mark_price, kPass, kPass, &ContractFacts::open_interest>;

// A liquidation begins with what triggered it, and goes on with its matches: these are executions,
// with the price that they were made at. What stands before it is the price of the position's
// entry.
struct LiquidationMessage : Message<Liquidation> {
  std::optional<std::int64_t> is_match;
  std::optional<Price> executed;
};
using LiquidationShape =
    Row<kPass, cell<&Liquidation::order_id, kId>, cell<&Facts::time, kMilliseconds, kRequired>,
        kPass, &Facts::symbol, &Liquidation::quantity, kPass, kPass, &LiquidationMessage::is_match,
        kPass, kPass, &LiquidationMessage::executed>;
// The amount is the position's: a long one is sold.
void send(LiquidationMessage& message, Output& out) {
  if (message.is_match.value_or(0) == 0 || !message.executed) return;
  message.price = *message.executed;
  const Side position = side_of_sign(message.quantity);
  message.side = position == Side::buy ? Side::sell : Side::buy;
  send<Liquidation>(message, out);
}

std::optional<std::int64_t> whole_number(std::string_view json) {
  std::int64_t value = 0;
  const auto read = std::from_chars(json.data(), json.data() + json.size(), value);
  return read.ec == std::errc{} ? std::optional{value} : std::nullopt;
}

constexpr std::string_view kTwice = "10301";  // subscribed to already

class Bitfinex final : public JsonDecoder<Bitfinex> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    Reading reading = JsonDecoder::read(frame, ts_recv, handler);
    if (reading.verdict == Verdict::malformed) return reading;
    if (is_notice(frame)) {
      keep_notice(reading);
    } else if (number_) {
      keep_number(*number_, reading);
    }
    return reading;
  }

  // Changes nothing of the session: it may run twice for a frame.
  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    number_.reset();
    if (is_notice(frame)) {
      if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
      return read_notice(reading);
    }
    if (!in.template read<FrameShape>(frame, frame_)) return Verdict::malformed;
    const bool has_word = frame_.first.json.starts_with('"');
    time_.reset();
    if (!has_word || frame_.first.json.starts_with(R"("hb")")) read_place(frame_.second);
    read_place(frame_.third);
    read_place(frame_.fourth);
    const auto channel = channels_.find(frame_.channel);
    if (channel == channels_.end()) return has_word ? Verdict::control : Verdict::unknown;
    if (!has_word) return read_data(in, channel->second, frame_.first.json, out);
    return read_word(in, channel->second, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    return bitfinex::read_listing(in, body, out, problem);
  }

 private:
  struct Known {
    std::optional<Channel> channel;  // of several that share a topic one; nothing: of no interest
    std::string symbol{};
    std::string interval{};  // of candles, ours
    bool renew = false;      // asked for again: it is to end and begin anew
  };
  static constexpr std::size_t kChannelsMax = 1024;

  static bool is_notice(std::string_view frame) { return frame.starts_with('{'); }

  // What a notice says of a channel. Symbols of funding begin with "f": they are not read.
  [[nodiscard]] Known named() const {
    const auto key = notice_.key.value_or("");
    const auto behind = [&](std::size_t at) { return std::string{key.substr(at)}; };
    constexpr std::string_view kTrade = "trade:";  // "trade:1m:tBTCF0:USTF0"
    const auto end = key.find(":t");
    if (key == "liq:global") return {Channel::liquidation};
    if (key.starts_with("deriv:t")) return {Channel::mark_price, behind(end + 1)};
    if (key.starts_with(kTrade) && end != std::string_view::npos && end >= kTrade.size()) {
      const auto word = key.substr(kTrade.size(), end - kTrade.size());
      return {Channel::candle, behind(end + 1), std::string{our_interval(traits(), word)}};
    }
    const auto channel = notice_.channel.value_or("");
    Known known{std::nullopt, std::string{notice_.symbol.value_or("")}};
    if (!known.symbol.starts_with('t')) return known;
    if (equals<"trades">(channel)) known.channel = Channel::trade;
    if (equals<"ticker">(channel)) known.channel = Channel::ticker;
    // Other precisions are coarser books, "R0" is one of orders.
    const bool is_exact = notice_.precision.value_or("P0") == "P0";
    if (equals<"book">(channel) && is_exact) known.channel = Channel::book;
    return known;
  }

  Verdict read_notice(Reading& reading) {
    if (!notice_.event) return Verdict::unknown;
    const auto event = *notice_.event;
    const auto code = notice_.code.value_or("");
    const bool is_refused = event == "error" && code != kTwice;
    // 20051: the server stops; 20061: maintenance is over, and what was before is wrong.
    reading.reconnect_soon = event == "info" && (code == "20051" || code == "20061");
    named_ = named();
    if (named_.channel && (is_refused || event == "subscribed"))
      answer_shared(is_refused ? Condition::rejected : Condition::subscribed, named_.symbol,
                    named_.channel);
    return is_refused ? refuse(reading, code, notice_.message.value_or("")) : Verdict::control;
  }

  // A notice that has been read: channels begin and end. A book that is asked for while it is there
  // is one that has to start again: it is ended by its number, and then asked for.
  void keep_notice(Reading& reading) {
    const auto event = notice_.event.value_or("");
    if (equals<"subscribed">(event) && notice_.id) {
      if (channels_.size() == kChannelsMax) channels_.clear();
      channels_.insert_or_assign(*notice_.id, named_);
    }
    for (auto& [id, known] : channels_) {
      if (notice_.code != kTwice || named_.channel != Channel::book) break;
      if (known.channel != Channel::book || known.symbol != named_.symbol) continue;
      known.renew = true;
      reading.reply = reply_buffer()
                          .append(R"({"event":"unsubscribe","chanId":)")
                          .append(std::to_string(id) + "}");
      return;
    }
    if (!equals<"unsubscribed">(event) || !notice_.id) return;
    const auto ended = channels_.extract(*notice_.id);
    if (!ended || !ended.mapped().renew) return;
    std::string& reply =
        reply_buffer().append(R"({"event":"subscribe",)").append(kBook).append("}");
    reading.reply = reply.replace(reply.find(kSymbol), kSymbol.size(), ended.mapped().symbol);
  }

  // All messages of a session that are not notices are numbered together.
  void keep_number(std::int64_t number, Reading& reading) {
    const auto last = std::exchange(last_number_, number);
    if (!last || number == *last + 1) return;
    reading.broken = true;
    reading.problem = "the numbers of the session's messages have a gap";
  }

  // A time, of this century, is larger than any number of a session.
  void read_place(const std::optional<Raw>& place) {
    constexpr std::int64_t kTimesFrom = 1'000'000'000'000;
    constexpr std::int64_t kTimesTo = 4'000'000'000'000;
    const auto value = place ? whole_number(place->json) : std::nullopt;
    if (!value) return;
    if (*value < kTimesFrom) {
      number_ = value;
    } else if (*value < kTimesTo) {
      time_ = Timestamp{std::chrono::milliseconds{*value}};
    }
  }

  Verdict read_word(auto& in, const Known& known, Output& out) {
    const std::string_view word = frame_.first.json.substr(0, 4);
    if (word == R"("te")" && known.channel == Channel::trade && frame_.second) {
      trade_.symbol = known.symbol;
      if (!in.template read<TradeShape>(frame_.second->json, trade_)) return Verdict::malformed;
      trade_.side = side_of_sign(trade_.quantity);
      send(trade_, out);
      return Verdict::data;
    }
    if (word == R"("cs")" && known.channel == Channel::book && frame_.second) {
      const auto checksum = whole_number(frame_.second->json);
      if (!checksum) return Verdict::malformed;
      // Of the book as the updates before have left it.
      out(known.symbol, time_, Book{.is_snapshot = false, .checksum = checksum});
      return Verdict::data;
    }
    // "tu" is the trade of a "te" again.
    return word == R"("tu")" && known.channel == Channel::trade ? Verdict::data : Verdict::control;
  }

  Verdict read_data(auto& in, const Known& known, std::string_view data, Output& out) {
    if (!known.channel) return Verdict::unknown;
    if (known.channel == Channel::book) return read_levels(in, known, data, out);
    if (known.channel == Channel::candle) return read_candles(in, known, data, out);
    if (known.channel == Channel::liquidation) {
      return read_some<LiquidationShape>(in, data, liquidations_) ? send_all(liquidations_, out)
                                                                  : Verdict::malformed;
    }
    if (known.channel == Channel::trade)  // those before the session began
      return in.template read_rows<TradeShape>(data, past_) ? Verdict::data : Verdict::malformed;
    if (known.channel == Channel::mark_price) {
      if (!read_some<StatusShape>(in, data, status_)) return Verdict::malformed;
      return send_all(status_, out, [&](auto& status) { status.symbol = known.symbol; });
    }
    if (!in.template read<TickerShape>(data, ticker_)) return Verdict::malformed;
    const Quote quote{.bid_price = ticker_.bid_price, .ask_price = ticker_.ask_price};
    out(known.symbol, time_, ticker_);
    if (quote.bid_price || quote.ask_price) out(known.symbol, time_, quote);
    return Verdict::data;
  }

  // The first message of a channel is the book, as a list of levels; the others change one each.
  Verdict read_levels(auto& in, const Known& known, std::string_view data, Output& out) {
    if (!read_some<LevelShape>(in, data, levels_)) return Verdict::malformed;
    book_.clear_levels();
    for (LevelMessage& level : levels_) {
      const Side side = side_of_sign(level.amount);
      if (level.count == 0) level.amount = {};  // 1 or -1 stand for the side
      book_.levels(side).emplace_back(level.price, level.amount);
    }
    book_.symbol = known.symbol;
    book_.time = time_;
    book_.is_snapshot = is_list<LevelShape>(data);
    send(book_, out);
    return Verdict::data;
  }

  Verdict read_candles(auto& in, const Known& known, std::string_view data, Output& out) {
    if (!read_some<CandleShape>(in, data, candles_)) return Verdict::malformed;
    return send_all(candles_, out, [&](Message<Candle>& candle) {
      candle.symbol = known.symbol;
      candle.time = time_;
      candle.interval = known.interval;
    });
  }

  std::unordered_map<std::int64_t, Known> channels_;
  std::optional<std::int64_t> last_number_, number_;  // the frame's is the second
  std::optional<Timestamp> time_;                     // of the frame, as what follows
  Known named_;
  Notice notice_;  // scratch, as all that follows
  Frame frame_;
  Message<Trade> trade_;
  RowList<Message<Trade>> past_;
  RowList<LevelMessage> levels_;
  Message<Book> book_;
  Ticker ticker_;
  RowList<Message<Candle>> candles_;
  RowList<Message<ContractFacts>> status_;
  RowList<LiquidationMessage> liquidations_;
};

}  // namespace

std::unique_ptr<Adapter> make_bitfinex() {
  return std::make_unique<JsonVenue<Bitfinex>>(kTraits);
}

}  // namespace mp::venue
