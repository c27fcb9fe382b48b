// Whatever the scanner accepts, the exact reader must read to the same values. The first byte picks
// the shape.
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/json_reader.hpp"
#include "core/assert.hpp"

namespace {

using namespace mp;
using namespace mp::codec;

struct Inner {
  std::optional<std::string_view> name;
  std::optional<std::int64_t> count;
  bool operator==(const Inner&) const = default;
};
using InnerShape = Shape<Field<"n", &Inner::name>, Field<"c", &Inner::count>>;

struct Message {
  std::optional<std::string_view> text;
  std::optional<std::string_view> id;
  std::optional<Price> price;
  std::optional<Timestamp> time;
  std::optional<bool> flag;
  std::optional<Side> side;
  std::optional<Inner> inner;
};
using MessageShape =
    Shape<Field<"a", &Message::text>, Id<"b", &Message::id>, Field<"p", &Message::price>, Skip<"s">,
          Field<"t", &Message::time>, Field<"f", &Message::flag>, Field<"d", &Message::side>,
          Object<"o", &Message::inner, InnerShape>>;

struct Lists {
  std::vector<Level> levels;
  RowList<Inner> list;
};
using ListsShape = Shape<Field<"l", &Lists::levels>, Rows<"r", &Lists::list, InnerShape>>;

struct Cells {
  std::int64_t first = 0;
  Price second;
  std::optional<std::string_view> third;
};
using CellsShape = Row<&Cells::first, &Cells::second, &Cells::third>;

bool same(const Message& a, const Message& b) {
  const bool digits =
      !a.price || (b.price && a.price->decimal.exponent == b.price->decimal.exponent &&
                   a.price->decimal.zeros == b.price->decimal.zeros);
  return a.text == b.text && a.id == b.id && a.price == b.price && digits && a.time == b.time &&
         a.flag == b.flag && a.side == b.side && a.inner == b.inner;
}
bool same(const Lists& a, const Lists& b) {
  return a.levels == b.levels &&
         std::equal(a.list.begin(), a.list.end(), b.list.begin(), b.list.end());
}
bool same(const RowList<Cells>& a, const RowList<Cells>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Cells& x, const Cells& y) {
    return x.first == y.first && x.second == y.second && x.third == y.third;
  });
}

template <class S, class T>
void compare(std::string_view text) {
  static Scanner scanner;
  static ExactReader exact;
  static T fast;
  static T right;
  if (!scanner.read<S>(text, fast)) return;
  exact.restart();
  const bool agreed = exact.read<S>(text, right);
  MP_ASSERT(agreed);
  MP_ASSERT(same(fast, right));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(bytes) + 1, size - 1};
  if (bytes[0] % 3 == 0) {
    compare<MessageShape, Message>(text);
  } else if (bytes[0] % 3 == 1) {
    compare<ListsShape, Lists>(text);
  } else {
    static Scanner scanner;
    static ExactReader exact;
    static RowList<Cells> fast;
    static RowList<Cells> right;
    if (!scanner.read_rows<CellsShape>(text, fast)) return 0;
    exact.restart();
    const bool agreed = exact.read_rows<CellsShape>(text, right);
    MP_ASSERT(agreed);
    MP_ASSERT(same(fast, right));
  }
  return 0;
}
