// Bitfinex v2, spot and derivatives: arrays in which the place tells the meaning, on channels that
// have a number for each session. Source: https://docs.bitfinex.com/docs/ws-general
#include <algorithm>
#include <array>
#include <charconv>

#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

// What a channel of theirs may be; each but the last has a topic.
enum class Kind : std::uint8_t { trades, book, ticker, candles, status, liquidations, other };
constexpr std::array<std::string_view, 6> kTopics = {
    R"("channel":"trades","symbol":"{symbol}")",
    R"("channel":"book","symbol":"{symbol}","prec":"P0","freq":"F0","len":"100")",
    R"("channel":"ticker","symbol":"{symbol}")",
    R"("channel":"candles","key":"trade:{interval}:{symbol}")",
    R"("channel":"status","key":"deriv:{symbol}")",
    R"("channel":"status","key":"liq:global")",
};
constexpr std::array kRoutes = {
    Route{Channel::trade, kTopics[0], "recorded 2021-04-05"},
    Route{Channel::quote, kTopics[2], "recorded 2021-04-05"},
    Route{Channel::book, kTopics[1], "recorded 2021-04-05"},
    Route{Channel::ticker, kTopics[2], "recorded 2021-04-05"},
    Route{Channel::candle, kTopics[3], "pair crypto_msg_parser"},
    Route{Channel::funding, kTopics[4], "documented"},
    Route{Channel::open_interest, kTopics[4], "documented"},
    Route{Channel::liquidation, kTopics[5], "documented"},
    Route{Channel::mark_price, kTopics[4], "documented"},
    Route{Channel::index_price, kTopics[4], "documented"},
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
    // The end of a channel is asked for by its number, which only the decoder knows: what is sent
    // here is refused. A channel that is asked for again is had anew all the same (renew()).
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
               .rest_calls_at_once = 1,
               .source = "docs.bitfinex.com, requirements-and-limitations; ws-general"},
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::none,
             .checksum = BookChecksum::bitfinex_crc32},
    .book_source = "docs.bitfinex.com, ws-public-books; ws-websocket-checksum",
};

using Facts = MessageFacts;

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

using TradeMessage = Message<Trade>;
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
                        &Candle::high, &Candle::low, &Candle::volume>;

struct StatusMessage : Facts {
  std::optional<Price> spot, mark;
  std::optional<Timestamp> next_time;
  std::optional<Decimal> accrued, current;
  std::optional<Quantity> interest;
};
using StatusShape =
    Row<cell<&Facts::time, kMilliseconds, kRequired>, kPass, kPass, &StatusMessage::spot, kPass,
        kPass, kPass, cell<&StatusMessage::next_time, kMilliseconds>, &StatusMessage::accrued,
        kPass, kPass, &StatusMessage::current, kPass, kPass, &StatusMessage::mark, kPass, kPass,
        &StatusMessage::interest>;
// "current" is the rate of the period that runs, "accrued" what the next one has come to so far.
void send(const StatusMessage& in, Output& out) {
  if (in.current) {
    out(in.symbol, in.time,
        Funding{.rate = *in.current, .next_time = in.next_time, .predicted_rate = in.accrued});
  }
  if (in.interest) out(in.symbol, in.time, OpenInterest{.quantity = *in.interest, .value = {}});
  if (in.mark) out(in.symbol, in.time, MarkPrice{*in.mark});
  if (in.spot) out(in.symbol, in.time, IndexPrice{*in.spot});
}

struct LiquidationMessage : Message<Liquidation> {
  std::optional<std::int64_t> is_match;
};
using LiquidationShape =
    Row<kPass, cell<&Liquidation::order_id, kId>, cell<&Facts::time, kMilliseconds, kRequired>,
        kPass, &Facts::symbol, &Liquidation::quantity, &Liquidation::price, kPass,
        &LiquidationMessage::is_match>;
// The amount is the position's: a long one is sold. What follows its start are the matches of the
// same position.
void send(LiquidationMessage& message, Output& out) {
  if (message.is_match.value_or(0) != 0) return;
  const Side position = side_of_sign(message.quantity);
  message.side = position == Side::buy ? Side::sell : Side::buy;
  send<Liquidation>(message, out);
}

