// What the made-up venue says, and answers.
#include <fmt/format.h>

#include <algorithm>

#include "unit/simulation/world_links.hpp"

namespace mp::simulation {
namespace {

constexpr std::chrono::milliseconds kActEvery{400};  // on the average, of a market
// How far a connection falls behind, and how long that may go on: it is found half a minute after
// it is bad, later each time; minutes if that happens again and again.
constexpr std::chrono::seconds kStallMax{60};
constexpr std::chrono::minutes kStallPatience{10};
constexpr std::uint64_t kWeightMax = 6'000;  // in a minute

std::string value_of(const std::string& target, std::string_view key) {
  const auto at = target.find(std::string{key} + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + key.size() + 1;
  return target.substr(begin, target.find('&', begin) - begin);
}

}  // namespace

// --- the venue: streams ---

void World::act() {
  for (Market& market : markets_) {
    std::string lower = market.symbol();
    for (char& c : lower) c = static_cast<char>(c + ('a' - 'A'));
    const auto message = market.act(random_(), now_.utc);
    const auto stream = lower + (message.is_trade ? "@trade" : "@depth@100ms");
    publish(stream, fmt::format(R"({{"stream":"{}","data":{}}})", stream, message.data));
  }
  after(between(1ms, 2 * kActEvery), [this] { act(); });
}

void World::publish(const std::string& stream, const std::string& data) {
  for (const auto& link : links_) {
    if (!link->socket || !link->socket->streams.contains(stream)) continue;
    Socket& socket = *link->socket;
    if (socket.skips > 0 && below(2) == 0) {
      --socket.skips;
      continue;
    }
    const int times = socket.twices > 0 && below(2) == 0 ? 2 : 1;
    if (times == 2) --socket.twices;
    for (int i = 0; i < times; ++i) deliver(*link, data);
  }
}

void World::deliver(Link& link, std::string text, std::chrono::milliseconds late) {
  Socket& socket = *link.socket;
  if (socket.mute || socket.dead) return;
  if (socket.stalls_since) {
    socket.lag = std::min<std::chrono::milliseconds>(socket.lag + 500ms, kStallMax);
    if (now_.steady > *socket.stalls_since + kStallPatience)
      broken(link.leg->name() + ": it brings what is old, and is not renewed");
  }
  socket.last_delivery =
      std::max(socket.last_delivery, now_.steady + between(5ms, 120ms) + socket.lag + late);
  at(socket.last_delivery,
     [this, run = run_, at = &link, attempt = link.attempt, text = std::move(text)] {
       if (run != run_ || at->attempt != attempt || !at->socket) return;
       step(*at, {.kind = SessionInput::Kind::received});
       machine_->on_frame(*at->leg, text, now_.utc);
     });
}

// {"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}
void World::ask(Link& link, const std::string& text) {
  if (now_.steady < ignores_topics_until_) return;
  const auto at = text.find(R"("id":)");
  const std::string id = text.substr(at + 5, text.find_first_not_of("0123456789", at + 5) - at - 5);
  if (now_.steady < refuses_topics_until_)
    return deliver(link, R"({"error":{"code":2,"msg":"Invalid request"},"id":)" + id + "}");
  const bool subscribes = text.find("UNSUBSCRIBE") == std::string::npos;
  for (std::size_t begin = text.find('[') + 1; begin < text.size();) {
    const auto open = text.find('"', begin);
    const auto close = text.find('"', open + 1);
    const auto end = text.find(']', begin);
    if (open == std::string::npos || open > end) break;
    const std::string stream = text.substr(open + 1, close - open - 1);
    if (subscribes) {
      link.socket->streams.insert(stream);
    } else {
      link.socket->streams.erase(stream);
    }
    begin = close + 1;
  }
  deliver(link, R"({"result":null,"id":)" + id + "}");
}

// --- the venue: REST ---

void World::call(std::uint64_t number, const venue::RestCall& call) {
  note("call " + call.target);
  ++report_.calls;
  calls_.insert(number);
  if (ban_told_ && *ban_told_ < now_.steady && now_.steady < banned_until_)
    broken("a call while the venue wants none: " + call.target);
  after(between(10ms, 150ms), [this, run = run_, number, call] {
    count_call(call.weight);
    if (run == run_) answer(number, call);
  });
}

void World::count_call(std::uint32_t weight) {
  spent_.emplace_back(now_.steady, weight);
  while (spent_.front().first <= now_.steady - 1min) spent_.pop_front();
  std::uint64_t sum = 0;
  for (const auto& [when, amount] : spent_) sum += amount;
  report_.weight_most = std::max(report_.weight_most, sum);
  if (sum > kWeightMax) broken(fmt::format("{} of weight in a minute", sum));
}

void World::answer(std::uint64_t number, const venue::RestCall& call) {
  const auto under_way = [this, run = run_, number] {
    return run == run_ && calls_.erase(number) > 0;
  };
  const auto fail = [this, under_way, number](int status,
                                              std::optional<std::chrono::milliseconds> retry) {
    if (!under_way()) return;
    noticed();
    if (retry) ban_told_ = now_.steady;
    machine_->failed(
        number, {.problem = {ErrorKind::unavailable, "no"}, .status = status, .retry_after = retry},
        now_);
  };
  const auto back = between(10ms, 150ms);
  if (now_.steady < banned_until_) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(banned_until_ - now_.steady);
    return after(back, [fail, left] { fail(429, left); });
  }
  if (now_.steady < rest_fails_until_) return after(back, [fail] { fail(503, std::nullopt); });
  const bool slow = now_.steady < rest_slow_until_;
  if (slow && below(3) == 0) return after(30s, [fail] { fail(0, std::nullopt); });
  int status = 200;
  const std::string body = body_of(call.target, status);
  after(slow ? between(1s, 25s) : back, [this, under_way, fail, number, status, body] {
    if (status != 200) return fail(status, std::nullopt);
    if (under_way()) machine_->answered(number, body, now_);
  });
}

std::string World::body_of(const std::string& target, int& status) const {
  if (target.starts_with("/api/v3/exchangeInfo")) {
    std::string symbols;
    for (const Market& market : markets_) {
      symbols += fmt::format(
          R"({}{{"symbol":"{}","status":"TRADING","baseAsset":"{}","quoteAsset":"USDT","filters":[)"
          R"({{"filterType":"PRICE_FILTER","tickSize":"1"}},)"
          R"({{"filterType":"LOT_SIZE","stepSize":"1"}}]}})",
          symbols.empty() ? "" : ",", market.symbol(), market.symbol().substr(0, 3));
    }
    return R"({"symbols":[)" + symbols + "]}";
  }
  const auto market = std::ranges::find(markets_, value_of(target, "symbol"), &Market::symbol);
  if (market != markets_.end() && target.starts_with("/api/v3/depth")) return market->snapshot();
  if (market != markets_.end() && target.starts_with("/api/v3/historicalTrades"))
    return market->trades_from(std::stoll(value_of(target, "fromId")), 1000);
  status = 404;
  return {};
}

void World::cancel_calls() {
  for (const std::uint64_t number : std::exchange(calls_, {})) {
    after(0ms, [this, run = run_, number] {
      if (run == run_)
        machine_->failed(number, {.problem = {ErrorKind::unavailable, "cancelled"}}, now_);
    });
  }
}

}  // namespace mp::simulation
