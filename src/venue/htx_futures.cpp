// HTX (Huobi) derivatives: swaps and futures in USDT, swaps and futures in coins (what is theirs as
// data: htx_markets.hpp). Source: https://www.htx.com/en-us/opend/newApiPages/?type=2
#include <algorithm>

#include "venue/contract_facts.hpp"
#include "venue/htx.hpp"
#include "venue/htx_markets.hpp"
#include "venue/ticker_quote.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace htx;

// [price, contracts]; missing, or zeros, where a side is empty.
struct Best {
  std::optional<Price> price;
  std::optional<Quantity> quantity;
};
struct QuoteMessage : Message<Quote> {
  std::optional<Best> bid, ask;
};
using BestShape = Row<&Best::price, &Best::quantity>;
using QuoteShape = Loose<
    Inside<"tick", Field<"version", &Quote::sequence>, Object<"bid", &QuoteMessage::bid, BestShape>,
           Object<"ask", &QuoteMessage::ask, BestShape>, Field<"ts", &Facts::time, kRequired>>>;
void send(QuoteMessage& quote, Output& out) {
  const auto best = [](const std::optional<Best>& side) { return side.value_or(Best{}); };
  quote.bid_price = best(quote.bid).price;
  quote.bid_quantity = best(quote.bid).quantity;
  quote.ask_price = best(quote.ask).price;
  quote.ask_quantity = best(quote.ask).quantity;
  drop_zeros(quote.bid_price, quote.bid_quantity);
  drop_zeros(quote.ask_price, quote.ask_quantity);
  send<Quote>(quote, out);
}

// "vol" counts contracts, "amount" the coin, "trade_turnover" (where there is one) the quote
// currency.
struct TickerMessage : Message<Ticker> {
  std::optional<Best> bid, ask;
};
using TickerShape =
    Loose<Field<"ts", &Facts::time, kRequired>,
          Inside<"tick", Field<"close", &Ticker::last_price, kRequired>,
                 Field<"open", &Ticker::open_price>, Field<"high", &Ticker::high_price>,
                 Field<"low", &Ticker::low_price>, Field<"vol", &Ticker::volume>,
                 Field<"trade_turnover", &Ticker::quote_volume>,
                 Object<"bid", &TickerMessage::bid, BestShape>,
                 Object<"ask", &TickerMessage::ask, BestShape>>>;
void send(TickerMessage& ticker, Output& out) {
  ticker.bid_price = ticker.bid.value_or(Best{}).price;
  ticker.ask_price = ticker.ask.value_or(Best{}).price;
  send<Ticker>(ticker, out);
}

using CandleShape =
    Loose<Field<"ts", &Facts::time, kRequired>,
          Inside<"tick", Field<"id", &Candle::open_time, kSeconds>, Field<"open", &Candle::open>,
                 Field<"high", &Candle::high>, Field<"low", &Candle::low>,
                 Field<"close", &Candle::close>, Field<"vol", &Candle::volume, kRequired>,
                 Field<"trade_turnover", &Candle::quote_volume>, Field<"count", &Candle::trades>>>;
// Candles of the mark price and of the index: what they close at is the price now.
template <class Body>
using PriceShape =
    Loose<Field<"ts", &Facts::time, kRequired>, Inside<"tick", Field<"close", &Body::price>>>;

template <class M, class S>
using BatchShape = Loose<Field<"ts", &Batch<M>::time, kRequired>, Rows<"data", &Batch<M>::rows, S>>;

using FundingShape = Loose<Field<"contract_code", &Facts::symbol>,
                           Field<"funding_rate", &ContractFacts::funding_rate>,
                           Field<"estimated_rate", &ContractFacts::predicted_rate>,
                           Field<"settlement_time", &ContractFacts::next_funding>>;
using LiquidationShape =
    Loose<Field<"contract_code", &Facts::symbol>, Field<"direction", &Liquidation::side>,
          Field<"volume", &Liquidation::quantity>, Field<"price", &Liquidation::price>,
          Field<"created_at", &Facts::time, kRequired>>;

