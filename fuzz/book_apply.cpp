// An order book against a map: whatever changes come, both hold the same levels with the same
// digits.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "book/checksum.hpp"
#include "book/order_book.hpp"
#include "core/assert.hpp"
#include "tests/unit/book/reference.hpp"

namespace {

using mp::Level;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  [[nodiscard]] bool empty() const { return at_ == end_; }
  std::uint8_t next() { return at_ == end_ ? std::uint8_t{0} : *at_++; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

// Few prices in many spellings, so that they meet; now and then one from the ends of the range.
Level level(Bytes& bytes) {
  const std::uint8_t kind = bytes.next();
  mp::Decimal price{bytes.next() % 32 - 4, 0};
  for (int more = kind % 4; more > 0; --more) {
    price.mantissa *= 10;
    --price.exponent;
  }
  if (kind >= 250) {
    price.mantissa = INT64_MAX - kind;
    price.exponent = kind % 2 == 0 ? mp::kDecimalExponentMin : mp::kDecimalExponentMax;
  }
  mp::Decimal quantity{bytes.next() % 8 - 1, static_cast<std::int8_t>(-(kind / 64))};
  if (kind == 249) quantity.mantissa = INT64_MAX;
  if (kind == 248) quantity.zeros = 3;
  if (kind == 247) price.zeros = 2;
  return {mp::Price{price}, mp::Quantity{quantity}};
}

void levels(Bytes& bytes, std::uint8_t count, std::vector<Level>& out) {
  out.clear();
  for (int i = 0; i < count && !bytes.empty(); ++i) out.push_back(level(bytes));
  // A run of prices fills blocks, splits them, or empties them.
  if (count % 4 == 3 && !out.empty() && out.back().price_mantissa < 1'000'000) {
    const std::int64_t step = bytes.next() % 4 + 1;
    for (int more = bytes.next(); more > 0; --more) {
      Level next = out.back();
      next.price_mantissa += step;
      out.push_back(next);
    }
  }
  // A large message takes another path.
  if (count == 255) {
    const std::vector<Level> few = out;
    while (!few.empty() && out.size() < 1500) out.insert(out.end(), few.begin(), few.end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes{data, size};
  const std::size_t depth_max = bytes.next() % 8;
  mp::book::OrderBook book{depth_max};
  mp::book::test::ReferenceBook reference{depth_max};
  std::vector<Level> bids;
  std::vector<Level> asks;
  std::vector<Level> scratch;
  while (!bytes.empty()) {
    const std::uint8_t operation = bytes.next();
    levels(bytes, bytes.next(), bids);
    levels(bytes, bytes.next(), asks);
    if (operation % 8 == 0) {
      book.reset(bids, asks);
      reference.reset(bids, asks);
    } else {
      book.apply(bids, asks);
      reference.apply(bids, asks);
    }
    MP_ASSERT(mp::book::test::same(reference, book, mp::book::kLevelsMax, scratch));
    (void)mp::book::crc32_25(book);
    (void)mp::book::crc32_sides_10(book);
    (void)book.crossed();
  }
  return 0;
}
