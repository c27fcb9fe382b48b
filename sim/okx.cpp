// OKX v5 as its documentation describes it: https://www.okx.com/docs-v5/en/
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "sim/okx_messages.hpp"
#include "sim/okx_replies.hpp"
#include "sim/request.hpp"
#include "sim/text.hpp"
#include "sim/venues.hpp"

namespace mp::sim {
namespace okx {
namespace {

constexpr std::chrono::milliseconds kMarkPriceEvery{200};
constexpr int kFundingRarer = 10;  // than open interest

enum Stream : std::size_t {
  trades,
  books,
  bbo,
  tickers,
  funding,
  open_interest,
  mark_price,
  candle,
  kStreams
};
struct StreamRule {
  std::string_view channel;
  bool business;   // on /ws/v5/business instead of /public
  bool swap_only;  // derivatives alone have it
};
constexpr std::array<StreamRule, kStreams> kRules = {{
    {"trades", false, false},
    {"books", false, false},
    {"bbo-tbt", false, false},
    {"tickers", false, false},
    {"funding-rate", false, true},
    {"open-interest", false, true},
    {"mark-price", false, false},
    {"candle1m", true, false},
}};

struct Listing {
  Listing(const InstrumentSpec& spec, std::uint64_t seed, Timestamp now)
      : market(spec, seed, now), book(book_of(market, now)) {}

  [[nodiscard]] bool wanted() const {
    return std::ranges::any_of(subscribers, [](const auto& list) { return !list.empty(); });
  }

  Market market;
  BookChannel book;
  std::array<std::vector<ConnectionId>, kStreams> subscribers;
};

struct Client {
  bool business = false;
  std::string id;  // "connId"
};

HttpAnswer rest_refusal(std::string_view code, std::string_view message) {
  HttpAnswer answer;
  append(answer.body, R"({"code":")", code, R"(","data":[],"msg":")", message, R"("})");
  return answer;
}

class Okx final : public Exchange {
 public:
  Okx(std::uint64_t seed, Timestamp now, const VenueOptions& options)
      : options_(options), random_(seed) {
    for (const InstrumentSpec& spec : okx::instruments())
      listings_.emplace_back(spec, random_.next(), now);
  }

  [[nodiscard]] std::string_view name() const override { return kVenue; }
  [[nodiscard]] DoorRules door() const override {
    DoorRules rules;
    rules.silence_max = std::chrono::seconds{30};
    return options_.door.value_or(rules);
  }

  HttpAnswer http(std::string_view target, Timestamp now) override;
  bool connect(ConnectionId id, std::string_view target) override;
  void disconnect(ConnectionId id) override;
  void receive(ConnectionId id, std::string_view text, Timestamp now,
               std::vector<Frame>& out) override;
  std::size_t advance(Timestamp now, std::size_t wanted, std::vector<Frame>& out) override;

 private:
  using Arg = ClientRequest::Arg;
  HttpAnswer instruments(std::string_view target) const;
  HttpAnswer rest_book(std::string_view target, Timestamp now) const;
  [[nodiscard]] Listing* listing(std::string_view symbol);
  void subscribe(ConnectionId id, const ClientRequest& request, const Arg& arg, Timestamp now,
                 std::vector<Frame>& out);
  void unsubscribe(ConnectionId id, const ClientRequest& request, const Arg& arg,
                   std::vector<Frame>& out);
  void reply(ConnectionId id, std::string text, std::vector<Frame>& out) {
    out.push_back({.connection = id, .text = std::move(text), .entries = {}});
  }
  [[nodiscard]] std::optional<Stream> stream_of(ConnectionId id, const Arg& arg);
  void send_instruments(ConnectionId id, std::string_view type, std::vector<Frame>& out);
  // The message that a fresh subscriber gets at once; none on channels where only news are sent.
  void send_first(ConnectionId id, Listing& from, Stream stream, Timestamp now,
                  std::vector<Frame>& out);
  [[nodiscard]] Entry append_current(const Listing& from, Stream stream, Timestamp now);
  // Sends data_, which says what `entry` says, to the stream's subscribers.
  void publish(Listing& from, Stream stream, const Entry& entry, std::vector<Frame>& out);
  void publish_book(Listing& from, Timestamp now, std::vector<Frame>& out);
  void publish_timed(Timestamp now, std::vector<Frame>& out);
  void publish_outcome(Listing& from, Timestamp now, std::vector<Frame>& out);
  [[nodiscard]] Checksum checksum() const {
    return options_.legacy_checksum ? Checksum::legacy : Checksum::zero;
  }

