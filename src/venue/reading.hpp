// L3. Reading one frame: messages, and the events that they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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
using Facts = MessageFacts;  // the word for shapes
template <class Body>
struct Message : MessageFacts, Body {};

// A book's levels need an owner until the event has been handed over.
template <>
struct Message<Book> : MessageFacts, Book {
  std::vector<Level> bid_levels;
  std::vector<Level> ask_levels;

  [[nodiscard]] std::vector<Level>& levels(Side side) {
    return side == Side::buy ? bid_levels : ask_levels;
  }
  void clear_levels() {
    bid_levels.clear();
    ask_levels.clear();
  }
  // Those that `is_none` is true of.
  void drop_levels(auto is_none) {
    std::erase_if(bid_levels, is_none);
    std::erase_if(ask_levels, is_none);
  }
};

template <class Body>
  requires(!std::is_same_v<Body, Book>)
void send(const Message<Body>& message, Output& out) {
  out(message.symbol, message.time, static_cast<const Body&>(message));
}
inline void send(const Message<Book>& message, Output& out) {
  Book book = message;
  book.bids = message.bid_levels;
  book.asks = message.ask_levels;
  out(message.symbol, message.time, book);
}
inline void send(Message<Book>& message, Output& out) {  // the same, without the copy
  message.bids = message.bid_levels;
  message.asks = message.ask_levels;
  out(message.symbol, message.time, static_cast<const Book&>(message));
}

// Reads `text` as one message of shape S; once that has succeeded, send(message, out) hands over
// its event. An adapter that has to amend messages of a kind gives them a type and a `send` of
// their own.
template <class S, class M>
[[nodiscard]] Verdict read_one(auto& in, std::string_view text, M& message, Output& out) {
  if (!in.template read<S>(text, message)) return Verdict::malformed;
  send(message, out);
  return Verdict::data;
}

// Messages in an array that is a member of what was sent.
template <class M>
struct Batch {
  codec::RowList<M> rows;
  std::string_view symbol;        // of all of them, where it is beside them
  std::optional<Timestamp> time;  // likewise
  std::optional<std::string_view> code, words, next_page;  // of an answer by REST
};
// Whether a REST answer is a refusal, since its code is not the good one: `problem` gets its words.
template <class M>
[[nodiscard]] bool is_refusal(const Batch<M>& answer, std::string_view good, std::string& problem) {
  if (answer.code == good) return false;
  problem = answer.words.value_or(answer.code.value_or("refused"));
  return true;
}

// Hands over messages that have been read; `amend(message)` runs before each is.
template <class M, class Amend>
Verdict send_all(codec::RowList<M>& messages, Output& out, Amend&& amend) {
  for (auto& message : messages) {
    amend(message);
    send(message, out);
  }
  return Verdict::data;
}
template <class M>
Verdict send_all(codec::RowList<M>& messages, Output& out) {
  return send_all(messages, out, [](M&) {});
}
// So that a batch can be read by read_one.
template <class M>
void send(Batch<M>& batch, Output& out) {
  send_all(batch.rows, out, [&batch](M& message) {
    if (!batch.symbol.empty()) message.symbol = batch.symbol;
  });
}

// The same as read_one for an array of messages; nothing is handed over unless all of it could be
// read.
template <class S, class M, class Amend>
[[nodiscard]] Verdict read_all(auto& in, std::string_view text, codec::RowList<M>& messages,
                               Output& out, Amend&& amend) {
  if (!in.template read_rows<S>(text, messages)) return Verdict::malformed;
  return send_all(messages, out, amend);
}
template <class S, class M>
[[nodiscard]] Verdict read_all(auto& in, std::string_view text, codec::RowList<M>& messages,
                               Output& out) {
  return read_all<S>(in, text, messages, out, [](M&) {});
}

// Past trades of a symbol (RestKind::trades), which hands them over oldest first, however they
// come.
template <class S>
[[nodiscard]] Verdict read_trades(auto& in, const RestCall& call, std::string_view body,
                                  Output& out) {
  codec::RowList<Message<Trade>> trades;
  if (!in.template read_rows<S>(body, trades)) return Verdict::malformed;
  const bool newest_first = !trades.empty() && trades[0].time > trades[trades.size() - 1].time;
  for (auto& trade : trades) trade.symbol = call.symbol;
  if (!newest_first) return send_all(trades, out);
  for (std::size_t i = trades.size(); i > 0; --i) send(trades[i - 1], out);
  return Verdict::data;
}

// Whether a text is an array of messages of shape S, and not one of them, which may be an array
// itself.
template <class S>
[[nodiscard]] bool is_list(std::string_view text) {
  if (!text.starts_with('[') || !codec::kIsRow<S>) return text.starts_with('[');
  const auto inner = text.find_first_not_of(" \n\r\t", 1);
  return inner != std::string_view::npos && (text[inner] == '[' || text[inner] == ']');
}
// Reads an array of messages, or one that stands alone.
template <class S, class M>
[[nodiscard]] bool read_some(auto& in, std::string_view text, codec::RowList<M>& messages) {
  if (is_list<S>(text)) return in.template read_rows<S>(text, messages);
  messages.clear();
  return in.template read<S>(text, messages.next());
}

// How some venues send that there is none: the time 0, the price 0.
inline void drop_epoch(std::optional<Timestamp>& time) {
  if (time == Timestamp{}) time.reset();
}
inline void drop_zero(std::optional<Price>& price) {
  if (price && price->is_zero()) price.reset();
}

// Whether a number of this frame did not fit, so that it is absent in its message. What is sent as
// changes of a state must not leave the old value there then, and which one it was is not told.
[[nodiscard]] bool has_left_out(const auto& in) {
  if constexpr (requires { in.left_out(); }) return in.left_out() > 0;
  return false;
}

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
  reading.left_out = json.left_out();
  if (reading.verdict == Verdict::malformed && reading.problem.empty()) {
    reading.problem = json.problem();
    if (reading.problem.empty()) reading.problem = "a value is not of the form that is documented";
  }
  return reading;
}

}  // namespace mp::venue
