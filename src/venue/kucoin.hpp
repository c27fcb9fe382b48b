// L3. What KuCoin's markets share: the envelope of messages, tokens, candles.
#pragma once

#include "venue/support.hpp"

namespace mp::venue::kucoin {

// One request has one channel (the group) and symbols, joined by commas in its one topic.
inline constexpr Requests kRequests = {
    .subscribe = R"({"id":"{id}","type":"subscribe","topic":"{group}{topics}",)"
                 R"("privateChannel":false,"response":true})",
    .unsubscribe = R"({"id":"{id}","type":"unsubscribe","topic":"{group}{topics}",)"
                   R"("privateChannel":false,"response":true})",
    .after_welcome = true,
    .source = "WebSocket API, Introduction: Create connection; Subscribe",
};
inline constexpr Ping kPing = {.text = R"({"id":"{id}","type":"ping"})",
                               .every = std::chrono::seconds{18},
                               .pace = PingPace::regular,
                               .source = "WebSocket API, Introduction: Ping"};
inline constexpr Limits kLimits = {
    .topics_per_session = 300,
    .topics_per_request = 100,
    .requests = {90, std::chrono::seconds{10}},  // 100 are allowed, pings among them
    .connects = {1, std::chrono::seconds{2}},    // 30 in a minute
    .rest_calls = {10, std::chrono::seconds{1}},
    .rest_weight = {2000, std::chrono::seconds{30}},
    .rest_spent = {"gw-ratelimit-remaining", SpentHeader::Tells::left},
    .session_lifetime = std::chrono::hours{24},
    .source = "Rate Limit: public pool; WebSocket limits",
};
inline constexpr Endpoint kToken = {.kind = RestKind::token,
                                    .target = "/api/v1/bullet-public",
                                    .method = Method::post,
                                    .weight = 10,
                                    .evidence = "documented"};

struct Envelope {
  std::optional<std::string_view> type, topic, subject, id, code;
  std::optional<codec::Raw> data;
};
using EnvelopeShape =
    codec::Loose<codec::Field<"type", &Envelope::type>, codec::Field<"topic", &Envelope::topic>,
                 codec::Field<"subject", &Envelope::subject>, codec::Id<"id", &Envelope::id>,
                 codec::Id<"code", &Envelope::code>, codec::Field<"data", &Envelope::data>>;

// "/market/match:BTC-USDT"
struct TopicName {
  std::string_view kind, symbol;
};
[[nodiscard]] inline TopicName topic_name(std::string_view topic) {
  const auto colon = std::min(topic.find(':'), topic.size());
  return {topic.substr(0, colon), topic.substr(std::min(colon + 1, topic.size()))};
}

struct CandleMessage : MessageFacts {
  Candle candle;
};

// [price, quantity]; empty, null or missing where a side has none.
struct Best {
  std::optional<Price> price;
  std::optional<Quantity> quantity;
};

// A REST answer, read far enough to know whether it is one.
struct Answer {
  std::string_view code;
  std::optional<std::string_view> message;
  std::optional<codec::Raw> data;
};
using AnswerShape =
    codec::Loose<codec::Id<"code", &Answer::code>, codec::Field<"msg", &Answer::message>,
                 codec::Field<"data", &Answer::data>>;

struct Server {
  std::string_view endpoint;
  std::optional<std::int64_t> ping_ms;
};
struct Token {
  std::string_view token;
  codec::RowList<Server> servers;
};
using TokenShape =
    codec::Loose<codec::Field<"token", &Token::token>,
                 codec::Rows<"instanceServers", &Token::servers,
                             codec::Loose<codec::Field<"endpoint", &Server::endpoint>,
                                          codec::Field<"pingInterval", &Server::ping_ms>>>>;
Verdict read_token(auto& in, std::string_view data, RestReading& answer) {
  Token token;
  if (!in.template read<TokenShape>(data, token) || token.servers.empty())
    return Verdict::malformed;
  // The id of a connection must be new each time, as the token is.
  const auto id = std::hash<std::string_view>{}(token.token);
  answer.ws_url.assign(token.servers[0].endpoint)
      .append("?token=")
      .append(percent_encoded(token.token))
      .append("&connectId=")
      .append(std::to_string(id));
  constexpr std::int64_t kPingMax = 600'000;
  const auto ping = token.servers[0].ping_ms.value_or(0);
  if (ping > 0 && ping <= kPingMax) answer.ping_every = std::chrono::milliseconds{ping};
  return Verdict::data;
}

// `Self` has read_message(in, envelope, name, data, out) and a static
// read_rest_answer(in, call, data, out).
template <class Self>
class KucoinDecoder : public JsonDecoder<Self> {
 public:
  using JsonDecoder<Self>::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    const bool message = envelope_.type.value_or("message") == "message";
    if (!message) return read_notice(reading);
    if (!envelope_.topic || !envelope_.data) return Verdict::unknown;
    return static_cast<Self*>(this)->read_message(in, envelope_, topic_name(*envelope_.topic),
                                                  envelope_.data->json, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading& reading, std::string& problem) {
    Answer answer;
    if (!in.template read<AnswerShape>(body, answer)) return Verdict::malformed;
    if (answer.code != "200000" || !answer.data)
      return problem = answer.message.value_or(answer.code), Verdict::rejected;
    if (call.kind == RestKind::token) return read_token(in, answer.data->json, reading);
    return Self::read_rest_answer(in, call, answer.data->json, out);
  }

 protected:
  // Candles name the interval behind the symbol, "BTC-USDT_1min".
  template <class Shape>
  Verdict read_candle(auto& in, const TopicName& name, std::string_view data, Output& out) {
    if (!in.template read<Shape>(data, candle_)) return Verdict::malformed;
    const auto interval =
        name.symbol.substr(std::min(name.symbol.rfind('_') + 1, name.symbol.size()));
    candle_.candle.interval = our_interval(this->traits(), interval);
    out(candle_.symbol, candle_.time, candle_.candle);
    return Verdict::data;
  }

 private:
  Verdict read_notice(Reading& reading) {
    const auto type = *envelope_.type;
    reading.answers = request_number(envelope_.id);
    reading.ready = type == "welcome";
    if (type == "error") {
      std::string_view words = envelope_.data ? envelope_.data->json : "";
      if (words.size() >= 2 && words.front() == '"') words = words.substr(1, words.size() - 2);
      return this->refuse(reading, envelope_.code.value_or(""), words);
    }
    if (type != "ack") reading.answers.reset();
    return type == "welcome" || type == "ack" || type == "pong" ? Verdict::control
                                                                : Verdict::unknown;
  }

  Envelope envelope_;  // scratch, as what follows
  CandleMessage candle_;
};

}  // namespace mp::venue::kucoin
