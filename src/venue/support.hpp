// L3. What adapters share: reading a message and handing over its events, taking symbols and URLs
// apart.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/json_convert.hpp"
#include "codec/json_reader.hpp"
#include "core/arithmetic.hpp"
#include "venue/adapter.hpp"

namespace mp::venue {

// The vocabulary of shapes and of durations, for the files of venues.
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

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
  reading.left_out = json.left_out();
  if (reading.verdict == Verdict::malformed && reading.problem.empty())
    reading.problem = json.problem();
  return reading;
}

// For a REST answer that could not be read.
[[nodiscard]] Error unread(std::string_view venue, const RestCall& call, std::string_view problem,
                           std::string_view body);

// A decoder of JSON frames. `Self` has
//   template <class In> Verdict decide(In& in, std::string_view frame, Output& out, Reading&
//   reading)
// which reads by in.read<Shape>() and hands over what it read once all of that has succeeded; it
// may run twice for a frame, with the scanner and with the exact reader.
template <class Self>
class JsonDecoder : public Decoder {
 public:
  explicit JsonDecoder(const Traits& traits) : traits_(traits) {}

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    Output out{traits_.name, ts_recv, handler};
    const Reading reading = read_frame(json_, [&](auto& in, Reading& result) {
      answers_.clear();
      return static_cast<Self*>(this)->decide(in, frame, out, result);
    });
    if (!answers_.empty()) hand_over_answers(reading, out);
    return reading;
  }

 protected:
  [[nodiscard]] const Traits& traits() const { return traits_; }

  // The venue refused something: its code, its words.
  Verdict refuse(Reading& reading, std::string_view code, std::string_view words) {
    refusal_.assign(code);
    if (!code.empty() && !words.empty()) refusal_.append(" ");
    reading.problem = refusal_.append(words);
    return Verdict::rejected;
  }
  // The venue acknowledged the subscription of a channel, or refused it (then with refuse()):
  // handed over as a status event once the frame is read. `symbol` may be empty: of all.
  void answer(Condition condition, std::string_view symbol, std::optional<Channel> channel) {
    answers_.next() = {condition, symbol, channel};
  }

  // Something to send back at once.
  [[nodiscard]] std::string& reply_buffer() {
    reply_.clear();
    return reply_;
  }

 private:
  struct StagedAnswer {
    Condition condition = Condition::subscribed;
    std::string_view symbol;
    std::optional<Channel> channel;
  };

  void hand_over_answers(const Reading& reading, Output& out) {
    if (reading.verdict != Verdict::control && reading.verdict != Verdict::rejected) return;
    for (const StagedAnswer& each : answers_) {
      out(each.symbol, std::nullopt,
          Status{.condition = each.condition, .channel = each.channel, .reason = reading.problem});
    }
  }

  const Traits& traits_;
  codec::JsonReader json_;
  codec::RowList<StagedAnswer> answers_;
  std::string refusal_;
  std::string reply_;
};

// An adapter out of data and a decoder D. What D has of these static functions is used; without
// `read_rest` the venue has no REST.
//   template <class In> Verdict read_rest(const Traits&, In&, const RestCall&, std::string_view
//   body,
//                                         Output&, RestReading&, std::string& problem)
//   bool fill(std::string_view hole, const Subscription&, std::string& out)
//   std::optional<InstrumentInfo> derive(std::string_view symbol)
template <class D>
class JsonVenue final : public Adapter {
 public:
  explicit JsonVenue(const Traits& traits) : traits_(traits) {}

  const Traits& traits() const override { return traits_; }
  std::unique_ptr<Decoder> decoder() const override { return std::make_unique<D>(traits_); }

  bool fill(std::string_view hole, const Subscription& wanted, std::string& out) const override {
    if constexpr (requires { D::fill(hole, wanted, out); }) return D::fill(hole, wanted, out);
    return false;
  }

  Result<void> read_rest(const RestCall& call, std::string_view body, Timestamp ts_recv,
                         EventHandler& handler, RestReading& answer) const override {
    codec::JsonReader json;  // not a decoder's: a listing takes megabytes, once a day
    Output out{traits_.name, ts_recv, handler};
    std::string problem;
    if constexpr (requires { &D::template read_rest<codec::Scanner>; }) {
      const auto verdict = json.read<Verdict::data>([&](auto& in) {
        answer = {};
        problem.clear();
        return D::read_rest(traits_, in, call, body, out, answer, problem);
      });
      if (verdict == Verdict::data) return {};
    }
    return unread(traits_.name, call, problem.empty() ? json.problem() : problem, body);
  }

  std::optional<InstrumentInfo> derive(std::string_view symbol) const override {
    if constexpr (requires { D::derive(symbol); }) return D::derive(symbol);
    return std::nullopt;
  }

 private:
  const Traits& traits_;
};

// The last state, by symbol, of what a venue sends as changes. Bounded: when it is full of symbols
// it starts anew, and until each has changed its events say less.
template <class T>
class Latest {
 public:
  T& of(std::string_view symbol) {
    if (const auto found = states_.find(symbol); found != states_.end()) return found->second;
    if (states_.size() == kSymbolsMax) states_.clear();
    return states_.emplace(symbol, T{}).first->second;
  }

 private:
  static constexpr std::size_t kSymbolsMax = 65'536;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, T, Hash, std::equal_to<>> states_;
};

// The whole number that stands behind `word` in a text: 20 of "btcusdt@depth20@100ms" behind
// "@depth".
[[nodiscard]] std::optional<std::int64_t> number_after(std::string_view text,
                                                       std::string_view word);

// The taker's side by the sign of a quantity, which loses it.
[[nodiscard]] Side side_of_sign(Quantity& quantity);

// The parts of a symbol, views into it; none where there are too many or one is empty.
struct SymbolParts {
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return parts[i]; }
};
[[nodiscard]] SymbolParts parts_of(std::string_view symbol, char separator);

// "YYMMDD" at 08:00 UTC, when most venues settle.
[[nodiscard]] std::optional<Timestamp> expiry_named(std::string_view digits);
// "25DEC26", "5DEC26" at 08:00 UTC.
[[nodiscard]] std::optional<Timestamp> expiry_spelled(std::string_view text);

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
[[nodiscard]] std::string percent_decoded(std::string_view text);
// Calls `visit(name, value)` for each parameter of a query, as it stands.
void for_each_parameter(
    std::string_view url,
    const std::function<void(std::string_view name, std::string_view value)>& visit);

}  // namespace mp::venue
