// L3. What is told of a contract beside its trades and books, mostly in one message: funding, open
// interest, mark price and index price, each an event of its own.
#pragma once

#include <optional>

#include "venue/support.hpp"

namespace mp::venue {

struct ContractFacts {
  std::optional<Decimal> funding_rate, predicted_rate, funding_hours;
  std::optional<Timestamp> next_funding;
  std::optional<Quantity> open_interest;
  std::optional<Decimal> open_interest_value;
  std::optional<Price> mark_price, index_price;
};

// Hands over what is there. A next funding at 0 is what some venues send for none.
inline void send_facts(const MessageFacts& whose, const ContractFacts& facts, Output& out) {
  const auto give = [&](const auto& body) { out(whose.symbol, whose.time, body); };
  const bool has_next = facts.next_funding != Timestamp{};
  if (facts.funding_rate)
    give(Funding{.rate = *facts.funding_rate,
                 .next_time = has_next ? facts.next_funding : std::nullopt,
                 .predicted_rate = facts.predicted_rate,
                 .interval_hours = facts.funding_hours});
  if (facts.open_interest) give(OpenInterest{*facts.open_interest, facts.open_interest_value});
  if (facts.mark_price) give(MarkPrice{*facts.mark_price});
  if (facts.index_price) give(IndexPrice{*facts.index_price});
}

// What such a message of an option tells beside its greeks, from where it stands otherwise.
template <class M>
void complete_option(M& message) {
  const Ticker& ticker = message;
  const ContractFacts& facts = message;
  OptionSummary& option = message;
  option.bid_price = ticker.bid_price;
  option.ask_price = ticker.ask_price;
  option.mark_price = facts.mark_price;
  option.open_interest = facts.open_interest;
}

// A message of nothing else, and a ticker that has them too.
inline void send(const Message<ContractFacts>& message, Output& out) {
  send_facts(message, message, out);
}
struct ContractTicker : Message<Ticker>, ContractFacts {};
inline void send(const ContractTicker& ticker, Output& out) {
  send<Ticker>(ticker, out);
  send_facts(ticker, ticker, out);
}

}  // namespace mp::venue