using InterestShape =
    Loose<Field<"contract_code", &Facts::symbol>, Field<"volume", &OpenInterest::quantity>,
          Field<"value", &OpenInterest::value>>;
using Ratios = Batch<Message<LongShortRatio>>;
using RatioShape =
    Loose<Field<"buy_ratio", &LongShortRatio::long_share, kRequired>,
          Field<"sell_ratio", &LongShortRatio::short_share>, Field<"ts", &Facts::time, kRequired>>;
using RatiosShape = Loose<Inside<"data", Rows<"list", &Ratios::rows, RatioShape>>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::int64_t> state;
};
using InstrumentShape = Loose<Field<"contract_code", &Facts::symbol>,
                              Field<"contract_size", &InstrumentInfo::contract_size>,
                              Field<"price_tick", &InstrumentInfo::tick_size>,
                              Field<"delivery_time", &InstrumentInfo::expiry>,
                              Field<"contract_status", &InstrumentMessage::state>>;

// BTC-USDT, BTC-USDT-261225, BTC-USD; BTC261225 is of USD.
std::optional<InstrumentInfo> spelled_out(std::string_view symbol) {
  InstrumentInfo info;
  const auto part = parts_of(symbol, '-');
  if (part.count == 2 || part.count == 3) {
    info.kind = part.count == 2 ? InstrumentKind::perpetual : InstrumentKind::future;
    info.base = part[0];
    info.quote = part[1];
    if (part.count == 3) info.expiry = expiry_named(part[2]);
  } else {
    if (symbol.size() <= 6 || symbol.find('-') != std::string_view::npos) return std::nullopt;
    info.kind = InstrumentKind::future;
    info.base = symbol.substr(0, symbol.size() - 6);
    info.quote = "USD";
    info.expiry = expiry_named(symbol.substr(symbol.size() - 6));
  }
  if (info.kind == InstrumentKind::future && !info.expiry) return std::nullopt;
  info.settle = info.quote == "USD" ? info.base : info.quote;
  return info;
}

// By number, "contract_status".
constexpr std::array<std::string_view, 10> kStates = {
    "delisted",   "trading",    "announced", "halted",    "halted",
    "settlement", "delivering", "settled",   "delivered", "halted"};

void send(const InstrumentMessage& message, Output& out) {
  auto info = spelled_out(message.symbol);
  if (!info) return;
  if (message.expiry && info->expiry) info->expiry = message.expiry;
  info->tick_size = message.tick_size;
  info->contract_size = message.contract_size;
  const auto state = message.state.value_or(1);
  if (state >= 0 && state < std::ssize(kStates))
    info->status = kStates[static_cast<std::size_t>(state)];
  out(message.symbol, std::nullopt, *info);
}

struct Status {
  std::string_view status;
  std::optional<std::string_view> message;
};
using StatusShape =
    Loose<Field<"status", &Status::status>,
          OneOf<Field<"err_msg", &Status::message>, Field<"err-msg", &Status::message>>>;

