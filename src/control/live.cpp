#include "control/live.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/json_exact.hpp"
#include "codec/json_object.hpp"
#include "core/hash.hpp"

namespace mp::control {
namespace {

using codec::append_json_value;
using codec::JsonObject;

constexpr std::chrono::milliseconds kFastest{50};
constexpr std::chrono::milliseconds kSlowest{5000};
constexpr std::int64_t kDepthUsual = 25;
constexpr std::int64_t kLiveDepthMax = 1000;

// The whole answer: {"topic":"status","data":...}
std::string message_of(std::string_view topic, std::string_view data) {
  std::string out;
  {
    JsonObject object{out};
    object.add("topic", topic);
    object.key("data").append(data);
  }
  return out;
}

// What a client may say.
struct LiveWish {
  std::optional<std::string_view> op;
  std::vector<std::string_view> topics;
  std::optional<std::int64_t> interval_ms;
  std::optional<std::string_view> venue;
  std::optional<std::string_view> name;
  std::optional<std::int64_t> depth;
};
using LiveWishShape = codec::Shape<
    codec::Field<"op", &LiveWish::op>, codec::Field<"topics", &LiveWish::topics, codec::kOptional>,
    codec::Field<"interval_ms", &LiveWish::interval_ms>, codec::Field<"venue", &LiveWish::venue>,
    codec::Field<"name", &LiveWish::name>, codec::Field<"depth", &LiveWish::depth>>;

std::chrono::milliseconds interval_in(const LiveWish& wish, std::chrono::milliseconds usual) {
  if (!wish.interval_ms) return usual;
  return std::clamp(std::chrono::milliseconds{*wish.interval_ms}, kFastest, kSlowest);
}

}  // namespace

void Live::complain(net::SocketId socket, std::string_view what) {
  std::string data;
  append_json_value(what, data);
  hands_.send(socket, message_of("error", data));
}

void Live::on_message(net::SocketId socket, std::string_view text) {
  const auto found = clients_.find(socket);
  if (found == clients_.end()) return;
  Client& client = found->second;
  codec::ExactReader reader;
  LiveWish wish;
  if (!reader.read<LiveWishShape>(text, wish))
    return complain(socket, "the message cannot be read: " + reader.problem());
  if (wish.op == "watch") {
    client.topics.clear();
    client.last.clear();
    for (const auto topic : wish.topics) {
      if (std::ranges::find(Observer::kDocuments, topic) == Observer::kDocuments.end())
        return complain(socket,
                        "a topic is unknown; expected some of status, instruments, "
                        "connections, sinks, performance and gaps");
      client.topics.emplace(topic);
    }
    client.interval = interval_in(wish, client.interval);
    client.due = {};
  } else if (wish.op == "book") {
    client.book.reset();
    if (!wish.name) return;
    const auto depth = std::clamp<std::int64_t>(wish.depth.value_or(kDepthUsual), 1, kLiveDepthMax);
    client.book = BookWatch{.venue = std::string{wish.venue.value_or("")},
                            .name = std::string{*wish.name},
                            .depth = static_cast<std::size_t>(depth),
                            .interval = interval_in(wish, kFastest)};
  } else {
    complain(socket, "\"op\" is unknown; expected watch or book");
  }
}

void Live::on_tick(net::SteadyTime now) {
  for (auto& [socket, client] : clients_) {
    if (!hands_.can_send(socket)) continue;
    if (now >= client.due && !client.topics.empty()) {
      send_topics(socket, client);
      client.due = now + client.interval;
    }
    if (client.book && now >= client.book->due) {
      send_book(socket, *client.book);
      client.book->due = now + client.book->interval;
    }
  }
}

void Live::send_topics(net::SocketId socket, Client& client) {
  for (const auto& topic : client.topics) {
    std::string data;
    (void)observer_.document(topic, data);
    std::uint64_t& last = client.last[topic];
    const std::uint64_t hash = fnv1a(data);
    if (last == hash) continue;
    last = hash;
    hands_.send(socket, message_of(topic, data));
  }
}

// All of them at first, then those that have changed.
void Live::send_bars(net::SocketId socket, BookWatch& watch) {
  auto bars = collector_.bars(watch.venue, watch.name);
  if (bars.empty() || bars.back() == watch.last_bar) return;
  if (watch.last_bar) {
    std::erase_if(bars, [&](const auto& bar) { return bar.time < watch.last_bar->time; });
  }
  watch.last_bar = bars.back();
  std::string out;
  {
    JsonObject object{out};
    object.add("topic", "candles");
    object.add("venue", watch.venue);
    object.add("symbol", watch.name);
    object.add("data", bars);
  }
  hands_.send(socket, std::move(out));
}

void Live::send_book(net::SocketId socket, BookWatch& watch) {
  std::string data;
  if (!observer_.book(watch.venue, watch.name, watch.depth, data)) {
    if (!std::exchange(watch.said_missing, true))
      complain(socket, "there is no instrument " + watch.venue + " " + watch.name + " yet");
    return;
  }
  const auto trades = collector_.trades(watch.venue, watch.name, watch.trades_after);
  if (!trades.empty()) watch.trades_after = trades.back().seq;
  if (!trades.empty() || !watch.last_bar) send_bars(socket, watch);
  const std::uint64_t hash = fnv1a(data);
  if (watch.last == hash && trades.empty()) return;
  watch.last = hash;
  std::string out;
  {
    JsonObject object{out};
    object.add("topic", "book");
    object.key("data").append(data);
    append_trades(trades, object.key("trades"));
  }
  hands_.send(socket, std::move(out));
}

}  // namespace mp::control
