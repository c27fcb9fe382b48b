// L3. What Coinbase's protocols share: changes of books, numbers of a session's messages,
// acknowledgements, spot symbols.
#pragma once

#include <optional>
#include <string>

#include "venue/session_memory.hpp"
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

[[nodiscard]] Verdict read_changes(auto& in, std::string_view frame, Changes& message, Output& out,
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
// Where a level has no readable quantity it is left out alone; a side may be missing.
struct IfReadable {
  [[nodiscard]] static bool convert(const codec::Scalar& scalar, std::optional<Quantity>& out) {
    if (!codec::convert(scalar, out.emplace())) out.reset();
    return true;
  }
};
struct LooseLevel {
  Price price;
  std::optional<Quantity> quantity;
};
struct LooseBook : MessageFacts {
  codec::RowList<LooseLevel> bids, asks;
};
using LooseLevelShape =
    codec::Row<&LooseLevel::price, codec::cell<&LooseLevel::quantity, IfReadable{}>>;
using LooseWholeShape =
    codec::Loose<codec::Field<"product_id", &MessageFacts::symbol>,
                 codec::Rows<"bids", &LooseBook::bids, LooseLevelShape, codec::kOptional>,
                 codec::Rows<"asks", &LooseBook::asks, LooseLevelShape, codec::kOptional>,
                 codec::Field<"time", &MessageFacts::time, kTime>>;
[[nodiscard]] bool read_loose(auto& in, std::string_view frame, Message<Book>& book) {
  LooseBook loose;
  if (!in.template read<LooseWholeShape>(frame, loose)) return false;
  static_cast<MessageFacts&>(book) = loose;
  book.clear_levels();
  const auto take = [](const codec::RowList<LooseLevel>& from, std::vector<Level>& to) {
    for (const LooseLevel& level : from)
      if (level.quantity) to.emplace_back(level.price, *level.quantity);
  };
  take(loose.bids, book.bid_levels);
  take(loose.asks, book.ask_levels);
  return true;
}

[[nodiscard]] Verdict read_whole(auto& in, std::string_view frame, Message<Book>& book,
                                 Output& out) {
  if (!in.template read<WholeShape>(frame, book) && !read_loose(in, frame, book))
    return Verdict::malformed;
  book.drop_levels([](const Level& level) { return level.quantity_mantissa <= 0; });
  book.is_snapshot = true;
  send(book, out);
  return Verdict::data;
}

struct Subscribed {
  std::string_view name;
  std::vector<std::string_view> products;
};
using SubscribedShape =
    codec::Loose<codec::Field<"name", &Subscribed::name>,
                 codec::Field<"product_ids", &Subscribed::products, codec::kOptional>>;

// `Self` has decide(), as a JsonDecoder's.
template <class Self>
class CoinbaseDecoder : public JsonDecoder<Self> {
 public:
  using JsonDecoder<Self>::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    Reading reading = JsonDecoder<Self>::read(frame, ts_recv, handler);
    numbers_.check(number_, reading);
    announced_.end(reading);
    return reading;
  }

 protected:
  // An acknowledgement lists all that is subscribed by now: this answers what is new.
  void answer_new(const std::vector<std::string_view>& products, Channel channel) {
    for (const auto product : products) {
      if (announced_.is_new(product, channel))
        this->answer_shared(Condition::subscribed, product, channel);
    }
  }
  // `channel_of(name)` answers nothing for what we do not ask for.
  void answer_new(const codec::RowList<Subscribed>& channels,
                  std::optional<Channel> (*channel_of)(std::string_view name)) {
    for (const Subscribed& each : channels) {
      if (const auto channel = channel_of(each.name)) answer_new(each.products, *channel);
    }
  }

  std::optional<std::int64_t> number_;  // of the frame, where its venue numbers them

 private:
  MessageNumbers numbers_;
  Announced announced_;
};

}  // namespace mp::venue::coinbase
