// Binance spot as its documentation describes it:
// https://developers.binance.com/docs/binance-spot-api-docs
#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <map>

#include "codec/json_encode.hpp"
#include "sim/binance_messages.hpp"
#include "sim/request.hpp"
#include "sim/text.hpp"
#include "sim/venues.hpp"
#include "sim/weight_meter.hpp"

namespace mp::sim {
namespace binance {
namespace {

constexpr std::chrono::milliseconds kSlowDepthEvery{1000};
constexpr std::int64_t kDepthLimitMax = 5000;
constexpr std::size_t kStreamsMax = 1024;  // per connection
constexpr std::size_t kPastMax = 20'000;   // trades of a market that a client may still ask for

enum Stream : std::size_t { trade, book_ticker, depth_slow, depth_fast, ticker, kline, kStreams };
constexpr std::array<std::string_view, kStreams> kSuffixes = {
    "@trade", "@bookTicker", "@depth", "@depth@100ms", "@ticker", "@kline_1m"};

struct Listing {
  Listing(const InstrumentSpec& spec, std::uint64_t seed, Timestamp now)
      : market(spec, seed, now), lower(spec.symbol) {
    for (char& c : lower) c = static_cast<char>(c + ('a' - 'A'));
    slow.last_sequence = fast.last_sequence = market.sequence();
  }

  [[nodiscard]] bool wanted() const {
    return std::ranges::any_of(subscribers, [](const auto& list) { return !list.empty(); });
  }

  Market market;
  std::string lower;  // as in stream names
  DepthStream slow;
  DepthStream fast;
  std::array<std::vector<ConnectionId>, kStreams> subscribers;
  std::deque<PastTrade> past;  // the newest kPastMax, by id without a hole
};

struct Client {
  bool combined = false;
  std::vector<std::string> streams;  // as asked for: names that mean nothing too, as at the venue
};

HttpAnswer refusal(unsigned status, std::string_view body) {
  return {.status = status, .body = std::string(body), .headers = {}, .entry = {}};
}

class Binance final : public Exchange {
 public:
  Binance(std::uint64_t seed, Timestamp now, const VenueOptions& options)
      : options_(options), random_(seed) {
    for (const InstrumentSpec& spec : binance::instruments())
      listings_.emplace_back(spec, random_.next(), now);
  }

  [[nodiscard]] std::string_view name() const override { return kVenue; }
  [[nodiscard]] DoorRules door() const override {
    DoorRules rules;
    rules.ping_every = std::chrono::seconds{20};
    rules.pong_within = std::chrono::seconds{60};
    rules.frames_per_second = 5;
    return options_.door.value_or(rules);
  }

  HttpAnswer http(std::string_view target, Timestamp now) override;
  bool connect(ConnectionId id, std::string_view target) override;
  void disconnect(ConnectionId id) override;
  void receive(ConnectionId id, std::string_view text, Timestamp now,
               std::vector<Frame>& out) override;
  std::size_t advance(Timestamp now, std::size_t wanted, std::vector<Frame>& out) override;

 private:
  HttpAnswer exchange_info(std::string_view target, Timestamp now) const;
  HttpAnswer depth(std::string_view target) const;
  HttpAnswer historical_trades(std::string_view target) const;
  void subscribe(ConnectionId id, std::string_view stream);
  void unsubscribe(ConnectionId id, std::string_view stream);
  std::vector<ConnectionId>* subscribers_of(std::string_view stream);
  void append_list(ConnectionId id, std::string& out);
  [[nodiscard]] std::string answer_to(ConnectionId id, std::string_view text);
  // Sends body_, which says what `entry` says, to the stream's subscribers.
  void publish(Listing& from, Stream stream, const Entry& entry, std::vector<Frame>& out);
  void publish_outcome(Listing& from, Timestamp now, std::vector<Frame>& out);
  void publish_depth(Listing& from, Stream stream, Timestamp now, std::vector<Frame>& out);
  void publish_timed(Timestamp now, std::vector<Frame>& out);

