// L3. Tickers that also tell how much is at the best prices: a ticker and a quote.
#pragma once

#include <optional>

#include "venue/support.hpp"

namespace mp::venue {

struct TickerWithQuote : MessageFacts, Ticker {
  std::optional<Quantity> bid_quantity, ask_quantity;
  std::optional<std::int64_t> sequence;  // of the quote
};

// Some venues send zeros for a side without orders, some the quantity alone.
inline void drop_zeros(std::optional<Price>& price, std::optional<Quantity>& quantity) {
  if (price && !price->is_zero()) return;
  price.reset();
  quantity.reset();
}

struct QuoteOfZeros : Message<Quote> {};
inline void send(QuoteOfZeros& quote, Output& out) {
  drop_zeros(quote.bid_price, quote.bid_quantity);
  drop_zeros(quote.ask_price, quote.ask_quantity);
  send<Quote>(quote, out);
}

inline void send(TickerWithQuote& message, Output& out) {
  drop_zeros(message.bid_price, message.bid_quantity);
  drop_zeros(message.ask_price, message.ask_quantity);
  drop_zero(message.last_price);
  if (message.last_price || message.volume)
    out(message.symbol, message.time, static_cast<const Ticker&>(message));
  if (!message.bid_quantity && !message.ask_quantity) return;
  out(message.symbol, message.time,
      Quote{message.bid_price, message.bid_quantity, message.ask_price, message.ask_quantity,
            message.sequence});
}

}  // namespace mp::venue
