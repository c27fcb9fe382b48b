#include "sink/tardis_rows.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <variant>

#include "codec/json_encode.hpp"

namespace mp::sink {
namespace {

using Stream = std::pair<std::string, std::string>;  // venue, symbol

void append_text(std::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out.push_back('"');
}

// Appends one row, cell by cell.
class Row {
 public:
  explicit Row(std::string& out) : out_(out) {}

  Row& begin(const Event& event) {
    text(event.venue).text(event.symbol);
    return time(event.ts_event.value_or(event.ts_recv)).time(event.ts_recv);
  }
  Row& text(std::string_view value) {
    comma();
    append_text(value, out_);
    return *this;
  }
  Row& number(const Decimal& value) {
    comma();
    std::array<char, kDecimalTextMax> text{};
    out_.append(text.data(), write_decimal(value, text.data()));
    return *this;
  }
  template <class Meaning>
  Row& number(const Exact<Meaning>& value) {
    return number(value.decimal);
  }
  template <class T>
  Row& number(const std::optional<T>& value) {
    return value ? number(*value) : nothing();
  }
  Row& time(std::optional<Timestamp> value) {
    comma();
    if (!value) return *this;
    const auto since = value->time_since_epoch();
    codec::append_json_integer(std::chrono::floor<std::chrono::microseconds>(since).count(), out_);
    return *this;
  }
  Row& nothing() {
    comma();
    return *this;
  }
  void end() { out_.push_back('\n'); }

 private:
  void comma() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

std::string_view side_of(const std::optional<Side>& side) {
  return side ? name_of(*side) : "unknown";
}

// One event, some rows: nothing is remembered.
class PlainRows final : public RowMaker {
 public:
  explicit PlainRows(TardisType type) : type_(type) {}

  void append(const Item& item, std::string& out) override {
    const Event& event = *item.event;
    if (const auto* trade = std::get_if<Trade>(&event.body)) {
      if (type_ != TardisType::trades) return;
      Row row{out};
      row.begin(event).text(trade->trade_id.value_or("")).text(side_of(trade->side));
      row.number(trade->price).number(trade->quantity).end();
    } else if (const auto* quote = std::get_if<Quote>(&event.body)) {
      if (type_ != TardisType::quotes) return;
      Row row{out};
      row.begin(event).number(quote->ask_quantity).number(quote->ask_price);
      row.number(quote->bid_price).number(quote->bid_quantity).end();
    } else if (const auto* liquidation = std::get_if<Liquidation>(&event.body)) {
      if (type_ != TardisType::liquidations) return;
      Row row{out};
      row.begin(event).text(liquidation->order_id.value_or("")).text(side_of(liquidation->side));
      row.number(liquidation->price).number(liquidation->quantity).end();
    } else if (const auto* book = std::get_if<Book>(&event.body)) {
      if (type_ != TardisType::incremental_book_L2 || book->depth) return;
      for (const auto& [side, levels] : {std::pair{"bid", book->bids}, {"ask", book->asks}}) {
        for (const Level& level : levels) {
          Row row{out};
          row.begin(event).text(book->is_snapshot ? "true" : "false").text(side);
          row.number(level.price()).number(level.quantity()).end();
        }
      }
    }
  }
  void forget() override {}
  [[nodiscard]] std::unique_ptr<RowMaker> copy() const override {
    return std::make_unique<PlainRows>(type_);
  }

 private:
  TardisType type_;
};

// Of an event that says so: from here on a book is not what was sent.
bool ends_book(const Status& status) {
  const bool of_books = !status.channel || *status.channel == Channel::book;
  return of_books &&
         (status.condition == Condition::gap || status.condition == Condition::disconnected);
}

class SnapshotRows final : public RowMaker {
 public:
  explicit SnapshotRows(std::size_t levels) : levels_(levels) {}

  void append(const Item& item, std::string& out) override {
    const Event& event = *item.event;
    if (const auto* status = std::get_if<Status>(&event.body)) {
      if (ends_book(*status)) end_books(event);
      return;
    }
    const auto* change = std::get_if<Book>(&event.body);
    if (change == nullptr || change->depth) return;
    const Stream key{event.venue, event.symbol};
    if (change->is_snapshot) books_[key] = {};
    const auto found = books_.find(key);
    if (found == books_.end()) return;
    Sides& book = found->second;
    apply(change->bids, book.bids);
    apply(change->asks, book.asks);
    const std::size_t begin = out.size();
    Row row{out};
    row.begin(event);
    const std::size_t top = out.size();
    append_levels(book, row);
    if (std::string_view{out}.substr(top) == book.last) {
      out.resize(begin);
      return;
    }
    book.last = out.substr(top);
    row.end();
  }
  void forget() override { books_.clear(); }
  [[nodiscard]] std::unique_ptr<RowMaker> copy() const override {
    return std::make_unique<SnapshotRows>(*this);
  }

 private:
  template <class Order>
  using Levels_ = std::map<Decimal, Decimal, Order>;
  struct Sides {
    Levels_<std::greater<>> bids;
    Levels_<std::less<>> asks;
    std::string last{};  // the levels of the last row
  };

