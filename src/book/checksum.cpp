#include "book/checksum.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/arithmetic.hpp"
#include "core/assert.hpp"
#include "core/decimal.hpp"

namespace mp::book {
namespace {

// Room for `kLevels` prices and quantities with a separator after each; not cleared, so that
// nothing is written twice.
template <std::size_t kLevels>
class Text {
 public:
  [[nodiscard]] char* end() { return end_; }
  void end_at(char* end) { end_ = end; }
  void drop_last() {
    if (end_ != text_.data()) --end_;
  }
  [[nodiscard]] std::uint32_t crc32() const {
    const auto size = static_cast<uInt>(end_ - text_.data());
    MP_ASSERT(size <= text_.size());
    const auto* const bytes = reinterpret_cast<const Bytef*>(text_.data());
    return static_cast<std::uint32_t>(::crc32(0, bytes, size));
  }

 private:
  std::array<char, kLevels * 2 * (kDecimalTextMax + 1)> text_;
  char* end_ = text_.data();
};

char* write_stripped(const Decimal& value, char* out) {
  std::array<char, kDecimalTextMax>
      text;  // NOLINT(cppcoreguidelines-pro-type-member-init): written below
  const char* const end = write_decimal(value, text.data());
  const char* const begin =
      std::find_if(std::as_const(text).data(), end, [](char c) { return c != '.' && c != '0'; });
  return std::remove_copy(begin, end, out, '.');
}

// As JavaScript writes a number, for all that the venue has: at most as many digits as a double
// holds, and less than 1e21.
char* write_as_javascript(Decimal value, char* out) {
  value.zeros = 0;
  while (value.exponent < 0 && value.mantissa % 10 == 0) {
    value.mantissa /= 10;
    ++value.exponent;
  }
  std::array<char, 20> text{};
  const char* const digits = text.data();
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), magnitude(value).mantissa);
  const auto count = static_cast<int>(written.ptr - digits);
  const int point = count + value.exponent;  // digits before it; 0 or less: zeros behind it
  constexpr int kPlainFrom = -5;             // 0.000001
  if (value.is_zero() || point >= kPlainFrom) return write_decimal(value, out);
  if (value.mantissa < 0) *out++ = '-';
  *out++ = *digits;
  if (count > 1) *out++ = '.';
  out = std::copy(digits + 1, digits + count, out);
  *out++ = 'e';
  return std::to_chars(out, out + 4, point - 1).ptr;
}

// "price:quantity:", a separator after each.
template <class Write>
char* write_level(const Level& level, char* out, const Write& write) {
  out = write(level.price().decimal, out);
  *out++ = ':';
  out = write(level.quantity().decimal, out);
  *out++ = ':';
  return out;
}

// `of_bid` and `of_ask` write a level at a place and return the end.
template <class OfBid, class OfAsk>
std::int32_t alternating(const OrderBook& book, const OfBid& of_bid, const OfAsk& of_ask) {
  Text<kCrc25Depth * 2> text;
  const std::size_t deepest = std::max(book.bid_count(), book.ask_count());
  for (std::size_t rank = 0; rank < std::min(deepest, kCrc25Depth); ++rank) {
    if (rank < book.bid_count()) text.end_at(of_bid(book.bid(rank), text.end()));
    if (rank < book.ask_count()) text.end_at(of_ask(book.ask(rank), text.end()));
  }
  text.drop_last();
  return static_cast<std::int32_t>(text.crc32());
}

ChecksumResult compared(std::int64_t book, std::int64_t sent) {
  return book == sent ? ChecksumResult::right : ChecksumResult::wrong;
}

}  // namespace

std::int32_t crc32_25(const OrderBook& book) {
  const auto of = [](const Level& level, char* out) {
    return write_level(level, out, write_decimal);
  };
  return alternating(book, of, of);
}

std::uint32_t kraken_crc32(const OrderBook& book) {
  Text<kKrakenChecksumDepth * 2> text;
  const auto add = [&](const Level& level) {
    text.end_at(write_stripped(level.price().decimal, text.end()));
    text.end_at(write_stripped(level.quantity().decimal, text.end()));
  };
  for (std::size_t rank = 0; rank < std::min(book.ask_count(), kKrakenChecksumDepth); ++rank) {
    add(book.ask(rank));
  }
  for (std::size_t rank = 0; rank < std::min(book.bid_count(), kKrakenChecksumDepth); ++rank) {
    add(book.bid(rank));
  }
  return text.crc32();
}

std::int32_t bitfinex_crc32(const OrderBook& book) {
  const auto of_bid = [](const Level& level, char* out) {
    return write_level(level, out, write_as_javascript);
  };
  const auto of_ask = [](Level level, char* out) {
    level.quantity_mantissa = -level.quantity_mantissa;
    return write_level(level, out, write_as_javascript);
  };
  return alternating(book, of_bid, of_ask);
}

std::uint32_t crc32_sides_10(const OrderBook& book) {
  Text<kCrcSidesDepth * 2> text;
  const auto add = [&](const Level& level, bool first) {
    char* out = text.end();
    if (!first) *out++ = ',';
    out = write_decimal(level.price().decimal, out);
    *out++ = ':';
    text.end_at(write_decimal(level.quantity().decimal, out));
  };
  for (std::size_t rank = 0; rank < std::min(book.ask_count(), kCrcSidesDepth); ++rank)
    add(book.ask(rank), rank == 0);
  *text.end() = '|';
  text.end_at(text.end() + 1);
  for (std::size_t rank = 0; rank < std::min(book.bid_count(), kCrcSidesDepth); ++rank)
    add(book.bid(rank), rank == 0);
  return text.crc32();
}

ChecksumResult check(BookChecksum algorithm, const OrderBook& book,
                     std::optional<std::int64_t> sent) {
  if (!sent) return ChecksumResult::not_checked;
  switch (algorithm) {
    case BookChecksum::none:
      break;
    case BookChecksum::crc32_25:
      // How OKX and Bitget say that they send none.
      return *sent == 0 ? ChecksumResult::not_checked : compared(crc32_25(book), *sent);
    case BookChecksum::kraken_crc32:
      return compared(kraken_crc32(book), *sent);
    case BookChecksum::bitfinex_crc32:
      return compared(bitfinex_crc32(book), *sent);
    case BookChecksum::crc32_sides_10:
      return compared(crc32_sides_10(book), *sent);
  }
  return ChecksumResult::not_checked;
}

}  // namespace mp::book
