#include "codec/marketprism_json.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "codec/json_encode.hpp"
#include "core/arithmetic.hpp"

namespace mp::codec {
namespace {

constexpr std::size_t kLevelsMax = 400;

// nullopt: the old system had no such message.
std::optional<std::string_view> data_type_of(const Event& event) {
  switch (event.channel()) {
    case Channel::trade:
      return "trade";
    case Channel::book:
      return "orderbook";
    case Channel::ticker:
      return "ticker";
    case Channel::candle:
      return "kline";
    case Channel::funding:
      return "funding_rate";
    case Channel::open_interest:
      return "open_interest";
    case Channel::liquidation:
      return "liquidation";
    case Channel::volatility_index:
      return "volatility_index";
    case Channel::long_short_ratio:
      return std::get<LongShortRatio>(event.body).kind == "positions" ? "lsr_top_position"
                                                                      : "lsr_all_account";
    default:
      return std::nullopt;
  }
}

constexpr std::array<std::string_view, 8> kDerivativeSuffixes = {
    "-usdm", "-coinm", "-futures", "-linear", "-inverse", "-options", "-option", "-spreads"};

std::string_view market_type_of(const Event& event, std::optional<InstrumentKind> kind) {
  if (kind) {
    if (*kind == InstrumentKind::spot) return "spot";
    return *kind == InstrumentKind::option ? "options" : "perpetual";
  }
  const std::string_view name = event.instrument;
  if (name.ends_with("-PERP")) return "perpetual";
  const auto dashes = std::count(name.begin(), name.end(), '-');
  if (dashes >= 4 && (name.ends_with("-C") || name.ends_with("-P"))) return "options";
  if (dashes >= 2) return "perpetual";  // dated futures were counted among them
  if (dashes == 1) return "spot";
  // Nobody knows the instrument: what is left is the market that its venue is named for, and the
  // channels that spot has none of.
  if (event.venue.ends_with("-options") || event.venue.ends_with("-option")) return "options";
  const auto ends = [&](std::string_view suffix) { return event.venue.ends_with(suffix); };
  const bool derivative =
      std::any_of(kDerivativeSuffixes.begin(), kDerivativeSuffixes.end(), ends) ||
      event.channel() == Channel::volatility_index ||
      !applies_to(event.channel(), InstrumentKind::spot);
  return derivative ? "perpetual" : "spot";
}

// What would end a token of a subject, or match others, becomes '_'.
void append_token(std::string_view text, std::string& out) {
  for (const char c : text) {
    const bool bad =
        c == '.' || c == '*' || c == '>' || static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
    out.push_back(bad ? '_' : c);
  }
}

// "binance" of "binance-usdm".
void append_base_exchange(const Event& event, std::string& out) {
  std::string_view base = event.venue;
  for (const auto suffix : kDerivativeSuffixes) {
    if (base.ends_with(suffix)) base.remove_suffix(suffix.size());
  }
  const std::size_t begin = out.size();
  append_token(base, out);
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '-', '_');
}

void append_exchange(const Event& event, std::string_view market, std::string& out) {
  append_base_exchange(event, out);
  out.append(market == "spot" ? "_spot" : "_derivatives");
}

std::string_view symbol_of(const Event& event) {
  std::string_view name = event.instrument.empty() ? event.symbol : event.instrument;
  if (name.ends_with("-PERP")) name.remove_suffix(5);
  return name;
}

std::int64_t milliseconds(Timestamp time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

// Writes `,"key":value` for each kind of value.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void text(std::string_view key, std::string_view value) {
    append_json_key(key, out_);
    append_json_string(value, out_);
  }
  void text_or_null(std::string_view key, const std::optional<std::string_view>& value) {
    if (value) return text(key, *value);
    null(key);
  }
  void integer(std::string_view key, std::optional<std::int64_t> value) {
    if (!value) return null(key);
    append_json_key(key, out_);
    append_json_integer(*value, out_);
  }
  void flag(std::string_view key, bool value) {
    append_json_key(key, out_);
    out_.append(value ? "true" : "false");
  }
  void number(std::string_view key, const std::optional<Decimal>& value) {
    if (!value) return null(key);
    append_json_key(key, out_);
    string(*value);
  }
  template <class Meaning>
  void number(std::string_view key, const Exact<Meaning>& value) {
    number(key, std::optional{value.decimal});
  }
  template <class Meaning>
  void number(std::string_view key, const std::optional<Exact<Meaning>>& value) {
    number(key, value ? std::optional{value->decimal} : std::nullopt);
  }
  void time(std::string_view key, std::optional<Timestamp> value) {
    if (!value) return null(key);
    const auto day = std::chrono::floor<std::chrono::days>(*value);
    const auto of_day = std::chrono::floor<std::chrono::milliseconds>(*value - day).count();
    std::array<char, 48> clock{};
    std::snprintf(clock.data(), clock.size(), " %02d:%02d:%02d.%03d",
                  static_cast<int>(of_day / 3'600'000), static_cast<int>(of_day / 60'000 % 60),
                  static_cast<int>(of_day / 1'000 % 60), static_cast<int>(of_day % 1'000));
    append_json_key(key, out_);
    out_.append("\"").append(date_of(*value).view()).append(clock.data()).append("\"");
  }
  void side(std::optional<Side> value) {
    if (!value) return null("side");
    text("side", name_of(*value));
  }
  // [{"price":"1","quantity":"2"}, ...]
  void levels(std::string_view key, Levels values) {
    append_json_key(key, out_);
    out_.push_back('[');
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_.append(i == 0 ? "{\"price\":" : ",{\"price\":");
      string(values[i].price().decimal);
      out_.append(",\"quantity\":");
      string(values[i].quantity().decimal);
      out_.push_back('}');
    }
    out_.push_back(']');
  }
  void null(std::string_view key) {
    append_json_key(key, out_);
    out_.append("null");
  }