struct ListingAnswer {
  Raw names, pairs, futures;
};
using ListingShape = Row<&ListingAnswer::names, &ListingAnswer::pairs, &ListingAnswer::futures>;
struct Name {
  std::string_view code, name;
};
using NameShape = Row<&Name::code, &Name::name>;
using PairShape = Row<&Facts::symbol>;

// Bitfinex shortens names of currencies ("UST" is USDt) and lists what they stand for.
std::string currency_of(std::string_view code, const RowList<Name>& names) {
  if (code.ends_with("F0")) code.remove_suffix(2);  // of derivatives
  for (const Name& each : names) {
    if (each.code == code) return upper_case(each.name);
  }
  return std::string{code};
}

// "BTCUSD", "DUSK:USD", "BTCF0:USTF0": three letters and three, or a colon.
void send_instrument(std::string_view pair, InstrumentKind kind, const RowList<Name>& names,
                     Output& out) {
  constexpr std::size_t kShort = 3;
  const auto colon = pair.find(':');
  const bool is_long = colon != std::string_view::npos;
  if (!is_long && pair.size() != 2 * kShort) return;
  const auto base = currency_of(pair.substr(0, is_long ? colon : kShort), names);
  const auto quote = currency_of(pair.substr(is_long ? colon + 1 : kShort), names);
  if (base.empty() || quote.empty()) return;
  InstrumentInfo info;
  info.kind = kind;
  info.base = base;
  info.quote = quote;
  if (kind != InstrumentKind::spot) info.settle = quote;
  info.status = "trading";
  out(std::string{"t"}.append(pair), std::nullopt, info);
}

// A list of rows, or one row.
template <class S, class In, class M>
bool read_some(In& in, std::string_view data, bool is_list, RowList<M>& rows) {
  if (is_list) return in.template read_rows<S>(data, rows);
  rows.clear();
  return in.template read<S>(data, rows.next());
}

std::optional<std::int64_t> whole_number(std::string_view json) {
  std::int64_t value = 0;
  const auto read = std::from_chars(json.data(), json.data() + json.size(), value);
  return read.ec == std::errc{} ? std::optional{value} : std::nullopt;
}

constexpr std::string_view kHeartbeat = "\"hb\"";
constexpr std::string_view kTwice = "10301";  // subscribed to already