  void end_books(const Event& event) {
    std::erase_if(books_, [&](const auto& book) {
      return book.first.first == event.venue &&
             (event.symbol.empty() || book.first.second == event.symbol);
    });
  }

  static void apply(Levels changes, auto& side) {
    for (const Level& level : changes) {
      if (level.quantity().is_zero()) {
        side.erase(level.price().decimal);
      } else {
        side[level.price().decimal] = level.quantity().decimal;
      }
    }
  }

  void append_levels(const Sides& book, Row& row) const {
    auto ask = book.asks.begin();
    auto bid = book.bids.begin();
    for (std::size_t i = 0; i < levels_; ++i) {
      append_level(ask, book.asks.end(), row);
      append_level(bid, book.bids.end(), row);
    }
  }
  static void append_level(auto& level, auto end, Row& row) {
    if (level == end) {
      row.nothing().nothing();
      return;
    }
    row.number(level->first).number(level->second);
    ++level;
  }

  std::size_t levels_;
  std::map<Stream, Sides> books_;
};

class DerivativeRows final : public RowMaker {
 public:
  void append(const Item& item, std::string& out) override {
    const Event& event = *item.event;
    if (item.kind == InstrumentKind::spot) return;
    Known known;
    const Stream key{event.venue, event.symbol};
    const auto found = known_.find(key);
    if (found != known_.end()) known = found->second;
    if (!update(event.body, known)) return;
    if (found != known_.end() && known == found->second) return;
    known_[key] = known;
    Row row{out};
    row.begin(event).time(known.funding_time).number(known.funding_rate);
    row.number(known.predicted_rate).number(known.open_interest).number(known.last_price);
    row.number(known.index_price).number(known.mark_price).end();
  }
  void forget() override { known_.clear(); }
  [[nodiscard]] std::unique_ptr<RowMaker> copy() const override {
    return std::make_unique<DerivativeRows>(*this);
  }

 private:
  struct Known {
    std::optional<Timestamp> funding_time;
    std::optional<Decimal> funding_rate;
    std::optional<Decimal> predicted_rate;
    std::optional<Quantity> open_interest;
    std::optional<Price> last_price;
    std::optional<Price> index_price;
    std::optional<Price> mark_price;
    friend bool operator==(const Known&, const Known&) = default;
  };

  // False: it says nothing of these.
  static bool update(const Event::Body& body, Known& known) {
    if (const auto* funding = std::get_if<Funding>(&body)) {
      known.funding_time = funding->next_time;
      known.funding_rate = funding->rate;
      known.predicted_rate = funding->predicted_rate;
    } else if (const auto* open_interest = std::get_if<OpenInterest>(&body)) {
      known.open_interest = open_interest->quantity;
    } else if (const auto* ticker = std::get_if<Ticker>(&body)) {
      known.last_price = ticker->last_price;
    } else if (const auto* index = std::get_if<IndexPrice>(&body)) {
      known.index_price = index->price;
    } else if (const auto* mark = std::get_if<MarkPrice>(&body)) {
      known.mark_price = mark->price;
    } else {
      return false;
    }
    return true;
  }

  std::map<Stream, Known> known_;
};

}  // namespace

std::optional<TardisType> tardis_type_named(std::string_view name) {
  const auto* const found = std::ranges::find(kTardisTypes, name);
  if (found == kTardisTypes.end()) return std::nullopt;
  return static_cast<TardisType>(found - kTardisTypes.begin());
}

std::string tardis_header(TardisType type) {
  std::string out = "exchange,symbol,timestamp,local_timestamp";
  const auto levels = [&](int count) {
    for (int i = 0; i < count; ++i) {
      for (const std::string_view side : {"asks", "bids"}) {
        const std::string level = "," + std::string{side} + "[" + std::to_string(i) + "]";
        out += level + ".price" + level + ".amount";
      }
    }
    return out + "\n";
  };
  switch (type) {
    case TardisType::trades:
    case TardisType::liquidations:
      return out + ",id,side,price,amount\n";
    case TardisType::incremental_book_L2:
      return out + ",is_snapshot,side,price,amount\n";
    case TardisType::book_snapshot_5:
      return levels(5);
    case TardisType::book_snapshot_25:
      return levels(25);
    case TardisType::quotes:
      return out + ",ask_amount,ask_price,bid_price,bid_amount\n";
    case TardisType::derivative_ticker:
      break;
  }
  return out +
         ",funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,"
         "index_price,mark_price\n";
}

std::unique_ptr<RowMaker> make_tardis_rows(TardisType type) {
  if (type == TardisType::book_snapshot_5) return std::make_unique<SnapshotRows>(5);
  if (type == TardisType::book_snapshot_25) return std::make_unique<SnapshotRows>(25);
  if (type == TardisType::derivative_ticker) return std::make_unique<DerivativeRows>();
  return std::make_unique<PlainRows>(type);
}

}  // namespace mp::sink
