// L3. What the versions of Bitget's protocol share: v1 and v2 name a topic "channel" and a symbol
// "instId"; books, candles as rows, acknowledgements and refusals are alike.
#pragma once

#include <string_view>

#include "venue/contract_facts.hpp"
#include "venue/ticker_quote.hpp"

namespace mp::venue::bitget {

using namespace codec;  // the vocabulary of shapes

[[nodiscard]] inline std::optional<Channel> channel_of(std::string_view topic) {
  if (topic == "publicTrade" || topic == "trade") return Channel::trade;
  if (topic == "books1") return Channel::quote;
  if (topic.starts_with("books")) return Channel::book;
  if (topic == "kline" || topic.starts_with("candle")) return Channel::candle;
  return channel_named(topic);  // ticker, liquidation
}

struct Arg {
  std::optional<std::string_view> topic, symbol, interval;
};
using ArgShape = Loose<OneOf<Field<"topic", &Arg::topic>, Field<"channel", &Arg::topic>>,
                       OneOf<Field<"symbol", &Arg::symbol>, Field<"instId", &Arg::symbol>>,
                       Field<"interval", &Arg::interval>>;

// What comes before the data tells what it is.
struct Head {
  std::string_view action;
  Arg arg;
  bool data = false;
};
using HeadShape = Shape<Field<"action", &Head::action>, Object<"arg", &Head::arg, ArgShape>,
                        Seen<"data", &Head::data>, Rest>;
struct Notice {
  std::optional<std::string_view> event;
  std::optional<std::string_view> code, message;
  std::optional<Arg> arg;
};
using NoticeShape = Loose<Field<"event", &Notice::event>, Id<"code", &Notice::code>,
                          Field<"msg", &Notice::message>, Object<"arg", &Notice::arg, ArgShape>>;

template <class S, class M>
using BatchShape = Loose<Rows<"data", &Batch<M>::rows, S>, Field<"ts", &Batch<M>::time>>;

using BookMessage = Message<Book>;
using BookShape =
    Loose<OneOf<Field<"a", &BookMessage::ask_levels, kOptional>,
                Field<"asks", &BookMessage::ask_levels, kOptional>>,
          OneOf<Field<"b", &BookMessage::bid_levels, kOptional>,
                Field<"bids", &BookMessage::bid_levels, kOptional>>,
          Field<"checksum", &Book::checksum>, Field<"seq", &Book::last_sequence>,
          Field<"pseq", &Book::previous_sequence>, Field<"ts", &Facts::time, kRequired>>;

using CandleMessage = Message<Candle>;
using CandleRow = Row<&Candle::open_time, &Candle::open, &Candle::high, &Candle::low,
                      &Candle::close, cell<&Candle::volume, kRequired>, &Candle::quote_volume>;

struct TickerMessage : ContractTicker {
  std::optional<std::string_view> index_text;  // where the adapter reads it itself
  std::optional<Timestamp> delivery;
};
// What is to be delivered has no funding: a rate of 0, and its next time is 0 or empty.
inline void send(TickerMessage& ticker, Output& out) {
  const bool dated = ticker.delivery.value_or(Timestamp{}) > Timestamp{};
  if (ticker.next_funding == Timestamp{} || (dated && !ticker.next_funding))
    ticker.funding_rate.reset();
  if (ticker.last_price) send<Ticker>(ticker, out);
  send_facts(ticker, ticker, out);
}

// An answer by REST.
template <class S, class M>
using AnswerShape = Loose<Id<"code", &Batch<M>::code, kRequired>, Field<"msg", &Batch<M>::words>,
                          Rows<"data", &Batch<M>::rows, S, kOptional>>;
template <class S, class M>
[[nodiscard]] Verdict read_rest_answer(auto& in, std::string_view body, Batch<M>& answer,
                                       std::string& problem) {
  if (!in.template read<AnswerShape<S, M>>(body, answer)) return Verdict::malformed;
  if (answer.code == "00000") return Verdict::data;
  problem.assign(*answer.code).append(" ").append(answer.words.value_or(""));
  return Verdict::rejected;
}

// The word behind "channel:" in "instType:SP,channel:trade,instId:NOPE doesn't exist".
[[nodiscard]] inline std::string_view word_after(std::string_view key, std::string_view text) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find_first_of(", "));
}

