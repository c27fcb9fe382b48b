// What goes wrong in the made-up world, and when.
#include <fmt/format.h>

#include <array>

#include "unit/simulation/world_links.hpp"

namespace mp::simulation {
namespace {

constexpr std::array<std::string_view, kFaultCount> kNames = {
    "cut",   "mute",          "dead",          "skip",   "twice", "garble",      "slow",
    "stall", "goodbye",       "cut_all",       "refuse", "hang",  "rest_errors", "rest_slow",
    "ban",   "refuse_topics", "ignore_topics", "clock",  "kill"};

bool lasts(Fault fault) {
  switch (fault) {
    case Fault::refuse:
    case Fault::hang:
    case Fault::rest_errors:
    case Fault::rest_slow:
    case Fault::ban:
    case Fault::refuse_topics:
    case Fault::ignore_topics:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string_view name_of(Fault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

void World::plan_fault() {
  if (plan_.faults.empty()) return;
  const auto mean = std::chrono::milliseconds{plan_.fault_every};
  const auto wait = plan_.one_at_a_time ? mean + between(0ms, mean) : between(0ms, 2 * mean);
  const auto end = net::SteadyTime{1'000'000s} + plan_.time;
  if (now_.steady + wait >= end) return;
  after(wait, [this] {
    begin(plan_.faults[below(plan_.faults.size())]);
    plan_fault();
  });
}

World::Link* World::any_link() {
  std::vector<Link*> open;
  for (const auto& link : links_) {
    if (link->socket && link->machine.state() == SessionState::open) open.push_back(link.get());
  }
  return open.empty() ? nullptr : open[below(open.size())];
}

void World::begin(Fault fault) {
  if (!machine_ || stopping_) return;
  ++report_.faults[fault];
  report_.struck.push_back({.fault = fault, .begin = now_.steady, .end = now_.steady});
  note(fmt::format("fault {}", name_of(fault)));
  if (Link* const link = any_link(); link != nullptr) begin_at(*link, fault);
  const auto while_it_lasts =
      now_.steady + (below(4) == 0 ? between(1min, 10min) : between(1s, 1min));
  if (lasts(fault)) report_.struck.back().end = while_it_lasts;
  if (plan_.with_cut && lasts(fault)) cut_all();
  switch (fault) {
    case Fault::refuse:
      refuses_until_ = while_it_lasts;
      return cut_all();
    case Fault::hang:
      hangs_until_ = while_it_lasts;
      return cut_all();
    case Fault::cut_all:
      return cut_all();
    case Fault::rest_errors:
      rest_fails_until_ = while_it_lasts;
      return;
    case Fault::rest_slow:
      rest_slow_until_ = while_it_lasts;
      return;
    case Fault::ban:
      banned_until_ = while_it_lasts;
      ban_told_.reset();
      return;
    case Fault::refuse_topics:
      refuses_topics_until_ = while_it_lasts;
      return;
    case Fault::ignore_topics:
      ignores_topics_until_ = while_it_lasts;
      return;
    case Fault::clock:
      now_.utc += below(2) == 0 ? -between(1ms, 10s) : between(1ms, 10s);
      return;
    case Fault::kill:
      return kill();
    default:
      return;
  }
}

// What happens to a single connection.
void World::begin_at(Link& link, Fault fault) {
  Socket& socket = *link.socket;
  switch (fault) {
    case Fault::cut:
      return lose(link, net::LossReason::reset);
    case Fault::mute:
      socket.mute = true;
      return;
    case Fault::dead:
      socket.dead = true;
      return;
    case Fault::skip:
      socket.skips = static_cast<int>(below(5)) + 1;
      return;
    case Fault::twice:
      socket.twices = static_cast<int>(below(5)) + 1;
      return;
    case Fault::slow:
      socket.lag = between(500ms, 8s);
      return;
    case Fault::stall:
      socket.lag = std::max(socket.lag, 1000ms);
      socket.stalls_since = now_.steady;
      return;
    case Fault::garble:
      return deliver(link, R"({"stream":"btcusdt@trade","data":{"e":"trade","E":)");
    case Fault::goodbye:
      return deliver(link, fmt::format(R"({{"e":"serverShutdown","E":{}}})",
                                       to_nanoseconds(now_.utc) / 1'000'000));
    default:
      return;
  }
}

void World::cut_all() {
  for (std::size_t i = 0; i < links_.size(); ++i) lose(*links_[i], net::LossReason::eof);
}

// --- what comes of it ---

void World::noticed() {
  if (report_.struck.empty() || stopping_) return;
  Struck& last = report_.struck.back();
  if (!last.noticed) last.noticed = now_.steady - last.begin;
}

// All connections are there and say what they should, all books are valid.
void World::look_whether_whole() {
  if (report_.struck.empty() || !machine_) return;
  Struck& last = report_.struck.back();
  if (last.whole || now_.steady < last.end) return;
  std::size_t streams = 0;
  for (const auto& link : links_) {
    if (link->finished) continue;
    const bool open = link->socket && link->machine.state() == SessionState::open;
    if (!open || link->socket->mute || link->socket->dead) return;
    streams += link->socket->streams.size();
  }
  if (streams < 2 * markets_.size() * plan_.legs || !checker_.all_well()) return;
  last.whole = now_.steady - last.end;
}

}  // namespace mp::simulation