  VenueOptions options_;
  Random random_;
  std::vector<Listing> listings_;
  std::map<ConnectionId, Client> clients_;
  RequestReader requests_;
  Cadence books_{options_.depth_every};
  Cadence tickers_{options_.ticker_every};
  Cadence candle_{options_.candle_every};
  Cadence mark_price_{kMarkPriceEvery};
  Cadence open_interest_{options_.slow_every};
  Cadence funding_{options_.slow_every * kFundingRarer};
  // Scratch of one advance().
  std::string data_;
  Outcome outcome_;
  std::vector<Listing*> wanted_;
  std::size_t published_ = 0;
};

// ---- REST ----

HttpAnswer Okx::http(std::string_view target, Timestamp now) {
  const std::string_view path = path_of(target);
  if (path == "/api/v5/public/instruments") return instruments(target);
  if (path == "/api/v5/market/books") return rest_book(target, now);
  if (path == "/api/v5/public/underlying") return {.body = R"({"code":"0","data":[[]],"msg":""})"};
  HttpAnswer answer;
  answer.status = 404;
  answer.body = R"({"msg":"Invalid request URI","code":"404"})";
  return answer;
}

HttpAnswer Okx::instruments(std::string_view target) const {
  const auto type = query_value(target, "instType");
  const auto symbol = query_value(target, "instId");
  if (!type) return rest_refusal("50014", "Parameter instType can not be empty");
  if (*type != "SPOT" && *type != "SWAP" && *type != "FUTURES" && *type != "OPTION")
    return rest_refusal("51000", "Parameter instType error");
  HttpAnswer answer;
  answer.body = R"({"code":"0","data":[)";
  for (const Listing& each : listings_) {
    const InstrumentSpec& spec = each.market.spec();
    if (type_of(spec) != *type || (symbol && *symbol != spec.symbol)) continue;
    if (answer.body.back() != '[') answer.body += ',';
    static_cast<void>(append_instrument(spec, answer.body));
  }
  answer.body += R"(],"msg":""})";
  return answer;
}

HttpAnswer Okx::rest_book(std::string_view target, Timestamp now) const {
  const auto symbol = query_value(target, "instId");
  const auto from = std::ranges::find_if(listings_, [&](const Listing& each) {
    return symbol && each.market.spec().symbol == *symbol;
  });
  if (from == listings_.end()) return rest_refusal("51001", "Instrument ID does not exist");
  const std::int64_t size = std::atoll(query_value(target, "sz").value_or("1").c_str());
  if (size < 1 || size > static_cast<std::int64_t>(kBookDepth))
    return rest_refusal("51000", "Parameter sz error");
  HttpAnswer answer;
  answer.body = R"({"code":"0","msg":"","data":[)";
  answer.entry = append_rest_book(from->market, static_cast<std::size_t>(size), now, answer.body);
  answer.body += "]}";
  return answer;
}

// ---- WebSocket: what the client asks for ----

bool Okx::connect(ConnectionId id, std::string_view target) {
  const std::string_view path = path_of(target);
  if (path != "/ws/v5/public" && path != "/ws/v5/business") return false;
  char text[9];
  std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(random_.next() & 0xFFFFFFFFU));
  clients_[id] = {.business = path == "/ws/v5/business", .id = text};
  return true;
}

void Okx::disconnect(ConnectionId id) {
  for (Listing& each : listings_) {
    for (auto& list : each.subscribers) std::erase(list, id);
  }
  clients_.erase(id);
}

Listing* Okx::listing(std::string_view symbol) {
  const auto found = std::ranges::find_if(
      listings_, [&](const Listing& each) { return each.market.spec().symbol == symbol; });
  return found == listings_.end() ? nullptr : &*found;
}

// The stream that `arg` names on this connection, for an instrument that has it.
std::optional<Stream> Okx::stream_of(ConnectionId id, const Arg& arg) {
  const auto rule = std::ranges::find(kRules, arg.channel, &StreamRule::channel);
  const Listing* const from = listing(arg.inst_id);
  if (rule == kRules.end() || from == nullptr) return std::nullopt;
  if (rule->business != clients_[id].business) return std::nullopt;
  if (rule->swap_only && from->market.spec().kind == InstrumentKind::spot) return std::nullopt;
  return static_cast<Stream>(rule - kRules.begin());
}

void Okx::receive(ConnectionId id, std::string_view text, Timestamp now, std::vector<Frame>& out) {
  if (text == "ping") {
    reply(id, "pong", out);
    return;
  }
  const auto request = requests_.read(text);
  const bool subscribes = request && request->op == "subscribe";
  if (!request || request->args.empty() || (!subscribes && request->op != "unsubscribe")) {
    reply(id,
          refusal(clients_[id].id, request.value_or(ClientRequest{}), "60012",
                  "Invalid request: " + std::string(text)),
          out);
    return;
  }
  for (const Arg& arg : request->args) {
    subscribes ? subscribe(id, *request, arg, now, out) : unsubscribe(id, *request, arg, out);
  }
}

void Okx::subscribe(ConnectionId id, const ClientRequest& request, const Arg& arg, Timestamp now,
                    std::vector<Frame>& out) {
  if (arg.channel == "instruments" && (arg.inst_type == "SPOT" || arg.inst_type == "SWAP") &&
      !clients_[id].business) {
    reply(id, acknowledgement(clients_[id].id, request, arg), out);
    send_instruments(id, arg.inst_type, out);
    return;
  }
  const auto stream = stream_of(id, arg);
  if (!stream) {
    std::string why = "Wrong URL or channel:";
    append(why, arg.channel, ",instId:", arg.inst_id,
           " doesn't exist. Please use the correct URL, channel and parameters referring to API "
           "document.");
    reply(id, refusal(clients_[id].id, request, "60018", why), out);
    return;
  }
  Listing& from = *listing(arg.inst_id);
  reply(id, acknowledgement(clients_[id].id, request, arg), out);
  auto& list = from.subscribers[*stream];
  if (std::ranges::find(list, id) == list.end()) list.push_back(id);
  send_first(id, from, *stream, now, out);
}

void Okx::unsubscribe(ConnectionId id, const ClientRequest& request, const Arg& arg,
                      std::vector<Frame>& out) {
  if (const auto stream = stream_of(id, arg)) {
    std::erase(listing(arg.inst_id)->subscribers[*stream], id);
  }
  reply(id, acknowledgement(clients_[id].id, request, arg), out);
}

void Okx::send_instruments(ConnectionId id, std::string_view type, std::vector<Frame>& out) {
  Frame frame;
  frame.connection = id;
  append(frame.text, R"({"arg":{"channel":"instruments","instType":")", type, R"("},"data":[)");
  for (const Listing& each : listings_) {
    if (type_of(each.market.spec()) != type) continue;
    if (!frame.entries.empty()) frame.text += ',';
    frame.entries.push_back(append_instrument(each.market.spec(), frame.text));
    frame.entries.back().connection = id;
  }
  frame.text += "]}";
  out.push_back(std::move(frame));
}

void Okx::send_first(ConnectionId id, Listing& from, Stream stream, Timestamp now,
                     std::vector<Frame>& out) {
  if (stream == trades) return;
  data_.clear();
  Entry entry = stream == books ? append_snapshot(from.market, from.book, checksum(), data_)
                                : append_current(from, stream, now);
  entry.connection = id;
  out.push_back({.connection = id,
                 .text = envelope(kRules[stream].channel, from.market.spec(),
                                  stream == books ? "snapshot" : "", data_),
                 .entries = {std::move(entry)}});
}

// ---- WebSocket: what the market says ----

Entry Okx::append_current(const Listing& from, Stream stream, Timestamp now) {
  switch (stream) {
    case bbo:
      return append_bbo(from.market, now, data_);
    case tickers:
      return append_ticker(from.market, now, data_);
    case funding:
      return append_funding(from.market, now, data_);
    case open_interest:
      return append_open_interest(from.market, now, data_);
    case mark_price:
      return append_mark_price(from.market, now, data_);
    case candle:
      return append_candle(from.market, from.market.minute(), BarState::open, data_);
    case trades:
    case books:
    case kStreams:
      break;
  }
  MP_ASSERT(false);
}

void Okx::publish(Listing& from, Stream stream, const Entry& entry, std::vector<Frame>& out) {
  ++published_;
  const std::string_view action = stream == books ? "update" : "";
  const std::string text = envelope(kRules[stream].channel, from.market.spec(), action, data_);
  for (const ConnectionId id : from.subscribers[stream]) {
    out.push_back({.connection = id, .text = text, .entries = {entry}});
    out.back().entries.back().connection = id;
  }
}

void Okx::publish_book(Listing& from, Timestamp now, std::vector<Frame>& out) {
  const bool changed = from.book.sequence != from.market.sequence();
  if (!changed && now < from.book.time + options_.book_keep_alive) return;
  data_.clear();
  const Entry entry = append_update(from.market, from.book, checksum(), now, data_);
  if (!from.subscribers[books].empty()) publish(from, books, entry, out);
}

void Okx::publish_timed(Timestamp now, std::vector<Frame>& out) {
  const bool books_due = books_.due(now);
  const std::array<std::pair<Stream, bool>, 5> timed = {{{tickers, tickers_.due(now)},
                                                         {mark_price, mark_price_.due(now)},
                                                         {open_interest, open_interest_.due(now)},
                                                         {funding, funding_.due(now)},
                                                         {candle, candle_.due(now)}}};
  for (Listing& each : listings_) {
    if (const auto closed = each.market.roll(now); closed && !each.subscribers[candle].empty()) {
      data_.clear();
      publish(each, candle, append_candle(each.market, *closed, BarState::closed, data_), out);
    }
    if (books_due) publish_book(each, now, out);
    for (const auto& [stream, due] : timed) {
      if (!due || each.subscribers[stream].empty()) continue;
      data_.clear();
      publish(each, stream, append_current(each, stream, now), out);
    }
  }
}

void Okx::publish_outcome(Listing& from, Timestamp now, std::vector<Frame>& out) {
  if (!from.subscribers[trades].empty()) {
    for (const Fill& fill : outcome_.fills) {
      data_.clear();
      publish(from, trades, append_trade(from.market, fill, now, data_), out);
    }
  }
  if (outcome_.top_changed && !from.subscribers[bbo].empty()) {
    data_.clear();
    publish(from, bbo, append_bbo(from.market, now, data_), out);
  }
}

std::size_t Okx::advance(Timestamp now, std::size_t wanted, std::vector<Frame>& out) {
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
}  // namespace okx

std::unique_ptr<Exchange> make_okx(std::uint64_t seed, Timestamp now, const VenueOptions& options) {
  return std::make_unique<okx::Okx>(seed, now, options);
}

}  // namespace mp::sim