// The decoder of a version has read_topic(in, topic, frame, out) for what it does not share.
template <class Self>
class Decoder : public JsonDecoder<Self> {
 public:
  using JsonDecoder<Self>::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    return frame == "pong" ? kControl : JsonDecoder<Self>::read(frame, ts_recv, handler);
  }

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return read_notice(in, frame, reading);
    const auto topic = head_.arg.topic.value_or("");
    if (symbol().empty() && topic != "liquidation") return Verdict::unknown;
    if (topic.starts_with("books")) return read_books(in, topic, frame, out);
    if (topic.starts_with("candle"))
      return read_candles<CandleRow>(in, topic.substr(6), frame, out);
    return static_cast<Self*>(this)->read_topic(in, topic, frame, out);
  }

 protected:
  [[nodiscard]] std::string_view symbol() const { return head_.arg.symbol.value_or(""); }
  [[nodiscard]] std::string_view interval() const { return head_.arg.interval.value_or(""); }
  [[nodiscard]] bool is_snapshot() const { return head_.action == "snapshot"; }

  template <class S, class M, class HandOver>
  static Verdict read_batch(auto& in, std::string_view frame, Batch<M>& batch,
                            HandOver&& hand_over) {
    if (!in.template read<BatchShape<S, M>>(frame, batch)) return Verdict::malformed;
    for (M& message : batch.rows) hand_over(message);
    return Verdict::data;
  }

  // `interval` is the venue's word; older versions had longer ones too, and days by UTC.
  template <class S>
  Verdict read_candles(auto& in, std::string_view interval, std::string_view frame, Output& out) {
    constexpr std::string_view kByUtc = "utc";
    if (interval.ends_with(kByUtc)) interval.remove_suffix(kByUtc.size());
    auto ours = our_interval(this->traits(), interval);
    if (interval == "3D") ours = "3d";
    if (interval == "1W") ours = "1w";
    return read_batch<S>(in, frame, candles_, [&](CandleMessage& candle) {
      candle.symbol = symbol();
      candle.time = candles_.time;
      candle.interval = ours;
      send(candle, out);
    });
  }

 private:
  void send_best(const BookMessage& book, Output& out) {
    Quote best = best_of(book);
    drop_zeros(best.bid_price, best.bid_quantity);
    drop_zeros(best.ask_price, best.ask_quantity);
    out(symbol(), book.time, best);
  }

  // "books1" has the best level of each side.
  Verdict read_books(auto& in, std::string_view topic, std::string_view frame, Output& out) {
    return read_batch<BookShape>(in, frame, books_, [&](BookMessage& book) {
      if (topic == "books1") return send_best(book, out);
      book.symbol = symbol();
      book.is_snapshot = is_snapshot();
      book.depth = number_after(topic, "books");
      if (book.previous_sequence == 0) book.previous_sequence.reset();  // of a snapshot
      if (book.checksum == 0) book.checksum.reset();                    // not computed
      send(book, out);
    });
  }

  Verdict read_notice(auto& in, std::string_view frame, Reading& reading) {
    if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
    if (!notice_.event) return Verdict::unknown;
    if (notice_.event == "error") return read_refusal(reading);
    if (notice_.event == "subscribe" && notice_.arg) {
      this->answer_shared(Condition::subscribed, notice_.arg->symbol.value_or(""),
                          channel_of(notice_.arg->topic.value_or("")));
    }
    return Verdict::control;
  }

  // Where the argument is not repeated, the words may name it.
  Verdict read_refusal(Reading& reading) {
    const auto words = notice_.message.value_or("");
    auto topic = word_after("channel:", words);
    auto symbol = word_after("instId:", words);
    if (notice_.arg) {
      topic = notice_.arg->topic.value_or("");
      symbol = notice_.arg->symbol.value_or("");
    }
    if (!topic.empty()) this->answer_shared(Condition::rejected, symbol, channel_of(topic));
    return this->refuse(reading, notice_.code.value_or(""), words);
  }

  Head head_;  // scratch, as what follows
  Notice notice_;
  Batch<BookMessage> books_;
  Batch<CandleMessage> candles_;
};

}  // namespace mp::venue::bitget
