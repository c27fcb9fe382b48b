// L3. What the file of a venue includes: decoders of JSON frames, adapters made of data and a
// decoder, and small things that several venues need.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codec/json_convert.hpp"
#include "codec/json_reader.hpp"
#include "core/arithmetic.hpp"
#include "venue/reading.hpp"
#include "venue/spelling.hpp"

namespace mp::venue {

// The vocabulary of shapes and of durations, for the files of venues.
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

// The best level of each side.
[[nodiscard]] Quote best_of(const Message<Book>& book);

// For a REST answer that could not be read.
[[nodiscard]] Error unread(std::string_view venue, const RestCall& call, std::string_view problem,
                           std::string_view body);

// Why something was refused, as most venues write it.
struct Refusal {
  std::optional<std::string_view> code, message;
};
using RefusalShape =
    codec::Loose<codec::Id<"code", &Refusal::code>, codec::Field<"message", &Refusal::message>>;

// What a REST call is answered with where it is refused, by a shape that fills a Refusal; malformed
// where it has no message.
template <class S = RefusalShape>
[[nodiscard]] Verdict read_problem(auto& in, std::string_view body, std::string& problem) {
  Refusal refusal;
  if (!in.template read<S>(body, refusal) || !refusal.message) return Verdict::malformed;
  return problem = *refusal.message, Verdict::rejected;
}

// A decoder of JSON frames. `Self` has
//   Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading)
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
  [[gnu::noinline, gnu::cold]] Verdict refuse(Reading& reading, std::string_view code,
                                              std::string_view words) {
    refusal_.assign(code);
    if (!code.empty() && !words.empty()) refusal_.append(" ");
    reading.problem = refusal_.append(words);
    return Verdict::rejected;
  }
  Verdict refuse(Reading& reading, const Refusal& refusal) {
    return refuse(reading, refusal.code.value_or(""), refusal.message.value_or(""));
  }
  // The venue acknowledged the subscription of a channel, or refused it (then with refuse()):
  // handed over as a status event once the frame is read. `symbol` may be empty: of all.
  void answer(Condition condition, std::string_view symbol, std::optional<Channel> channel) {
    answers_.next() = {condition, symbol, channel};
  }
  // The same for each channel whose route `is_meant` is true of: several may have asked for a
  // topic.
  template <class IsMeant>
  void answer_routes(Condition condition, std::string_view symbol, IsMeant&& is_meant) {
    for (const Route& route : traits_.routes) {
      if (is_meant(route)) answer(condition, symbol, route.channel);
    }
  }
  // The same for a channel and those that share its topic.
  void answer_shared(Condition condition, std::string_view symbol, std::optional<Channel> channel) {
    const Route* const named = channel ? route_of(traits_, *channel) : nullptr;
    if (named == nullptr) return answer(condition, symbol, channel);
    answer_routes(condition, symbol, [named](const Route& route) {
      return route.topic == named->topic && route.group == named->group;
    });
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

  [[gnu::noinline, gnu::cold]] void hand_over_answers(const Reading& reading, Output& out) {
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

// Hands the instruments of one listing on. Of several entries with one symbol, none takes the place
// of what trades: venues list placeholders beside it.
class Listed final : public EventHandler {
 public:
  explicit Listed(EventHandler& handler) : handler_(handler) {}
  void on_event(Event& event) override;

 private:
  EventHandler& handler_;
  std::unordered_set<std::string> trading_;
};

// An adapter out of data and a decoder D. What D has of these static functions is used; without
// `read_rest` the venue has no REST.
//   Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body, Output&,
//                     RestReading&, std::string& problem)
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
    codec::JsonReader json;  // not a decoder's: a listing takes megabytes, every half hour
    const bool is_listing = call.kind == RestKind::listing;
    if (is_listing) json.leave_out_bad_rows();
    Listed listed{handler};
    Output out{traits_.name, ts_recv, is_listing ? listed : handler};
    std::string problem;
    if constexpr (requires { &D::template read_rest<codec::Scanner>; }) {
      const auto verdict = json.read<Verdict::data>([&](auto& in) {
        answer = {};
        problem.clear();
        return D::read_rest(traits_, in, call, body, out, answer, problem);
      });
      answer.left_out = json.bad_rows().count;
      if (answer.left_out > 0) answer.problem = json.bad_rows().first;
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

// A spot instrument by its currencies around a separator, "BTC-USDT".
[[nodiscard]] std::optional<InstrumentInfo> pair_spelled(std::string_view symbol, char separator);

// Makes an option of an instrument by the end of its symbol, "100000" and "C" or "P"; false where
// it says anything else.
[[nodiscard]] bool make_option(InstrumentInfo& info, std::string_view strike,
                               std::string_view type);

// The taker's side by the sign of a quantity, which loses it.
[[nodiscard]] Side side_of_sign(Quantity& quantity);

// From `start` to `end`, nothing unless that is a whole number of hours, at least one.
[[nodiscard]] std::optional<Decimal> hours_between(std::optional<Timestamp> start,
                                                   std::optional<Timestamp> end);
// The hours of an interval that a venue counts in smaller units, likewise.
[[nodiscard]] std::optional<Decimal> hours_of(std::optional<std::int64_t> count,
                                              std::int64_t in_an_hour);

}  // namespace mp::venue
