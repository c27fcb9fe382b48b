// L3. Checksums that venues send with their books. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>

#include "book/order_book.hpp"
#include "core/book_rule.hpp"

namespace mp::book {

inline constexpr std::size_t kOkxChecksumDepth = 25;

// CRC-32 (zlib) as a signed number of "bid:quantity:ask:quantity:..." over the best 25 levels, a
// missing side skipped, digits as they were sent. OKX (legacy), Bitget v2.
// Source: https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
[[nodiscard]] std::int32_t okx_crc32(const OrderBook& book);

enum class ChecksumResult { not_checked, right, wrong };

// Compares what the venue sent with the book. 0 means that the venue sent none.
[[nodiscard]] ChecksumResult check(BookChecksum algorithm, const OrderBook& book,
                                   std::int64_t sent);

}  // namespace mp::book