 private:
  void string(const Decimal& value) {
    std::array<char, kDecimalTextMax> text{};
    out_.push_back('"');
    out_.append(text.data(), write_decimal(value, text.data()));
    out_.push_back('"');
  }

  std::string& out_;
};

// Writes the fields of one body under their old names.
struct BodyWriter {
  const Event& event;
  Writer& to;

  [[nodiscard]] Timestamp event_time() const { return event.ts_event.value_or(event.ts_recv); }

  void operator()(const Trade& body) const {
    to.text_or_null("trade_id", body.trade_id);
    to.number("price", body.price);
    to.number("quantity", body.quantity);
    to.number("quote_quantity", product(body.price.decimal, body.quantity.decimal));
    to.side(body.side);
    if (body.side) {
      // The buyer rested in the book when the taker sold.
      to.flag("is_maker", *body.side == Side::sell);
      to.flag("is_buyer_maker", *body.side == Side::sell);
    }
    to.integer("trade_ts_ms", milliseconds(event_time()));
    to.time("trade_time", event_time());
  }
  void operator()(const Book& body) const {
    const auto kept = [&](Levels levels) {
      return body.is_snapshot ? levels.first(std::min(levels.size(), kLevelsMax)) : levels;
    };
    to.integer("last_update_id", body.last_sequence);
    to.integer("first_update_id", body.first_sequence);
    to.integer("prev_update_id", body.previous_sequence);
    to.text("update_type", body.is_snapshot ? "snapshot" : "update");
    to.levels("bids", kept(body.bids));
    to.levels("asks", kept(body.asks));
    to.integer("depth_levels",
               static_cast<std::int64_t>(kept(body.bids).size() + kept(body.asks).size()));
    to.integer("checksum", body.checksum);
  }
  void operator()(const Ticker& body) const {
    to.number("last_price", body.last_price);
    to.number("open_price", body.open_price);
    to.number("high_price", body.high_price);
    to.number("low_price", body.low_price);
    to.number("volume", body.volume);
    to.number("quote_volume", body.quote_volume);
    to.number("best_bid_price", body.bid_price);
    to.number("best_ask_price", body.ask_price);
  }
  void operator()(const Candle& body) const {
    to.text("interval", body.interval);
    to.time("open_time", body.open_time);
    to.time("close_time", body.close_time);
    to.number("open_price", body.open);
    to.number("high_price", body.high);
    to.number("low_price", body.low);
    to.number("close_price", body.close);
    to.number("volume", body.volume);
    to.number("quote_volume", body.quote_volume);
    to.integer("trade_count", body.trades);
  }
  void operator()(const Funding& body) const {
    to.text("instrument_id", event.symbol);
    to.number("current_funding_rate", std::optional{body.rate});
    to.number("funding_rate", std::optional{body.rate});
    to.number("estimated_funding_rate", body.predicted_rate);
    to.time("funding_time", event_time());
    to.time("next_funding_time", body.next_time);
    if (!body.interval_hours) return to.null("funding_interval");
    to.text("funding_interval", to_string(*body.interval_hours) + "h");
  }
  void operator()(const OpenInterest& body) const {
    to.number("open_interest", body.quantity);
    to.number("open_interest_value", body.value);
  }
  void operator()(const Liquidation& body) const {
    to.text_or_null("liquidation_id", body.order_id);
    to.text_or_null("order_id", body.order_id);
    to.side(body.side);
    to.number("price", body.price);
    to.number("quantity", body.quantity);
    to.number("value", product(body.price.decimal, body.quantity.decimal));
    to.time("liquidation_time", event_time());
  }
  void operator()(const VolatilityIndex& body) const {
    to.number("volatility_index", std::optional{body.value});
    to.number("index_value", std::optional{body.value});
    const auto symbol = symbol_of(event);
    to.text("underlying_asset", symbol.substr(0, symbol.find_first_of("-_")));
  }
  void operator()(const LongShortRatio& body) const {
    const bool positions = body.kind == "positions";
    to.number("long_short_ratio", body.ratio);
    to.number(positions ? "long_position_ratio" : "long_account_ratio", body.long_share);
    to.number(positions ? "short_position_ratio" : "short_account_ratio", body.short_share);
    to.text_or_null("period", body.period);
  }
  void operator()(const auto&) const {}  // data_type_of() refused it before
};

