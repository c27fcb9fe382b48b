#include "venue/support.hpp"

namespace mp::venue {

Error unread(std::string_view venue, const RestCall& call, std::string_view problem,
             std::string_view body) {
  constexpr std::size_t kQuoted = 160;
  Error error{ErrorKind::data, std::string{venue}};
  error.message.append(": the answer to ").append(call.method == Method::post ? "POST " : "GET ");
  error.message.append(call.target).append(" cannot be read: ");
  error.message.append(problem).append("; it begins with ").append(body.substr(0, kQuoted));
  return error;
}

void Listed::on_event(Event& event) {
  if (const auto* const info = std::get_if<InstrumentInfo>(&event.body)) {
    std::string symbol{event.symbol};
    if (info->status == "trading") {
      trading_.insert(std::move(symbol));
    } else if (trading_.contains(symbol)) {
      return;
    }
  }
  handler_.on_event(event);
}

Quote best_of(const Message<Book>& book) {
  Quote quote;
  quote.sequence = book.last_sequence;
  if (!book.bid_levels.empty()) {
    quote.bid_price = book.bid_levels.front().price();
    quote.bid_quantity = book.bid_levels.front().quantity();
  }
  if (!book.ask_levels.empty()) {
    quote.ask_price = book.ask_levels.front().price();
    quote.ask_quantity = book.ask_levels.front().quantity();
  }
  return quote;
}

std::optional<InstrumentInfo> pair_spelled(std::string_view symbol, char separator) {
  const auto part = parts_of(symbol, separator);
  if (part.count != 2) return std::nullopt;
  InstrumentInfo info;
  info.base = part[0];
  info.quote = part[1];
  return info;
}

bool make_option(InstrumentInfo& info, std::string_view strike, std::string_view type) {
  const auto price = parse_decimal(strike);
  if (!price || (type != "C" && type != "P")) return false;
  info.kind = InstrumentKind::option;
  info.strike = Price{*price};
  info.option_type = type == "C" ? "call" : "put";
  return true;
}

Side side_of_sign(Quantity& quantity) {
  if (quantity.decimal.mantissa >= 0) return Side::buy;
  quantity.decimal.mantissa = -quantity.decimal.mantissa;
  return Side::sell;
}

std::optional<Decimal> hours_between(std::optional<Timestamp> start, std::optional<Timestamp> end) {
  if (!start || !end || *start < Timestamp{} || *end <= *start) return std::nullopt;
  const auto whole = std::chrono::floor<std::chrono::hours>(*end - *start);
  if (whole != *end - *start) return std::nullopt;
  return Decimal{whole.count(), 0};
}

std::optional<Decimal> hours_of(std::optional<std::int64_t> count, std::int64_t in_an_hour) {
  if (!count || *count < in_an_hour || *count % in_an_hour != 0) return std::nullopt;
  return Decimal{*count / in_an_hour, 0};
}

}  // namespace mp::venue
