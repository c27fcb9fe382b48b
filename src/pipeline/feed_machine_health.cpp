// What a feed tells of its connections.
#include <algorithm>
#include <array>

#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"

namespace mp::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kHour{60};

// What is heard later than that is no answer to a ping.
constexpr std::chrono::seconds kPongWait{30};

milliseconds since(Timestamp from, Timestamp to) {
  return std::max(milliseconds{0}, std::chrono::floor<milliseconds>(to - from));
}

std::optional<milliseconds> in_milliseconds(std::optional<Nanoseconds> time) {
  return time ? std::optional{std::chrono::floor<milliseconds>(*time)} : std::nullopt;
}

}  // namespace

std::string_view name_of(ConnectionState state) {
  constexpr std::array<std::string_view, 3> kNames = {"opening", "live", "waiting"};
  return kNames[static_cast<std::size_t>(state)];
}

Traffic& Traffic::operator+=(const Traffic& other) {
  messages += other.messages;
  bytes += other.bytes;
  if (other.round_trip) round_trip = other.round_trip;
  return *this;
}

FeedMachine::Tally& FeedMachine::Tally::operator+=(const Tally& other) {
  connects += other.connects;
  disconnects += other.disconnects;
  race += other.race;
  traffic += other.traffic;
  return *this;
}

void FeedMachine::tell_health(const Now& now, FeedHealth& out) const {
  out.venue = config_.venue;
  out.shard = config_.shard;
  out.hour = availability_.over(kHour, now.steady);
  out.day = availability_.over(Availability::kKept, now.steady);
  out.silences = counters_.silences;
  out.stale = counters_.stale;
  out.connections.resize(legs_.size());
  for (std::size_t i = 0; i < legs_.size(); ++i) out.connections[i] = health_of(*legs_[i], now);
}

ConnectionHealth FeedMachine::health_of(const Leg& leg, const Now& now) const {
  const Tally tally = tally_of(leg);
  ConnectionHealth out{.name = leg.name(), .leg = static_cast<std::uint32_t>(leg.place_)};
  if (leg.is_open()) {
    out.state = ConnectionState::live;
    out.uptime = std::chrono::floor<milliseconds>(now.steady - leg.connected_);
    out.silence = since(leg.heard_, now.utc);
  } else {
    out.reason = leg.problem_;
    if (now.steady < leg.retry_at_) {
      out.state = ConnectionState::waiting;
      out.retry_at = now.utc + (leg.retry_at_ - now.steady);
    }
  }
  out.round_trip = tally.traffic.round_trip;
  out.delay = in_milliseconds(leg.staleness_.delay());
  out.usual_delay = in_milliseconds(leg.staleness_.habit());
  out.connects = tally.connects;
  out.disconnects = tally.disconnects;
  out.topics = sessions_.sessions()[leg.session_].size();
  out.messages = tally.traffic.messages;
  out.bytes = tally.traffic.bytes;
  out.race = tally.race;
  return out;
}

// Of the leg, and of those before it in its place.
FeedMachine::Tally FeedMachine::tally_of(const Leg& leg) const {
  Tally out = leg.tally_;
  if (leg.is_open()) out.race += leg.reading_->race();
  out.traffic += hands_.traffic(leg);
  if (leg.round_trip_) out.traffic.round_trip = leg.round_trip_;
  return out;
}

// A text ping of ours is answered by what no other request of ours or the venue's explains.
void FeedMachine::hear_pong(Leg& leg, const venue::Reading& reading, Timestamp ts_recv) {
  if (!leg.pinged_ || reading.verdict != venue::Verdict::control) return;
  if (reading.answers || !reading.reply.empty() || reading.ready || reading.reconnect_soon) return;
  const auto time = ts_recv - *leg.pinged_;
  leg.pinged_.reset();
  if (time < kPongWait) leg.round_trip_ = since(ts_recv - time, ts_recv);
}

void FeedMachine::note_availability(const Now& now) {
  Availability::Present present;
  const auto& sessions = sessions_.sessions();
  const auto is_live = [](const Place& place) {
    return (place.leg != nullptr && place.leg->is_open()) ||
           (place.successor != nullptr && place.successor->is_open());
  };
  for (std::size_t session = 0; session < sessions.size(); ++session) {
    if (sessions[session].empty()) continue;
    ++present.wanted;
    present.live += std::ranges::any_of(places_[session], is_live) ? 1U : 0U;
  }
  if (!planned_ && sessions.empty() && !config_.wants.empty()) present.wanted = 1;
  availability_.set(present, now.steady);
}

}  // namespace mp::pipeline