void append_identity(const Event& event, std::string& out) {
  const auto time = std::to_string(milliseconds(event.ts_event.value_or(event.ts_recv)));
  if (const auto* trade = std::get_if<Trade>(&event.body); trade != nullptr && trade->trade_id) {
    out.append(*trade->trade_id);
  } else if (const auto* book = std::get_if<Book>(&event.body);
             book != nullptr && book->last_sequence) {
    out.append(std::to_string(*book->last_sequence));
  } else if (const auto* liquidation = std::get_if<Liquidation>(&event.body);
             liquidation != nullptr && liquidation->order_id) {
    out.append(*liquidation->order_id);
  } else if (const auto* ratio = std::get_if<LongShortRatio>(&event.body);
             ratio != nullptr && ratio->period) {
    out.append(time).append(":").append(*ratio->period);
  } else {
    out.append(time);
    const auto add = [&](Price price, Quantity quantity, std::optional<Side> side) {
      out.append(":").append(to_string(price.decimal)).append(":");
      out.append(to_string(quantity.decimal));
      if (side) out.append(":").append(name_of(*side));
    };
    if (trade != nullptr) add(trade->price, trade->quantity, trade->side);
    if (liquidation != nullptr) add(liquidation->price, liquidation->quantity, liquidation->side);
  }
}

}  // namespace

bool append_marketprism_json(const Event& event, std::optional<InstrumentKind> kind,
                             std::string& out) {
  const auto type = data_type_of(event);
  if (!type) return false;
  const auto market = market_type_of(event, kind);
  const Timestamp time = event.ts_event.value_or(event.ts_recv);
  out.append("{\"data_type\":\"").append(*type).append("\"");
  for (const std::string_view key : {"exchange", "exchange_name"}) {
    append_json_key(key, out);
    std::string exchange;
    append_exchange(event, market, exchange);
    append_json_string(exchange, out);
  }
  Writer to{out};
  to.text("market_type", market);
  to.text("symbol", symbol_of(event));
  to.text("symbol_name", event.symbol);
  to.integer("ts_ms", milliseconds(time));
  to.integer("collected_ts_ms", milliseconds(event.ts_recv));
  to.time("timestamp", time);
  to.time("collected_at", event.ts_recv);
  std::visit(BodyWriter{event, to}, event.body);
  to.text("publisher", "marketprism");
  to.text("data_source", "marketprism");
  out.push_back('}');
  return true;
}

bool append_marketprism_subject(const Event& event, std::optional<InstrumentKind> kind,
                                std::string& out) {
  const auto type = data_type_of(event);
  if (!type) return false;
  const auto market = market_type_of(event, kind);
  out.append(*type).append(".");
  append_exchange(event, market, out);
  out.append(".").append(market).append(".");
  append_token(symbol_of(event), out);
  return true;
}

bool append_marketprism_old_subject(const Event& event, std::string& out) {
  const auto type = data_type_of(event);
  if (!type) return false;
  out.append("market.");
  append_base_exchange(event, out);
  out.append(".");
  append_token(symbol_of(event), out);
  out.append(".").append(*type);
  return true;
}

bool append_marketprism_message_id(const Event& event, std::optional<InstrumentKind> kind,
                                   std::string& out) {
  const auto type = data_type_of(event);
  if (!type) return false;
  out.append(*type).append(":");
  append_exchange(event, market_type_of(event, kind), out);
  out.append(":");
  append_token(symbol_of(event), out);
  out.append(":");
  append_identity(event, out);
  return true;
}

}  // namespace mp::codec