  VenueOptions options_;
  Random random_;
  std::vector<Listing> listings_;
  std::map<ConnectionId, Client> clients_;
  RequestReader requests_;
  Cadence depth_fast_{options_.depth_every};
  Cadence depth_slow_{kSlowDepthEvery};
  Cadence ticker_{options_.ticker_every};
  Cadence kline_{options_.candle_every};
  WeightMeter weight_{options_.rest_weight_per_minute};
  // Scratch of one advance().
  std::string body_;
  Outcome outcome_;
  std::vector<Listing*> wanted_;
  std::size_t published_ = 0;
};

// ---- REST ----

HttpAnswer Binance::http(std::string_view target, Timestamp now) {
  auto counted = weight_.count(target, now);
  if (counted.status != 200) {
    return {.status = counted.status,
            .body = std::move(counted.body),
            .headers = std::move(counted.headers),
            .entry = {}};
  }
  const std::string_view path = path_of(target);
  HttpAnswer answer;
  if (path == "/api/v3/exchangeInfo") {
    answer = exchange_info(target, now);
  } else if (path == "/api/v3/depth") {
    answer = depth(target);
  } else if (path == "/api/v3/historicalTrades") {
    answer = historical_trades(target);
  } else {
    answer = refusal(404, R"({"code":-1,"msg":"Not found."})");
  }
  answer.headers = std::move(counted.headers);
  return answer;
}

HttpAnswer Binance::historical_trades(std::string_view target) const {
  const auto symbol = query_value(target, "symbol").value_or("");
  const auto found = std::ranges::find_if(
      listings_, [&](const Listing& listing) { return listing.market.spec().symbol == symbol; });
  if (found == listings_.end()) return refusal(400, R"({"code":-1121,"msg":"Invalid symbol."})");
  HttpAnswer answer;
  append_past_trades(found->market, found->past, query_value(target, "fromId"),
                     query_value(target, "limit"), answer.body);
  return answer;
}

HttpAnswer Binance::exchange_info(std::string_view target, Timestamp now) const {
  const auto one = query_value(target, "symbol");
  const auto some = query_value(target, "symbols");  // ["BTCUSDT","ETHUSDT"]
  HttpAnswer answer;
  append(answer.body, R"({"timezone":"UTC","serverTime":)", milliseconds(now),
         R"(,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,)"
         R"("limit":)",
         options_.rest_weight_per_minute, R"(}],"exchangeFilters":[],"symbols":[)");
  std::size_t listed = 0;
  for (const Listing& each : listings_) {
    const InstrumentSpec& spec = each.market.spec();
    if (one && *one != spec.symbol) continue;
    if (some && some->find('"' + std::string(spec.symbol) + '"') == std::string::npos) continue;
    if (listed++ > 0) answer.body += ',';
    append_symbol(spec, answer.body);
  }
  answer.body += "]}";
  if (listed == 0) return refusal(400, R"({"code":-1121,"msg":"Invalid symbol."})");
  return answer;
}

HttpAnswer Binance::depth(std::string_view target) const {
  const auto symbol = query_value(target, "symbol");
  if (!symbol)
    return refusal(400, R"({"code":-1102,"msg":"Mandatory parameter 'symbol' was not sent, was )"
                        R"(empty/null, or malformed."})");
  const auto from = std::ranges::find_if(
      listings_, [&](const Listing& each) { return each.market.spec().symbol == *symbol; });
  if (from == listings_.end()) return refusal(400, R"({"code":-1121,"msg":"Invalid symbol."})");
  const std::int64_t limit = std::atoll(query_value(target, "limit").value_or("100").c_str());
  if (limit < 1)
    return refusal(400, R"({"code":-1130,"msg":"Data sent for parameter 'limit' is not valid."})");
  HttpAnswer answer;
  answer.entry = append_snapshot(
      from->market, static_cast<std::size_t>(std::min(limit, kDepthLimitMax)), answer.body);
  return answer;
}

// ---- WebSocket: what the client asks for ----

bool Binance::connect(ConnectionId id, std::string_view target) {
  const std::string_view path = path_of(target);
  std::string names;
  if (path == "/stream") {
    names = query_value(target, "streams").value_or("");
  } else if (path.starts_with("/ws/")) {
    names = path.substr(4);
  } else if (path != "/ws") {
    return false;
  }
  clients_[id].combined = path == "/stream";
  std::string_view rest = names;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('/'));
    subscribe(id, one);
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return true;
}

void Binance::disconnect(ConnectionId id) {
  for (Listing& each : listings_) {
    for (auto& list : each.subscribers) std::erase(list, id);
  }
  clients_.erase(id);
}

std::vector<ConnectionId>* Binance::subscribers_of(std::string_view stream) {
  for (Listing& each : listings_) {
    if (!stream.starts_with(each.lower)) continue;
    const auto suffix = std::ranges::find(kSuffixes, stream.substr(each.lower.size()));
    if (suffix == kSuffixes.end()) return nullptr;
    return &each.subscribers[static_cast<std::size_t>(suffix - kSuffixes.begin())];
  }
  return nullptr;
}

void Binance::subscribe(ConnectionId id, std::string_view stream) {
  auto& streams = clients_[id].streams;
  if (stream.empty() || streams.size() >= kStreamsMax) return;
  if (std::ranges::find(streams, stream) != streams.end()) return;
  streams.emplace_back(stream);
  if (auto* const list = subscribers_of(stream)) list->push_back(id);
}

void Binance::unsubscribe(ConnectionId id, std::string_view stream) {
  std::erase(clients_[id].streams, stream);
  if (auto* const list = subscribers_of(stream)) std::erase(*list, id);
}

void Binance::append_list(ConnectionId id, std::string& out) {
  out += '[';
  for (const std::string& stream : clients_[id].streams) {
    if (out.back() != '[') out += ',';
    codec::append_json_string(stream, out);
  }
  out += ']';
}

void Binance::receive(ConnectionId id, std::string_view text, Timestamp, std::vector<Frame>& out) {
  out.push_back({.connection = id, .text = answer_to(id, text), .entries = {}});
}