class Bitfinex final : public JsonDecoder<Bitfinex> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    Reading reading = JsonDecoder::read(frame, ts_recv, handler);
    if (reading.verdict == Verdict::malformed) return reading;
    if (is_notice_) keep_notice(reading);
    if (!is_notice_ && number_) keep_number(*number_, reading);
    return reading;
  }

  // Changes nothing of the session: it may run twice for a frame.
  template <class In>
  Verdict decide(In& in, std::string_view frame, Output& out, Reading& reading) {
    is_notice_ = frame.starts_with('{');
    number_.reset();
    if (is_notice_) {
      if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
      return read_notice(reading);
    }
    if (!in.template read<FrameShape>(frame, frame_)) return Verdict::malformed;
    const bool has_word = frame_.first.json.starts_with('"');
    time_.reset();
    if (!has_word || frame_.first.json.starts_with(kHeartbeat)) read_place(frame_.second);
    read_place(frame_.third);
    read_place(frame_.fourth);
    const auto channel = channels_.find(frame_.channel);
    if (channel == channels_.end()) return has_word ? Verdict::control : Verdict::unknown;
    if (!has_word) return read_data(in, channel->second, frame_.first.json, out);
    return read_word(in, channel->second, out);
  }

  template <class In>
  static Verdict read_rest(const Traits&, In& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    ListingAnswer answer;
    RowList<Name> names;
    RowList<Facts> pairs;
    RowList<Facts> futures;
    if (!in.template read<ListingShape>(body, answer)) return Verdict::malformed;
    if (answer.names.json.starts_with('"'))  // ["error",code,"words"]
      return problem = answer.futures.json, Verdict::rejected;
    if (!in.template read_rows<NameShape>(answer.names.json, names) ||
        !in.template read_rows<PairShape>(answer.pairs.json, pairs) ||
        !in.template read_rows<PairShape>(answer.futures.json, futures))
      return Verdict::malformed;
    for (const auto& pair : pairs) send_instrument(pair.symbol, InstrumentKind::spot, names, out);
    for (const auto& pair : futures)
      send_instrument(pair.symbol, InstrumentKind::perpetual, names, out);
    return Verdict::data;
  }

 private:
  struct Known {
    Kind kind = Kind::other;
    std::string symbol;
    std::string interval{};  // of candles, ours
    bool renew = false;      // asked for again: it is to end and begin anew
  };
  static constexpr std::size_t kChannelsMax = 1024;

  // What a notice says of a channel. Symbols of funding begin with "f": they are not read.
  [[nodiscard]] Known named() const {
    constexpr std::string_view kCandles = "trade:";  // "trade:1m:tBTCF0:USTF0"
    constexpr std::string_view kDerivative = "deriv:";
    const auto channel = notice_.channel.value_or("");
    const auto key = notice_.key.value_or("");
    if (key == "liq:global") return {Kind::liquidations, {}, {}};
    if (key.starts_with(kDerivative))
      return {Kind::status, std::string{key.substr(kDerivative.size())}, {}};
    const auto end = key.find(":t");
    if (key.starts_with(kCandles) && end >= kCandles.size() && end != std::string_view::npos) {
      const auto interval = key.substr(kCandles.size(), end - kCandles.size());
      return {Kind::candles, std::string{key.substr(end + 1)},
              std::string{our_interval(traits(), interval).value_or(interval)}};
    }
    Known known{Kind::other, std::string{notice_.symbol.value_or("")}, {}};
    if (!known.symbol.starts_with('t')) return known;
    if (equals<"trades">(channel)) known.kind = Kind::trades;
    if (equals<"ticker">(channel)) known.kind = Kind::ticker;
    // Other precisions are coarser books, "R0" is one of orders.
    const bool is_exact = notice_.precision.value_or("P0") == "P0";
    if (equals<"book">(channel) && is_exact) known.kind = Kind::book;
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
    for (const Route& route : kRoutes) {
      if (!is_refused && event != "subscribed") break;
      if (named_.kind == Kind::other || route.topic != kTopics[std::size_t(named_.kind)]) continue;
      answer(is_refused ? Condition::rejected : Condition::subscribed, named_.symbol,
             route.channel);
    }
    return is_refused ? refuse(reading, code, notice_.message.value_or("")) : Verdict::control;
  }

  // A notice that has been read: channels begin and end.
  void keep_notice(Reading& reading) {
    const auto event = notice_.event.value_or("");
    if (equals<"subscribed">(event) && notice_.id) {
      if (channels_.size() == kChannelsMax) channels_.clear();
      channels_.insert_or_assign(*notice_.id, named_);
    }
    if (equals<"error">(event) && notice_.code == kTwice) renew(reading);
    if (!equals<"unsubscribed">(event) || !notice_.id) return;
    const auto ended = channels_.extract(*notice_.id);
    if (!ended || !ended.mapped().renew) return;
    reading.reply = reply_buffer()
                        .append(R"({"event":"subscribe","channel":"book","symbol":")")
                        .append(ended.mapped().symbol)
                        .append(R"(","prec":"P0","freq":"F0","len":"100"})");
  }

  // A book that is asked for while it is there is one that has to start again.
  void renew(Reading& reading) {
    for (auto& [id, known] : channels_) {
      if (known.kind != Kind::book || known.kind != named_.kind || known.symbol != named_.symbol)
        continue;
      known.renew = true;
      reading.reply = reply_buffer()
                          .append(R"({"event":"unsubscribe","chanId":)")
                          .append(std::to_string(id))
                          .append("}");
      return;
    }
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
    if (!place) return;
    const auto value = whole_number(place->json);
    if (!value) return;
    if (*value < kTimesFrom) {
      number_ = value;
    } else if (*value < kTimesTo) {
      time_ = Timestamp{std::chrono::milliseconds{*value}};
    }
  }

  template <class In>
  Verdict read_word(In& in, const Known& known, Output& out) {
    const std::string_view word = frame_.first.json.substr(0, 4);
    if (word == R"("te")" && known.kind == Kind::trades && frame_.second) {
      trade_.symbol = known.symbol;
      if (!in.template read<TradeShape>(frame_.second->json, trade_)) return Verdict::malformed;
      trade_.side = side_of_sign(trade_.quantity);
      send(trade_, out);
      return Verdict::data;
    }
    if (word == R"("cs")" && known.kind == Kind::book && frame_.second) {
      const auto checksum = whole_number(frame_.second->json);
      if (!checksum) return Verdict::malformed;
      // Of the book as the updates before have left it.
      out(known.symbol, time_, Book{.is_snapshot = false, .checksum = checksum});
      return Verdict::data;
    }
    // "tu" is the trade of a "te" again.
    return word == R"("tu")" && known.kind == Kind::trades ? Verdict::data : Verdict::control;
  }

  template <class In>
  Verdict read_data(In& in, const Known& known, std::string_view data, Output& out) {
    const auto inner = data.find_first_not_of(" \n\r\t", 1);
    const bool is_list =
        inner != std::string_view::npos && (data[inner] == '[' || data[inner] == ']');
    switch (known.kind) {
      case Kind::trades:  // those before the session began
        return in.template read_rows<TradeShape>(data, past_) ? Verdict::data : Verdict::malformed;
      case Kind::book:
        return read_levels(in, known, data, is_list, out);
      case Kind::ticker:
        if (!in.template read<TickerShape>(data, ticker_)) return Verdict::malformed;
        out(known.symbol, time_, ticker_);
        if (ticker_.bid_price || ticker_.ask_price) {
          out(known.symbol, time_,
              Quote{.bid_price = ticker_.bid_price, .ask_price = ticker_.ask_price});
        }
        return Verdict::data;
      case Kind::candles:
        return read_candles(in, known, data, is_list, out);
      case Kind::status:
        status_.symbol = known.symbol;
        return read_one<StatusShape>(in, data, status_, out);
      case Kind::liquidations:
        return read_all<LiquidationShape>(in, data, liquidations_, out);
      case Kind::other:
        break;
    }
    return Verdict::unknown;
  }

  // The first message of a channel is the book, as a list of levels; the others change one each.
  template <class In>
  Verdict read_levels(In& in, const Known& known, std::string_view data, bool is_list,
                      Output& out) {
    if (!read_some<LevelShape>(in, data, is_list, levels_)) return Verdict::malformed;
    book_.bid_levels.clear();
    book_.ask_levels.clear();
    for (LevelMessage& level : levels_) {
      const bool is_bid = side_of_sign(level.amount) == Side::buy;
      if (level.count == 0) level.amount = {};  // 1 or -1 stand for the side
      (is_bid ? book_.bid_levels : book_.ask_levels).emplace_back(level.price, level.amount);
    }
    book_.symbol = known.symbol;
    book_.time = time_;
    book_.is_snapshot = is_list;
    send(book_, out);
    return Verdict::data;
  }

  template <class In>
  Verdict read_candles(In& in, const Known& known, std::string_view data, bool is_list,
                       Output& out) {
    if (!read_some<CandleShape>(in, data, is_list, candles_)) return Verdict::malformed;
    for (auto& candle : candles_) {
      candle.interval = known.interval;
      out(known.symbol, time_, static_cast<const Candle&>(candle));
    }
    return Verdict::data;
  }

  // Of the session.
  std::unordered_map<std::int64_t, Known> channels_;
  std::optional<std::int64_t> last_number_;
  // Of the frame.
  bool is_notice_ = false;
  std::optional<std::int64_t> number_;
  std::optional<Timestamp> time_;
  Known named_;
  Notice notice_;  // scratch, as all that follows
  Frame frame_;
  TradeMessage trade_;
  RowList<TradeMessage> past_;
  RowList<LevelMessage> levels_;
  Message<Book> book_;
  Ticker ticker_;
  RowList<Message<Candle>> candles_;
  StatusMessage status_;
  RowList<LiquidationMessage> liquidations_;
};

}  // namespace

std::unique_ptr<Adapter> make_bitfinex() {
  return std::make_unique<JsonVenue<Bitfinex>>(kTraits);
}

}  // namespace mp::venue
