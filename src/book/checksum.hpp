// L3. Checksums that venues send with their books. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "book/order_book.hpp"
#include "core/book_rule.hpp"

namespace mp::book {

inline constexpr std::size_t kCrc25Depth = 25;
inline constexpr std::size_t kKrakenChecksumDepth = 10;
inline constexpr std::size_t kCrcSidesDepth = 10;

// All are CRC-32 as zlib has it.

// As a signed number, of "bid:quantity:ask:quantity:..." over the best 25 levels, a missing side
// skipped, digits as they were sent. OKX and Bitget. Source:
// https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel Source:
// https://www.bitget.com/api-doc/spot/websocket/public/Depth-Channel
[[nodiscard]] std::int32_t crc32_25(const OrderBook& book);

// As an unsigned number, of the best 10 asks, then the best 10 bids, each price and quantity
// without point and without zeros in front, digits as they were sent. Both versions of Kraken's
// spot protocol. Source: https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
[[nodiscard]] std::uint32_t kraken_crc32(const OrderBook& book);

// As crc32_25, but amounts of asks are negative, and numbers are written as JavaScript does: no
// zeros at the end of a fraction, "1e-7". Source:
// https://docs.bitfinex.com/docs/ws-websocket-checksum
[[nodiscard]] std::int32_t bitfinex_crc32(const OrderBook& book);

// As an unsigned number, of "price:quantity,price:quantity|price:quantity", the best 10 asks and,
// behind the stroke, the best 10 bids, digits as they were sent. Delta. Source:
// https://docs-global.delta.exchange/#l2-updates
[[nodiscard]] std::uint32_t crc32_sides_10(const OrderBook& book);

enum class ChecksumResult { not_checked, right, wrong };

// Compares what the venue sent with the book. Nothing is checked where it sent none.
[[nodiscard]] ChecksumResult check(BookChecksum algorithm, const OrderBook& book,
                                   std::optional<std::int64_t> sent);

}  // namespace mp::book