std::string Binance::answer_to(ConnectionId id, std::string_view text) {
  const auto request = requests_.read(text);
  if (!request)
    return R"({"error":{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}})";
  std::string answer;
  const auto refuse = [&](std::string_view why, std::string_view tail = {}) {
    std::string message = "Invalid request: ";
    append(message, why, tail);
    answer = R"({"error":{"code":2,"msg":)";
    codec::append_json_string(message, answer);
    answer += '}';
    if (request->number) append(answer, R"(,"id":)", *request->number);
    return answer + '}';
  };
  if (!request->number) return refuse("request ID must be an unsigned integer");
  if (request->method.empty()) return refuse("missing field `method`");
  const bool subscribes = request->method == "SUBSCRIBE";
  if (request->method == "LIST_SUBSCRIPTIONS") {
    answer = R"({"result":)";
    append_list(id, answer);
  } else if (!subscribes && request->method != "UNSUBSCRIBE") {
    return refuse("unknown variant `" + std::string(request->method),
                  "`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`");
  } else if (!request->has_params) {
    return refuse("missing field `params`");
  } else {
    for (const std::string_view stream : request->params) {
      subscribes ? subscribe(id, stream) : unsubscribe(id, stream);
    }
    answer = R"({"result":null)";
  }
  append(answer, R"(,"id":)", *request->number, "}");
  return answer;
}

// ---- WebSocket: what the market says ----

void Binance::publish(Listing& from, Stream stream, const Entry& entry, std::vector<Frame>& out) {
  ++published_;
  for (const ConnectionId id : from.subscribers[stream]) {
    Frame& frame = out.emplace_back();
    frame.connection = id;
    if (clients_[id].combined) {
      append(frame.text, R"({"stream":")", from.lower, kSuffixes[stream], R"(","data":)", body_,
             "}");
    } else {
      frame.text = body_;
    }
    frame.entries.push_back(entry);
    frame.entries.back().connection = id;
  }
}

void Binance::publish_outcome(Listing& from, Timestamp now, std::vector<Frame>& out) {
  for (const Fill& fill : outcome_.fills) from.past.push_back({fill, now});
  while (from.past.size() > kPastMax) from.past.pop_front();
  if (!from.subscribers[trade].empty()) {
    for (const Fill& fill : outcome_.fills) {
      body_.clear();
      publish(from, trade, append_trade(from.market, fill, now, body_), out);
    }
  }
  if (outcome_.top_changed && !from.subscribers[book_ticker].empty()) {
    body_.clear();
    publish(from, book_ticker, append_book_ticker(from.market, body_), out);
  }
  for (auto* const depth : {&from.slow, &from.fast}) {
    depth->touched.insert(depth->touched.end(), outcome_.touched.begin(), outcome_.touched.end());
  }
}

void Binance::publish_depth(Listing& from, Stream stream, Timestamp now, std::vector<Frame>& out) {
  DepthStream& depth = stream == depth_slow ? from.slow : from.fast;
  if (depth.last_sequence == from.market.sequence()) return;
  body_.clear();
  const Entry entry = append_depth(from.market, depth, now, body_);
  if (!from.subscribers[stream].empty()) publish(from, stream, entry, out);
}

void Binance::publish_timed(Timestamp now, std::vector<Frame>& out) {
  const bool fast_due = depth_fast_.due(now);
  const bool slow_due = depth_slow_.due(now);
  const bool ticker_due = ticker_.due(now);
  const bool kline_due = kline_.due(now);
  for (Listing& each : listings_) {
    if (fast_due) publish_depth(each, depth_fast, now, out);
    if (slow_due) publish_depth(each, depth_slow, now, out);
    if (ticker_due && !each.subscribers[ticker].empty()) {
      body_.clear();
      publish(each, ticker, append_ticker(each.market, now, body_), out);
    }
    const auto send_kline = [&](const Bar& bar, BarState state) {
      body_.clear();
      publish(each, kline, append_kline(each.market, bar, state, now, body_), out);
    };
    const auto closed = each.market.roll(now);
    if (each.subscribers[kline].empty()) continue;
    if (closed) send_kline(*closed, BarState::closed);
    if (kline_due) send_kline(each.market.minute(), BarState::open);
  }
}

std::size_t Binance::advance(Timestamp now, std::size_t wanted, std::vector<Frame>& out) {
  published_ = 0;
  publish_timed(now, out);
  wanted_.clear();
  for (Listing& each : listings_) {
    if (each.wanted()) wanted_.push_back(&each);
  }
  if (wanted_.empty()) return published_;
  for (std::size_t i = 0; i < wanted * kActionsPerMessage && published_ < wanted; ++i) {
    Listing& from = *wanted_[static_cast<std::size_t>(
        random_.below(static_cast<std::int64_t>(wanted_.size())))];
    outcome_.clear();
    from.market.act(outcome_);
    publish_outcome(from, now, out);
  }
  return published_;
}

}  // namespace
}  // namespace binance

std::unique_ptr<Exchange> make_binance(std::uint64_t seed, Timestamp now,
                                       const VenueOptions& options) {
  return std::make_unique<binance::Binance>(seed, now, options);
}

}  // namespace mp::sim
