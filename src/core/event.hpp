// L0. Event: one normalised fact, and the bodies it can have. DESIGN of the fields:
// ARCHITECTURE.md, "The event".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "core/decimal.hpp"
#include "core/level.hpp"
#include "core/time.hpp"

namespace mp {

// What a stream is about. The order is that of Event::Body and is written to journals: append only.
enum class Channel : std::uint8_t {
  trade,
  quote,
  book,
  ticker,
  candle,
  funding,
  open_interest,
  liquidation,
  mark_price,
  index_price,
  volatility_index,
  long_short_ratio,
  option_summary,
  instrument,
  status,
};
inline constexpr std::size_t kChannelCount = 15;
inline constexpr std::array<std::string_view, kChannelCount> kChannelNames = {"trade",
                                                                              "quote",
                                                                              "book",
                                                                              "ticker",
                                                                              "candle",
                                                                              "funding",
                                                                              "open_interest",
                                                                              "liquidation",
                                                                              "mark_price",
                                                                              "index_price",
                                                                              "volatility_index",
                                                                              "long_short_ratio",
                                                                              "option_summary",
                                                                              "instrument",
                                                                              "status"};
[[nodiscard]] constexpr std::string_view name_of(Channel channel) {
  return kChannelNames[static_cast<std::size_t>(channel)];
}
[[nodiscard]] std::optional<Channel> channel_named(std::string_view name);

// The taker's side, everywhere. A liquidation has the side of the liquidation order.
enum class Side : std::uint8_t { buy, sell };
[[nodiscard]] constexpr std::string_view name_of(Side side) {
  return side == Side::buy ? "buy" : "sell";
}

// Texts and level lists inside a body are views: valid during the call that hands the event over,
// no longer.
//
// Each body lists its fields once, in the order in which they are written: `fields(self, visit)`
// calls visit(name, field) for each. Encoders for JSON, journals, Parquet and others are visitors
// (see codec/json_encode.hpp), so a field added here appears everywhere.

struct Trade {
  std::optional<std::string_view> trade_id;  // as the venue spells it
  Price price;
  Quantity quantity;
  std::optional<Side> side;

  static void fields(auto& self, auto&& visit) {
    visit("trade_id", self.trade_id);
    visit("price", self.price);
    visit("quantity", self.quantity);
    visit("side", self.side);
  }
};

// Best bid and ask. A side is absent where the book has none.
struct Quote {
  std::optional<Price> bid_price;
  std::optional<Quantity> bid_quantity;
  std::optional<Price> ask_price;
  std::optional<Quantity> ask_quantity;
  std::optional<std::int64_t> sequence;

  static void fields(auto& self, auto&& visit) {
    visit("bid_price", self.bid_price);
    visit("bid_quantity", self.bid_quantity);
    visit("ask_price", self.ask_price);
    visit("ask_quantity", self.ask_quantity);
    visit("sequence", self.sequence);
  }
};

// A whole book (is_snapshot: forget what was there) or a change to it. Sequence numbers are the
// venue's.
struct Book {
  bool is_snapshot = false;
  std::optional<std::int64_t> first_sequence;
  std::optional<std::int64_t> last_sequence;
  std::optional<std::int64_t> previous_sequence;
  std::optional<std::int64_t> checksum;
  // Of a snapshot that the venue cut off: the worst price of each side to which the book is known.
  // Levels beyond it may exist. Absent: the side is whole, or, in a change, known as far as before.
  std::optional<Price> known_bid;
  std::optional<Price> known_ask;
  Levels bids;  // in the venue's order
  Levels asks;
  // Of a stream of books with so many levels a side, which lies beside the book that is kept in
  // step from the venue's main stream; absent for that one.
  std::optional<std::int64_t> depth{};

  static void fields(auto& self, auto&& visit) {
    visit("is_snapshot", self.is_snapshot);
    visit("depth", self.depth);
    visit("first_sequence", self.first_sequence);
    visit("last_sequence", self.last_sequence);
    visit("previous_sequence", self.previous_sequence);
    visit("checksum", self.checksum);
    visit("known_bid", self.known_bid);
    visit("known_ask", self.known_ask);
    visit("bids", self.bids);
    visit("asks", self.asks);
  }
};

// 24-hour statistics, as the venue counts them.
struct Ticker {
  std::optional<Price> last_price;
  std::optional<Price> open_price;
  std::optional<Price> high_price;
  std::optional<Price> low_price;
  std::optional<Quantity> volume;
  std::optional<Quantity> quote_volume;
  std::optional<Price> bid_price;
  std::optional<Price> ask_price;

