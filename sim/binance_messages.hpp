// The texts of simulated Binance spot messages, each with the ledger entry that says the same.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/ledger.hpp"
#include "sim/market.hpp"

namespace mp::sim::binance {

inline constexpr std::string_view kVenue = "binance";

[[nodiscard]] std::span<const InstrumentSpec> instruments();

struct PastTrade {
  Fill fill;
  Timestamp at;
};

// Each appends one JSON object to `out`.
// GET /api/v3/historicalTrades, with its parameters as they were given.
void append_past_trades(const Market& market, const std::deque<PastTrade>& past,
                        const std::optional<std::string>& from_id,
                        const std::optional<std::string>& limit, std::string& out);
Entry append_trade(const Market& market, const Fill& fill, Timestamp now, std::string& out);
Entry append_book_ticker(const Market& market, std::string& out);
Entry append_ticker(const Market& market, Timestamp now, std::string& out);
enum class BarState : std::uint8_t { open, closed };
Entry append_kline(const Market& market, const Bar& bar, BarState state, Timestamp now,
                   std::string& out);

// The levels that changed since the last event of a depth stream.
struct DepthStream {
  std::int64_t last_sequence = 0;
  std::vector<Touched> touched;
};
// The event that covers everything after stream.last_sequence, which it then moves on.
Entry append_depth(const Market& market, DepthStream& stream, Timestamp now, std::string& out);

// REST.
Entry append_snapshot(const Market& market, std::size_t levels, std::string& out);
void append_symbol(const InstrumentSpec& spec, std::string& out);

}  // namespace mp::sim::binance
