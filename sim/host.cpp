#include "sim/host.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"

namespace mp::sim {
namespace {

constexpr std::int64_t kMessage = 1'000'000'000;                     // of credit
constexpr Nanoseconds kCatchUpMax = std::chrono::milliseconds{100};  // after a pause, no flood
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kNoData = 4004;

}  // namespace

Host::Host(std::unique_ptr<Exchange> exchange, std::uint64_t rate_per_second, Wire& wire,
           Ledger& ledger)
    : exchange_(std::move(exchange)),
      door_(exchange_->door()),
      rate_per_second_(static_cast<std::int64_t>(rate_per_second)),
      wire_(wire),
      ledger_(ledger) {}

bool Host::opened(ConnectionId id, std::string_view target, Timestamp now) {
  if (!exchange_->connect(id, target)) return false;
  Client& client = clients_[id];
  client.sent_last = client.pinged_last = client.window_began = now;
  return true;
}

void Host::closed(ConnectionId id) {
  if (clients_.erase(id) > 0) exchange_->disconnect(id);
}

void Host::text_came(ConnectionId id, std::string_view text, Timestamp now) {
  if (!count_frame(id, now)) return;
  exchange_->receive(id, text, now, frames_);
  deliver(now);
}

bool Host::ping_came(ConnectionId id, Timestamp now) {
  return count_frame(id, now) && !muted_ && !exchange_->is_mute(id, now);
}

void Host::pong_came(ConnectionId id, Timestamp now) {
  if (count_frame(id, now)) clients_[id].owes_pong = false;
}

bool Host::count_frame(ConnectionId id, Timestamp now) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return false;
  Client& client = found->second;
  if (now >= client.window_began + std::chrono::seconds{1}) {
    client.window_began = now;
    client.window_frames = 0;
  }
  ++client.window_frames;
  if (door_.frames_per_second == 0 || client.window_frames <= door_.frames_per_second) return true;
  ++counters_.rate_kills;
  closed(id);
  wire_.close(id, kPolicyViolation, "Too many requests");
  return false;
}

void Host::tick(Timestamp now) {
  const Nanoseconds passed = ticked_last_ ? now - *ticked_last_ : Nanoseconds{0};
  ticked_last_ = now;
  if (!muted_) keep_deadlines(now);
  if (!traffic_) return;
  credit_ += std::min(passed, kCatchUpMax).count() * rate_per_second_;
  // Listeners may be too few for the rate: what they cannot take is not saved up.
  credit_ = std::min(credit_, kCatchUpMax.count() * rate_per_second_ + kMessage);
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(credit_ / kMessage, 0));
  for (const auto& [id, client] : clients_) exchange_->queued(id, wire_.queued_bytes(id));
  const std::size_t made = exchange_->advance(now, wanted, frames_);
  credit_ -= static_cast<std::int64_t>(made) * kMessage;
  deliver(now);
}

void Host::deliver(Timestamp now) {
  for (Frame& frame : frames_) {
    if (is_lost(frame)) {
      for (Entry& entry : frame.entries) {
        entry.delivery = Delivery::dropped;
        ++counters_.messages_dropped;
        ledger_.add(std::move(entry));
      }
      if (frame.mark != 0) exchange_->settled(frame.mark, Delivery::dropped);
      continue;
    }
    const auto client = clients_.find(frame.connection);
    if (client != clients_.end()) client->second.sent_last = now;
    const ConnectionId id = frame.connection;
    const Ending ending = frame.ending;
    const std::uint16_t code = frame.close_code;
    wire_.send(std::move(frame));
    if (ending == Ending::none) continue;
    closed(id);
    if (ending == Ending::cut) wire_.cut(id);
    if (ending == Ending::close) wire_.close(id, code, "");
  }
  frames_.clear();
}

// Whether a fault keeps this frame back.
bool Host::is_lost(const Frame& frame) {
  if (muted_) return true;
  if (drops_.empty() || frame.entries.empty()) return false;
  const Entry& entry = frame.entries.front();
  if (entry.channel != Channel::book || entry.is_snapshot) return false;
  const auto drop = std::ranges::find(drops_, entry.symbol, &Drop::symbol);
  if (drop == drops_.end()) return false;
  if (!drop->sequence) drop->sequence = entry.last_sequence;
  if (drop->sequence == entry.last_sequence) {
    ledger_.count_affected(drop->fault);
    return true;
  }
  drops_.erase(drop);
  return false;
}

void Host::keep_deadlines(Timestamp now) {
  std::vector<std::pair<ConnectionId, const char*>> late;
  for (auto& [id, client] : clients_) {
    if (exchange_->is_mute(id, now)) continue;
    if (door_.silence_max.count() > 0 && now >= client.sent_last + door_.silence_max) {
      late.emplace_back(id, "No data received in 30s.");
    } else if (client.owes_pong && door_.pong_within.count() > 0 &&
               now >= client.pinged_last + door_.pong_within) {
      late.emplace_back(id, "Pong timeout");
    } else if (door_.ping_every.count() > 0 && !client.owes_pong &&
               now >= client.pinged_last + door_.ping_every) {
      client.pinged_last = now;
      client.owes_pong = true;
      wire_.ping(id);
    }
  }
  for (const auto& [id, reason] : late) {
    ++counters_.idle_kills;
    closed(id);
    wire_.close(id, kNoData, reason);
  }
}

void Host::drop_depth(std::string_view symbol, Timestamp now) {
  const std::size_t fault = ledger_.add_fault({.kind = FaultKind::drop_depth,
                                               .venue = exchange_->name(),
                                               .symbol = std::string(symbol),
                                               .time = now});
  drops_.push_back({.symbol = std::string(symbol), .fault = fault, .sequence = {}});
}

void Host::reset_all(Timestamp now) {
  ledger_.add_fault({.kind = FaultKind::reset,
                     .venue = exchange_->name(),
                     .symbol = {},
                     .time = now,
                     .affected = clients_.size()});
  std::vector<ConnectionId> ids;
  for (const auto& [id, client] : clients_) ids.push_back(id);
  for (const ConnectionId id : ids) {
    closed(id);
    wire_.reset(id);
  }
}

void Host::mute(Timestamp now) {
  muted_ = true;
  ledger_.add_fault({.kind = FaultKind::mute,
                     .venue = exchange_->name(),
                     .symbol = {},
                     .time = now,
                     .affected = clients_.size()});
}

void Host::unmute(Timestamp now) {
  muted_ = false;
  for (auto& [id, client] : clients_) client.sent_last = client.pinged_last = now;
  ledger_.add_fault({.kind = FaultKind::unmute,
                     .venue = exchange_->name(),
                     .symbol = {},
                     .time = now,
                     .affected = clients_.size()});
}

}  // namespace mp::sim
