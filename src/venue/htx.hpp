// L3. What the markets of HTX share: gzip in binary messages, channels named
// "market.SYMBOL.CHANNEL", pings with content, acknowledgements and refusals.
#pragma once

#include "core/inflate.hpp"
#include "venue/support.hpp"

namespace mp::venue::htx {

inline constexpr std::array kIntervals = {
    Interval{"1m", "1min"},   Interval{"5m", "5min"},  Interval{"15m", "15min"},
    Interval{"30m", "30min"}, Interval{"1h", "60min"}, Interval{"4h", "4hour"},
    Interval{"1d", "1day"},   Interval{"1w", "1week"}, Interval{"1M", "1mon"},
};

// A look at the first key; what is not a message of a channel has a Head.
struct First {
  std::optional<std::string_view> channel;
};
using FirstShape = codec::Shape<codec::Field<"ch", &First::channel>, codec::Rest>;

struct Head {
  std::optional<std::string_view> reply, subscribed, unsubscribed, status;
  std::optional<std::string_view> operation, topic, code, message;
  std::optional<codec::Raw> ping, time, data;
  std::optional<std::string_view> request, client_request;  // ours are numbers
};
using HeadShape =
    codec::Loose<codec::Field<"rep", &Head::reply>, codec::Field<"subbed", &Head::subscribed>,
                 codec::Field<"unsubbed", &Head::unsubscribed>,
                 codec::Field<"status", &Head::status>, codec::Field<"op", &Head::operation>,
                 codec::Field<"topic", &Head::topic>, codec::Id<"err-code", &Head::code>,
                 codec::Field<"err-msg", &Head::message>, codec::Field<"ping", &Head::ping>,
                 codec::Field<"ts", &Head::time>, codec::Field<"data", &Head::data>,
                 codec::Id<"id", &Head::request>, codec::Id<"cid", &Head::client_request>>;

// "market.btcusdt.trade.detail", "public.BTC-USDT.funding_rate": the symbol and what follows it.
struct ChannelName {
  std::string_view symbol, kind;
};
[[nodiscard]] inline ChannelName channel_name(std::string_view text) {
  const auto symbol = text.find('.');
  const auto kind = text.find('.', symbol + 1);
  if (symbol == std::string_view::npos || kind == std::string_view::npos) return {};
  return {text.substr(symbol + 1, kind - symbol - 1), text.substr(kind + 1)};
}

[[nodiscard]] inline std::optional<Channel> channel_of(std::string_view kind) {
  if (kind == "trade.detail") return Channel::trade;
  if (kind == "bbo") return Channel::quote;
  if (kind == "detail") return Channel::ticker;
  if (kind == "funding_rate") return Channel::funding;
  if (kind == "liquidation_orders") return Channel::liquidation;
  if (kind.starts_with("kline.")) return Channel::candle;
  if (kind.starts_with("mark_price.")) return Channel::mark_price;
  if (kind.starts_with("index.")) return Channel::index_price;
  if (kind.starts_with("mbp.") || kind.starts_with("depth.")) return Channel::book;
  return std::nullopt;
}

// Spot trades have a newer number beside "id".
struct TradeRow : Message<Trade> {
  std::optional<std::string_view> number;
};
using TradeMessage = Batch<TradeRow>;
using TradeRowShape =
    codec::Loose<codec::Id<"id", &Trade::trade_id, codec::kRequired>,
                 codec::Field<"ts", &MessageFacts::time, codec::kRequired>,
                 codec::Id<"tradeId", &TradeRow::number>, codec::Field<"amount", &Trade::quantity>,
                 codec::Field<"price", &Trade::price>, codec::Field<"direction", &Trade::side>>;
using TradeShape =
    codec::Loose<codec::Inside<"tick", codec::Rows<"data", &TradeMessage::rows, TradeRowShape>>>;

// A book's own time, and where there is none the time of the message.
struct BookMessage : Message<Book> {
  std::optional<Timestamp> sent;
  std::optional<std::string_view> event;
  std::optional<std::int64_t> match_id;
};
inline void send(BookMessage& book, Output& out) {
  if (!book.time) book.time = book.sent;
  send(static_cast<const Message<Book>&>(book), out);
}

// Whole books of some levels, prices rounded from step to step.
using DepthShape = codec::Loose<
    codec::Field<"ts", &BookMessage::sent, codec::kRequired>,
    codec::Inside<"tick", codec::Field<"bids", &BookMessage::bid_levels, codec::kOptional>,
                  codec::Field<"asks", &BookMessage::ask_levels, codec::kOptional>,
                  codec::Field<"version", &Book::last_sequence, codec::kRequired>,
                  codec::Field<"ts", &MessageFacts::time>,
                  codec::Field<"mrid", &BookMessage::match_id>,
                  codec::Field<"event", &BookMessage::event>>>;

inline constexpr std::size_t kFrameMax = std::size_t{8} << 20U;  // inflated

// `Self` has decide(), as a JsonDecoder's.
template <class Self>
class HtxDecoder : public JsonDecoder<Self> {
 public:
  using JsonDecoder<Self>::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    if (!frame.starts_with(kGzipMagic)) return JsonDecoder<Self>::read(frame, ts_recv, handler);
    const auto text = inflater_.read(frame);
    if (text) return JsonDecoder<Self>::read(*text, ts_recv, handler);
    problem_ = text.error().message;
    Reading reading;
    reading.verdict = Verdict::malformed;
    reading.problem = problem_;
    return reading;
  }

