#include "book/checksum.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/assert.hpp"
#include "core/decimal.hpp"

namespace mp::book {
namespace {

// "price:quantity:", a separator after each.
char* write_level(const Level& level, char* out) {
  out = write_decimal(level.price().decimal, out);
  *out++ = ':';
  out = write_decimal(level.quantity().decimal, out);
  *out++ = ':';
  return out;
}

}  // namespace

std::int32_t okx_crc32(const OrderBook& book) {
  constexpr std::size_t kTextMax = kOkxChecksumDepth * 2 * 2 * (kDecimalTextMax + 1);
  std::array<char, kTextMax> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): written below
  char* end = text.data();
  const std::size_t deepest = std::max(book.bid_count(), book.ask_count());
  for (std::size_t rank = 0; rank < std::min(deepest, kOkxChecksumDepth); ++rank) {
    if (rank < book.bid_count()) end = write_level(book.bid(rank), end);
    if (rank < book.ask_count()) end = write_level(book.ask(rank), end);
  }
  if (end != text.data()) --end;  // the last separator
  const auto size = static_cast<uInt>(end - text.data());
  MP_ASSERT(size <= text.size());
  const auto* const bytes = reinterpret_cast<const Bytef*>(text.data());
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(::crc32(0, bytes, size)));
}

ChecksumResult check(BookChecksum algorithm, const OrderBook& book, std::int64_t sent) {
  if (algorithm == BookChecksum::none || sent == 0) return ChecksumResult::not_checked;
  return okx_crc32(book) == sent ? ChecksumResult::right : ChecksumResult::wrong;
}

}  // namespace mp::book