  static void fields(auto& self, auto&& visit) {
    visit("last_price", self.last_price);
    visit("open_price", self.open_price);
    visit("high_price", self.high_price);
    visit("low_price", self.low_price);
    visit("volume", self.volume);
    visit("quote_volume", self.quote_volume);
    visit("bid_price", self.bid_price);
    visit("ask_price", self.ask_price);
  }
};

struct Candle {
  std::string_view interval;  // ours: "1m", "1h", "1d", ...
  Timestamp open_time;
  std::optional<Timestamp> close_time;
  Price open;
  Price high;
  Price low;
  Price close;
  std::optional<Quantity> volume;
  std::optional<Quantity> quote_volume;
  std::optional<std::int64_t> trades;
  std::optional<bool> is_closed;

  static void fields(auto& self, auto&& visit) {
    visit("interval", self.interval);
    visit("open_time", self.open_time);
    visit("close_time", self.close_time);
    visit("open", self.open);
    visit("high", self.high);
    visit("low", self.low);
    visit("close", self.close);
    visit("volume", self.volume);
    visit("quote_volume", self.quote_volume);
    visit("trades", self.trades);
    visit("is_closed", self.is_closed);
  }
};

struct Funding {
  Decimal rate;  // per interval, 0.0001 = 1 basis point
  std::optional<Timestamp> next_time;
  std::optional<Decimal> predicted_rate;
  std::optional<Decimal> interval_hours;

  static void fields(auto& self, auto&& visit) {
    visit("rate", self.rate);
    visit("next_time", self.next_time);
    visit("predicted_rate", self.predicted_rate);
    visit("interval_hours", self.interval_hours);
  }
};

struct OpenInterest {
  Quantity quantity;             // contracts or base, as the venue counts
  std::optional<Decimal> value;  // in the quote or settlement currency

  static void fields(auto& self, auto&& visit) {
    visit("quantity", self.quantity);
    visit("value", self.value);
  }
};

struct Liquidation {
  std::optional<std::string_view> order_id;
  Price price;
  Quantity quantity;
  std::optional<Side> side;  // of the liquidation order

  static void fields(auto& self, auto&& visit) {
    visit("order_id", self.order_id);
    visit("price", self.price);
    visit("quantity", self.quantity);
    visit("side", self.side);
  }
};

struct MarkPrice {
  Price price;
  static void fields(auto& self, auto&& visit) { visit("price", self.price); }
};

struct IndexPrice {
  Price price;
  static void fields(auto& self, auto&& visit) { visit("price", self.price); }
};

struct VolatilityIndex {
  Decimal value;
  static void fields(auto& self, auto&& visit) { visit("value", self.value); }
};

struct LongShortRatio {
  std::string_view kind;  // "accounts" or "positions"
  std::optional<Decimal> long_share;
  std::optional<Decimal> short_share;
  std::optional<Decimal> ratio;
  std::optional<std::string_view> period;

  static void fields(auto& self, auto&& visit) {
    visit("kind", self.kind);
    visit("long", self.long_share);
    visit("short", self.short_share);
    visit("ratio", self.ratio);
    visit("period", self.period);
  }
};

struct OptionSummary {
  std::optional<Price> bid_price;
  std::optional<Price> ask_price;
  std::optional<Price> mark_price;
  std::optional<Decimal> mark_iv;
  std::optional<Decimal> bid_iv;
  std::optional<Decimal> ask_iv;
  std::optional<Decimal> delta;
  std::optional<Decimal> gamma;
  std::optional<Decimal> vega;
  std::optional<Decimal> theta;
  std::optional<Decimal> rho;
  std::optional<Price> underlying_price;
  std::optional<Quantity> open_interest;