 protected:
  Verdict read_trades(auto& in, std::string_view frame, std::string_view symbol, Output& out) {
    if (!in.template read<TradeShape>(frame, trades_)) return Verdict::malformed;
    return send_all(trades_.rows, out, [symbol](TradeRow& trade) {
      trade.symbol = symbol;
      if (trade.number) trade.trade_id = trade.number;
    });
  }

  Verdict read_depth(auto& in, std::string_view frame, std::string_view symbol, std::int64_t levels,
                     Output& out) {
    if (!in.template read<DepthShape>(frame, depth_)) return Verdict::malformed;
    depth_.symbol = symbol;
    depth_.is_snapshot = true;
    depth_.depth = levels;
    // Of derivatives "version" may be but the second.
    if (depth_.match_id) depth_.last_sequence = depth_.match_id;
    send(depth_, out);
    return Verdict::data;
  }

  // What is no data. `head` has been read.
  Verdict read_notice(const Head& head, Reading& reading) {
    if (head.ping) return pong(R"({"pong":)", *head.ping, reading);
    if (head.operation == "ping" && head.time)
      return pong(R"({"op":"pong","ts":)", *head.time, reading);
    if (head.operation == "close") reading.reconnect_soon = true;
    const auto name = channel_name(head.topic.value_or(head.subscribed.value_or("")));
    reading.answers = request_number(head.client_request ? head.client_request : head.request);
    const bool refused =
        head.status == "error" || head.operation == "error" || head.code.value_or("0") != "0";
    if (head.operation == "sub" || head.subscribed) {
      this->answer(refused ? Condition::rejected : Condition::subscribed,
                   name.symbol == "*" ? "" : name.symbol, channel_of(name.kind));
    }
    if (refused) {
      return this->refuse(reading, head.code.value_or(""),
                          head.message.value_or(head.code ? "" : "error"));
    }
    const bool known = head.operation || head.subscribed || head.unsubscribed || head.status;
    return known ? Verdict::control : Verdict::unknown;
  }

 private:
  // A number or a text, which goes back as it came.
  Verdict pong(std::string_view words, codec::Raw content, Reading& reading) {
    if (content.json.starts_with('{') || content.json.starts_with('[')) {
      reading.problem = "a ping with neither number nor text";
      return Verdict::malformed;
    }
    reading.reply = this->reply_buffer().append(words).append(content.json).append("}");
    return Verdict::control;
  }

  Inflater inflater_{kFrameMax};
  std::string problem_;
  TradeMessage trades_;
  BookMessage depth_;
};

}  // namespace mp::venue::htx