class HtxFutures final : public HtxDecoder<HtxFutures> {
 public:
  using HtxDecoder::HtxDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<FirstShape>(frame, first_)) return Verdict::malformed;
    if (first_.channel) return read_channel(in, channel_name(*first_.channel), frame, out);
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.operation != "notify" || !head_.topic) return read_notice(head_, reading);
    const auto kind = channel_name(*head_.topic).kind;
    if (kind == "funding_rate") return read_rows<FundingShape>(in, frame, fundings_, out);
    if (kind == "liquidation_orders")
      return read_rows<LiquidationShape>(in, frame, liquidations_, out);
    if (kind == "contract_info") return read_rows<InstrumentShape>(in, frame, instruments_, out);
    return kind == "heartbeat" ? Verdict::control : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Status status;
    if (!in.template read<StatusShape>(body, status)) return Verdict::malformed;
    if (status.status != "ok")
      return problem = status.message.value_or("an error"), Verdict::rejected;
    if (call.kind == RestKind::listing) {
      Batch<InstrumentMessage> listing;
      return read_rows<InstrumentShape>(in, body, listing, out);
    }
    if (call.channel == Channel::open_interest) {
      Batch<Message<OpenInterest>> interests;
      return read_rows<InterestShape>(in, body, interests, out);
    }
    Ratios ratios;
    if (!in.template read<RatiosShape>(body, ratios)) return Verdict::malformed;
    if (ratios.rows.empty()) return Verdict::data;
    auto& newest = *std::ranges::max_element(ratios.rows, {}, &Facts::time);
    newest.symbol = call.symbol;
    newest.kind = "positions";
    newest.period = "5m";
    send(newest, out);
    return Verdict::data;
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return spelled_out(symbol);
  }

  // The index has a pair's name, liquidations of futures in coins a coin's.
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    const auto info = spelled_out(wanted.symbol);
    if (hole == "coin") return out.append(info ? info->base : wanted.symbol), true;
    if (hole != "pair") return false;
    if (!info) return out.append(wanted.symbol), true;
    return out.append(info->base).append("-").append(info->quote), true;
  }

 private:
  Verdict read_channel(auto& in, const ChannelName& name, std::string_view frame, Output& out) {
    const auto kind = name.kind;
    if (kind.ends_with(".high_freq")) return read_changes(in, name, frame, out);
    if (equals<"trade.detail">(kind)) return read_trades(in, frame, name.symbol, out);
    quote_.symbol = ticker_.symbol = candle_.symbol = mark_.symbol = index_.symbol = name.symbol;
    if (equals<"bbo">(kind)) return read_one<QuoteShape>(in, frame, quote_, out);
    if (equals<"detail">(kind)) return read_one<TickerShape>(in, frame, ticker_, out);
    if (kind.starts_with("mark_price."))
      return read_one<PriceShape<MarkPrice>>(in, frame, mark_, out);
    if (kind.starts_with("index.")) return read_one<PriceShape<IndexPrice>>(in, frame, index_, out);
    // Prices as they are in steps 0 (150 levels) and 6 (20), rounded in the others.
    if (const auto step = number_after(kind, "depth.step"))
      return read_depth(in, frame, name.symbol, *step <= 5 ? 150 : 20, out);
    if (!kind.starts_with("kline.")) return Verdict::unknown;
    candle_.interval = our_interval(traits(), kind.substr(6));
    return read_one<CandleShape>(in, frame, candle_, out);
  }

  Verdict read_changes(auto& in, const ChannelName& name, std::string_view frame, Output& out) {
    if (!in.template read<DepthShape>(frame, book_)) return Verdict::malformed;
    book_.symbol = name.symbol;
    book_.is_snapshot = book_.event == "snapshot";
    book_.depth = number_after(name.kind, "depth.size_");
    if (book_.depth == 150) book_.depth.reset();  // the main one
    send(book_, out);
    return Verdict::data;
  }

  // Rows of one message, which has the time where they have none.
  template <class S, class M>
  static Verdict read_rows(auto& in, std::string_view frame, Batch<M>& message, Output& out) {
    if (!in.template read<BatchShape<M, S>>(frame, message)) return Verdict::malformed;
    for (auto& row : message.rows) {
      if constexpr (!std::is_same_v<M, Message<Liquidation>>) row.time = message.time;
      send(row, out);
    }
    return Verdict::data;
  }

  First first_;  // scratch, as all that follows
  Head head_;
  BookMessage book_;
  QuoteMessage quote_;
  TickerMessage ticker_;
  Message<Candle> candle_;
  Message<MarkPrice> mark_;
  Message<IndexPrice> index_;
  Batch<Message<ContractFacts>> fundings_;
  Batch<Message<Liquidation>> liquidations_;
  Batch<InstrumentMessage> instruments_;
};

}  // namespace

std::unique_ptr<Adapter> make_htx_futures() {
  return std::make_unique<JsonVenue<HtxFutures>>(kFutures);
}
std::unique_ptr<Adapter> make_htx_inverse() {
  return std::make_unique<JsonVenue<HtxFutures>>(kInverse);
}
std::unique_ptr<Adapter> make_htx_linear() {
  return std::make_unique<JsonVenue<HtxFutures>>(kLinear);
}

}  // namespace mp::venue
