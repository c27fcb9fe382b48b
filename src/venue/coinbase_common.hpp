// L3. What Coinbase's protocols share: changes of books, numbers of a session's messages, spot
// symbols.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "venue/ticker_quote.hpp"

namespace mp::venue::coinbase {

// "BTC-USD"; the symbols of derivatives tell too little.
[[nodiscard]] inline std::optional<InstrumentInfo> spot_spelled(std::string_view symbol) {
  const auto info = pair_spelled(symbol, '-');
  return info && info->quote == "PERP" ? std::nullopt : info;
}

// RFC 3339, but for the year 1, which stands for no time.
struct Time {
  static bool convert(const codec::Scalar& scalar, std::optional<Timestamp>& out) {
    out = parse_rfc3339(scalar.text);
    return out || codec::is_absent(scalar) || scalar.text.starts_with("0001-");
  }
};
inline constexpr Time kTime{};

// Numbers that count all messages of a session: one that is left out makes its books wrong. A
// message that could not be read is as good as lost.
class SessionNumbers {
 public:
  void check(std::optional<std::int64_t> number, Reading& reading) {
    if (reading.verdict == Verdict::malformed || !number) return;
    if (last_ && *number - 1 > *last_) {
      reading.broken = true;
      reading.problem = "a number of the session's messages is missing";
    }
    last_ = number;
  }

 private:
  std::optional<std::int64_t> last_;
};

// "changes": [["buy", price, quantity], ...]
struct Change {
  std::optional<Side> side;
  Price price;
  Quantity quantity;
};
struct Changes : MessageFacts {
  codec::RowList<Change> changes;
  Message<Book> book;  // made of them
};
using ChangesShape =
    codec::Shape<codec::Skip<"type">, codec::Field<"product_id", &MessageFacts::symbol>,
                 codec::Rows<"changes", &Changes::changes,
                             codec::Row<&Change::side, &Change::price, &Change::quantity>>,
                 codec::Field<"time", &MessageFacts::time, kTime>>;

template <class In>
[[nodiscard]] Verdict read_changes(In& in, std::string_view frame, Changes& message, Output& out,
                                   Reading& reading) {
  if (!in.template read<ChangesShape>(frame, message)) return Verdict::malformed;
  Message<Book>& book = message.book;
  book.clear_levels();
  for (const Change& change : message.changes) {
    if (!change.side) return reading.problem = R"("changes": a side is none)", Verdict::malformed;
    const bool negative = change.quantity.decimal.mantissa < 0;  // has been seen for none
    book.levels(*change.side).emplace_back(change.price, negative ? Quantity{} : change.quantity);
  }
  book.symbol = message.symbol;
  book.time = message.time;
  send(book, out);
  return Verdict::data;
}

// A whole book, which may have levels without a quantity.
using WholeShape = codec::Loose<codec::Field<"product_id", &MessageFacts::symbol>,
                                codec::Field<"bids", &Message<Book>::bid_levels>,
                                codec::Field<"asks", &Message<Book>::ask_levels>,
                                codec::Field<"time", &MessageFacts::time, kTime>>;
template <class In>
[[nodiscard]] Verdict read_whole(In& in, std::string_view frame, Message<Book>& book, Output& out) {
  if (!in.template read<WholeShape>(frame, book)) return Verdict::malformed;
  book.drop_levels([](const Level& level) { return level.quantity_mantissa <= 0; });
  book.is_snapshot = true;
  send(book, out);
  return Verdict::data;
}

// An acknowledgement lists all that is subscribed by now: this tells what is new.
class Announced {
 public:
  // The decoder may read a message twice, each time from begin().
  void begin() { listed_.clear(); }
  [[nodiscard]] bool is_new(std::string_view product, Channel channel) {
    const auto key = std::string{product}.append(" ").append(name_of(channel));
    listed_.insert(key);
    return !known_.contains(key);
  }
  // After each frame.
  void end(const Reading& reading) {
    if (reading.verdict == Verdict::control && !listed_.empty()) known_ = listed_;
    listed_.clear();
  }

 private:
  std::set<std::string> known_, listed_;
};
struct Subscribed {
  std::string_view name;
  std::vector<std::string_view> products;
};
using SubscribedShape =
    codec::Loose<codec::Field<"name", &Subscribed::name>,
                 codec::Field<"product_ids", &Subscribed::products, codec::kOptional>>;

}  // namespace mp::venue::coinbase
