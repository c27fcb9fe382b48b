// L2. The second encoding, `marketprism`: the payloads and NATS subjects of the Python collector
// that this program replaces, so that what consumes them can switch over unchanged.
#pragma once

#include <optional>
#include <string>

#include "core/event.hpp"

namespace mp::codec {

// Prices, quantities and rates are JSON strings with the digits that the venue sent: the old
// publisher wrote them so (Decimal to str), its storage services read them with float() or
// Decimal(), which take a string, and ClickHouse takes quoted decimals; a JSON number would lose
// digits in any reader that makes a double of it. Sequence numbers and times in milliseconds are
// JSON integers; `timestamp` and the other times in text are UTC, "2026-11-24 02:57:00.123".
//
// `kind` is the listing's, which journals keep (journal::Reader::facts); without it the market type
// follows from the instrument's name, then from the venue's and the channel. Each function appends
// and answers true, or appends nothing and answers false for an event that the old system had no
// message for (quote, mark_price, index_price, option_summary, instrument, status).

// Names of both generations: exchange and exchange_name, symbol and symbol_name. ts_ms is the
// venue's time and, only here, ours where the venue gives none: the old tables need one. Of a
// snapshot the best 400 levels a side are kept, as the old publisher did; of an update all.
[[nodiscard]] bool append_marketprism_json(const Event& event, std::optional<InstrumentKind> kind,
                                           std::string& out);

// {data_type}.{exchange}.{market_type}.{symbol}: trade.binance_spot.spot.BTC-USDT
[[nodiscard]] bool append_marketprism_subject(const Event& event,
                                              std::optional<InstrumentKind> kind, std::string& out);
// The older form, market.{exchange}.{symbol}.{data_type}: market.binance.BTC-USDT.trade
[[nodiscard]] bool append_marketprism_old_subject(const Event& event, std::string& out);

// Nats-Msg-Id, a function of the event alone: trade:binance_spot:BTC-USDT:4711
[[nodiscard]] bool append_marketprism_message_id(const Event& event,
                                                 std::optional<InstrumentKind> kind,
                                                 std::string& out);

}  // namespace mp::codec
