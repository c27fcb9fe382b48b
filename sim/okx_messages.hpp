// The texts of simulated OKX v5 messages, each with the ledger entry that says the same.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/ledger.hpp"
#include "sim/market.hpp"

namespace mp::sim::okx {

inline constexpr std::string_view kVenue = "okx";
inline constexpr std::size_t kBookDepth = 400;  // levels a side of the "books" channel

[[nodiscard]] std::span<const InstrumentSpec> instruments();
[[nodiscard]] std::string_view type_of(const InstrumentSpec& spec);  // SPOT or SWAP

// Each appends the object that is an element of "data".
Entry append_trade(const Market& market, const Fill& fill, Timestamp now, std::string& out);
Entry append_bbo(const Market& market, Timestamp now, std::string& out);
Entry append_ticker(const Market& market, Timestamp now, std::string& out);
Entry append_funding(const Market& market, Timestamp now, std::string& out);
Entry append_open_interest(const Market& market, Timestamp now, std::string& out);
Entry append_mark_price(const Market& market, Timestamp now, std::string& out);
Entry append_instrument(const InstrumentSpec& spec, std::string& out);
enum class BarState : std::uint8_t { open, closed };
Entry append_candle(const Market& market, const Bar& bar, BarState state, std::string& out);

// What the "books" channel has told so far: the best kBookDepth levels at the time of its last
// message.
struct BookChannel {
  struct Row {
    std::int64_t ticks = 0;
    std::int64_t lots = 0;
    friend bool operator==(const Row&, const Row&) = default;
  };
  std::vector<Row> bids;  // best first
  std::vector<Row> asks;
  std::int64_t sequence = 0;
  Timestamp time;  // of the last message
};
enum class Checksum : std::uint8_t { zero, legacy };

[[nodiscard]] BookChannel book_of(const Market& market, Timestamp now);
Entry append_snapshot(const Market& market, const BookChannel& book, Checksum checksum,
                      std::string& out);
// The difference between `book` and the market now; `book` is then the market's. Without any change
// it is the venue's "no change" message.
Entry append_update(const Market& market, BookChannel& book, Checksum checksum, Timestamp now,
                    std::string& out);
// REST: the market's best `levels`, now.
Entry append_rest_book(const Market& market, std::size_t levels, Timestamp now, std::string& out);

// CRC-32 of the best 25 levels as the venue computed it until 2026: "bid:size:ask:size:...", digits
// as sent.
[[nodiscard]] std::int32_t legacy_checksum(Levels bids, Levels asks);

}  // namespace mp::sim::okx
