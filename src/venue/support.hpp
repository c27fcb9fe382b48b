// L3. What adapters share: reading a message and handing over its events, batching topics into
// requests, taking URLs apart.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_reader.hpp"
#include "venue/adapter.hpp"

namespace mp::venue {

// Hands the events of one frame over, with what is the same for all of them filled in.
class Output {
 public:
  Output(std::string_view venue, Timestamp ts_recv, EventHandler& handler)
      : venue_(venue), ts_recv_(ts_recv), handler_(handler) {}

  template <class Body>
  void operator()(std::string_view symbol, std::optional<Timestamp> ts_event, const Body& body) {
    Event event{{.venue = venue_,
                 .symbol = symbol,
                 .instrument = {},
                 .ts_event = ts_event,
                 .ts_recv = ts_recv_,
                 .seq = 0},
                body};
    handler_.on_event(event);
  }

 private:
  std::string_view venue_;
  Timestamp ts_recv_;
  EventHandler& handler_;
};

// What messages of every venue are made of: a body of core/event.hpp that the shape fills directly,
// and whose it is.
struct MessageFacts {
  std::string_view symbol;
  std::optional<Timestamp> time;
};
template <class Body>
struct Message : MessageFacts, Body {};

// A book's levels need an owner until the event has been handed over.
template <>
struct Message<Book> : MessageFacts, Book {
  std::vector<Level> bid_levels;
  std::vector<Level> ask_levels;
};

template <class Body>
void send(const Message<Body>& message, Output& out) {
  out(message.symbol, message.time, static_cast<const Body&>(message));
}
inline void send(const Message<Book>& message, Output& out) {
  Book book = message;
  book.bids = message.bid_levels;
  book.asks = message.ask_levels;
  out(message.symbol, message.time, book);
}

// Reads `text` as one message of shape S; once that has succeeded, send(message, out) hands over
// its event. An adapter that has to amend messages of a kind gives them a type and a `send` of
// their own.
template <class S, class In, class M>
[[nodiscard]] Verdict read_one(In& in, std::string_view text, M& message, Output& out) {
  if (!in.template read<S>(text, message)) return Verdict::malformed;
  send(message, out);
  return Verdict::data;
}

// The same for an array of messages; nothing is handed over unless all of it could be read.
// `amend(message)` runs before each is.
template <class S, class In, class M, class Amend>
[[nodiscard]] Verdict read_all(In& in, std::string_view text, codec::RowList<M>& messages,
                               Output& out, Amend&& amend) {
  if (!in.template read_rows<S>(text, messages)) return Verdict::malformed;
  for (auto& message : messages) {
    amend(message);
    send(message, out);
  }
  return Verdict::data;
}
template <class S, class In, class M>
[[nodiscard]] Verdict read_all(In& in, std::string_view text, codec::RowList<M>& messages,
                               Output& out) {
  return read_all<S>(in, text, messages, out, [](M&) {});
}

// The best level of each side.
[[nodiscard]] Quote best_of(const Message<Book>& book);

inline constexpr Reading kControl = [] {
  Reading reading;
  reading.verdict = Verdict::control;
  return reading;
}();

// Runs `decide(in, reading)`, which answers a verdict, with the scanner and, unless that came to
// data, with the exact reader.
template <class Decide>
[[nodiscard]] Reading read_frame(codec::JsonReader& json, Decide&& decide) {
  Reading reading;
  reading.verdict = json.read<Verdict::data>([&](auto& in) {
    reading = Reading{};
    return decide(in, reading);
  });
  reading.unusual = json.used_exact();
  if (reading.verdict == Verdict::malformed && reading.problem.empty())
    reading.problem = json.problem();
  return reading;
}

// For a REST answer that could not be read.
[[nodiscard]] Error unread(std::string_view venue, const RestCall& call, std::string_view problem,
                           std::string_view body);

// The venue's word for what carries a channel.
struct Topic {
  Channel channel;
  std::string_view name;
};
template <std::size_t N>
[[nodiscard]] constexpr std::array<Channel, N> channels_of(const std::array<Topic, N>& topics) {
  std::array<Channel, N> channels{};
  for (std::size_t i = 0; i < N; ++i) channels[i] = topics[i].channel;
  return channels;
}
// The channel must be one of the table.
[[nodiscard]] std::string_view topic_name(std::span<const Topic> topics, Channel channel);

// Joins topics (JSON texts) with commas, each once, at most `topics_max` in one text.
[[nodiscard]] std::vector<std::string> batches(
    std::span<const Subscription> subscriptions, std::size_t topics_max,
    const std::function<std::string(const Subscription&)>& topic_of);

// The parts of a symbol, views into it; none where there are too many or one is empty.
struct SymbolParts {
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return parts[i]; }
};
[[nodiscard]] SymbolParts parts_of(std::string_view symbol, char separator);

// "YYMMDD" at 08:00 UTC, when most venues settle.
[[nodiscard]] std::optional<Timestamp> expiry_named(std::string_view digits);

// a * b without rounding; nothing where it does not fit.
[[nodiscard]] std::optional<Decimal> product(const Decimal& a, const Decimal& b);

// From `start` to `end`, nothing unless that is a whole number of hours, at least one.
[[nodiscard]] std::optional<Decimal> hours_between(std::optional<Timestamp> start,
                                                   std::optional<Timestamp> end);

// ASCII letters only: venues leave other scripts as they are.
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);

// "https://host:port/path?query" -> "/path"; a target without a host is one already.
[[nodiscard]] std::string_view target_of(std::string_view url);  // "/path?query"
[[nodiscard]] std::string_view path_of(std::string_view url);    // "/path"
// The decoded value of a query parameter.
[[nodiscard]] std::optional<std::string> query_value(std::string_view url, std::string_view name);
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace mp::venue