  static void fields(auto& self, auto&& visit) {
    visit("bid_price", self.bid_price);
    visit("ask_price", self.ask_price);
    visit("mark_price", self.mark_price);
    visit("mark_iv", self.mark_iv);
    visit("bid_iv", self.bid_iv);
    visit("ask_iv", self.ask_iv);
    visit("delta", self.delta);
    visit("gamma", self.gamma);
    visit("vega", self.vega);
    visit("theta", self.theta);
    visit("rho", self.rho);
    visit("underlying_price", self.underlying_price);
    visit("open_interest", self.open_interest);
  }
};

enum class InstrumentKind : std::uint8_t { spot, perpetual, future, option };
inline constexpr std::size_t kInstrumentKindCount = 4;
[[nodiscard]] std::string_view name_of(InstrumentKind kind);

// Whether instruments of that kind have such a stream at all: spot has no funding.
[[nodiscard]] bool applies_to(Channel channel, InstrumentKind kind);

// A catalogue entry. Its canonical name ("BTC-USDT", "BTC-USDT-PERP") is Event::instrument.
struct InstrumentInfo {
  InstrumentKind kind = InstrumentKind::spot;
  std::string_view base;
  std::string_view quote;
  std::optional<std::string_view> settle;
  std::optional<Price> tick_size;
  std::optional<Quantity> lot_size;
  std::optional<Quantity>
      contract_size;  // of one contract, in base or quote as the venue says; absent for spot
  std::optional<Timestamp> expiry;
  std::optional<Price> strike;
  std::optional<std::string_view> option_type;  // "call" or "put"
  std::string_view status;  // "trading", "halted", ... lower case, else the venue's own word

  static void fields(auto& self, auto&& visit) {
    visit("kind", self.kind);
    visit("base", self.base);
    visit("quote", self.quote);
    visit("settle", self.settle);
    visit("tick_size", self.tick_size);
    visit("lot_size", self.lot_size);
    visit("contract_size", self.contract_size);
    visit("expiry", self.expiry);
    visit("strike", self.strike);
    visit("option_type", self.option_type);
    visit("status", self.status);
  }
};

enum class Condition : std::uint8_t {
  connected,
  disconnected,
  subscribed,
  rejected,
  gap,
  resynced,
  healed,  // what a gap had said to be missing has come: from_sequence to to_sequence
};
inline constexpr std::size_t kConditionCount = 7;
[[nodiscard]] std::string_view name_of(Condition condition);

// What happened to a stream: a consumer can tell silence from absence.
struct Status {
  Condition condition = Condition::connected;
  std::optional<Channel> channel{};  // absent: the whole session
  std::string_view reason{};
  // Of a gap: the first and the last number that is missing, and how many, where the venue's
  // numbers tell.
  std::optional<std::int64_t> from_sequence{};
  std::optional<std::int64_t> to_sequence{};
  std::optional<std::int64_t> missing{};
  // Of a gap or an end: up to when nothing is missing, by ts_recv; absent where nobody can tell.
  std::optional<Timestamp> since{};

  static void fields(auto& self, auto&& visit) {
    visit("condition", self.condition);
    visit("channel", self.channel);
    visit("reason", self.reason);
    visit("from_sequence", self.from_sequence);
    visit("to_sequence", self.to_sequence);
    visit("missing", self.missing);
    visit("since", self.since);
  }
};

// Everything about an event but what it says.
struct EventHeader {
  std::string_view venue;
  std::string_view symbol;  // the venue's own spelling; empty for an event about a whole session
  std::string_view instrument;        // ours; empty when unknown
  std::optional<Timestamp> ts_event;  // the venue's clock; absent where the venue does not say
  Timestamp ts_recv;                  // ours, when the frame left the socket
  std::uint64_t seq = 0;              // without gaps per venue, channel and symbol, from 1
};

struct Event : EventHeader {
  using Body = std::variant<Trade, Quote, Book, Ticker, Candle, Funding, OpenInterest, Liquidation,
                            MarkPrice, IndexPrice, VolatilityIndex, LongShortRatio, OptionSummary,
                            InstrumentInfo, Status>;
  Body body;

  [[nodiscard]] Channel channel() const { return static_cast<Channel>(body.index()); }
};
static_assert(std::variant_size_v<Event::Body> == kChannelCount);

// Calls visit(name, field) for each field of a body, in the order in which they are written.
void for_each_field(const Event::Body& body, auto&& visit) {
  std::visit([&](const auto& it) { it.fields(it, visit); }, body);
}

// Where events go. Called on the thread that produced the event; must not keep views. It may fill
// what the producer cannot know (instrument, seq); the producer does not look at the event again.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual void on_event(Event& event) = 0;
};

}  // namespace mp
