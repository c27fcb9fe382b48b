// What an observer tells of connections and sinks.
#include "codec/json_object.hpp"
#include "control/observer.hpp"
#include "pipeline/venue_health.hpp"

namespace mp::control {
namespace {

using codec::append_json_list;
using codec::JsonObject;

using pipeline::ConnectionHealth;
using pipeline::ConnectionState;
using pipeline::FeedHealth;

std::optional<double> share_of(const pipeline::Uptime& time) {
  if (time.wanted.count() == 0) return std::nullopt;
  return static_cast<double>(time.live.count()) / static_cast<double>(time.wanted.count());
}

std::optional<double> ratio_of(std::uint64_t part, std::uint64_t rest) {
  if (part + rest == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(part + rest);
}

std::optional<double> in_milliseconds(const std::optional<std::chrono::milliseconds>& time) {
  if (!time) return std::nullopt;
  return static_cast<double>(time->count());
}

void append_venue(const std::string& name, const pipeline::VenueHealth& sum, std::string& out) {
  JsonObject object{out};
  object.add("venue", name);
  object.add("availability_1h", share_of(sum.hour));
  object.add("availability_24h", share_of(sum.day));
  object.add("connects", sum.connects);
  object.add("disconnects", sum.disconnects);
  object.add("last_problem", sum.last_problem);
  JsonObject rest{object.key("rest")};
  rest.add("calls", sum.calls.submitted);
  rest.add("active", sum.calls.active);
  rest.add("waiting", sum.calls.waiting);
  rest.add("failed", sum.calls.failed);
  rest.add("p95_ms", sum.calls.p95.count());
  rest.add("reuse", ratio_of(sum.calls.reused, sum.calls.connections));
}

void append_connection(const FeedHealth& feed, const ConnectionHealth& it, Timestamp now,
                       std::string& out) {
  const bool live = it.state == ConnectionState::live;
  const std::optional<Timestamp> since = live ? std::optional{now - it.uptime} : std::nullopt;
  const auto behind =
      it.race.timed == 0
          ? std::nullopt
          : std::optional{std::chrono::duration<double, std::milli>{it.race.behind}.count() /
                          static_cast<double>(it.race.timed)};
  JsonObject object{out};
  object.add("venue", feed.venue);
  object.add("name", it.name);
  object.add("leg", it.leg);
  object.add("shard", feed.shard);
  object.add("state", it.state);
  object.add("reason", it.reason);
  object.add("retry_at", it.retry_at);
  object.add("since", since);
  object.add("age_ms", live ? in_milliseconds(it.silence) : std::nullopt);
  object.add("round_trip_ms", in_milliseconds(it.round_trip));
  object.add("delay_ms", in_milliseconds(it.delay));
  object.add("topics", it.topics);
  object.add("frames", it.messages);
  object.add("bytes", it.bytes);
  object.add("connects", it.connects);
  object.add("disconnects", it.disconnects);
  object.add("first", it.race.first);
  object.add("late", it.race.late);
  object.add("behind_ms", behind);
}

}  // namespace

void Observer::connections(std::string& out) const {
  const auto health = collector_.health();
  const auto now = net::now();
  JsonObject object{out};
  append_json_list(
      pipeline::by_venue(health), object.key("venues"),
      [](const auto& venue, std::string& to) { append_venue(venue.first, venue.second, to); });
  auto& list = object.key("connections");
  list.push_back('[');
  for (const auto& feed : health) {
    for (const auto& connection : feed.connections) {
      if (!list.ends_with('[')) list.push_back(',');
      append_connection(feed, connection, now, list);
    }
  }
  list.push_back(']');
}

void Observer::sinks(std::string& out) const {
  append_json_list(collector_.sinks(), out, [](const auto& sink, std::string& to) {
    JsonObject object{to};
    object.add_fields(sink);
    object.add("state", sink.is_open ? (sink.problem.empty() ? "open" : "troubled") : "retrying");
  });
}

bool Observer::book(std::string_view venue, std::string_view name, std::size_t depth,
                    std::string& out) {
  const auto book = collector_.book(venue, name, depth);
  if (book) append_book(*book, out);
  return book.has_value();
}

}  // namespace mp::control
