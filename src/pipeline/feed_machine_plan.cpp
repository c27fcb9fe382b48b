// From what is wanted to the connections that carry it, as many as are allowed.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"

namespace mp::pipeline {

void FeedMachine::stream(const std::vector<venue::Subscription>& wanted, const Now& now) {
  std::vector<SessionPlan::Place> planned;
  for (const auto& each : wanted) planned.push_back(sessions_.add(each));
  places_.resize(sessions_.sessions().size());
  (void)open_sessions();
  // Topics that a connection which is open already gets beside its own.
  std::map<std::size_t, std::vector<venue::Topic>> added;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& each = wanted[i];
    const auto& place = planned[i];
    if (places_[place.session].empty()) continue;
    if (each.channel == Channel::book) expect_book(each.symbol);
    for (const auto& leg : legs_) {
      if (leg->session_ != place.session || !leg->is_open()) continue;
      engine_.on_connected({.symbol = each.symbol,
                            .channel = each.channel,
                            .reason = "",
                            .session = leg->reading_->id()},
                           now.utc);
    }
    if (place.is_new)
      added[place.session].push_back(sessions_.sessions()[place.session][place.topic].topic);
  }
  for (const auto& [session, topics] : added) {
    for (const auto& leg : legs_) {
      if (leg->session_ != session) continue;
      for (const auto& topic : topics) leg->answered_.erase(topic);
      if (leg->asked_for_all_) ask(*leg, topics, now);
    }
  }
}

std::size_t FeedMachine::sessions_needed() const {
  const auto& sessions = sessions_.sessions();
  return static_cast<std::size_t>(
      std::ranges::count_if(sessions, [](const auto& session) { return !session.empty(); }));
}

// Opens what is planned and was not opened yet, as long as connections are left. Those that it has
// opened.
std::vector<std::size_t> FeedMachine::open_sessions() {
  connections_.need(sessions_needed());
  std::vector<std::size_t> opened;
  for (std::size_t session = 0; session < places_.size(); ++session) {
    if (!places_[session].empty() || sessions_.sessions()[session].empty()) continue;
    if (!connections_.take()) break;
    places_[session].resize(std::max(config_.legs, 1U));
    for (std::size_t i = 0; i < places_[session].size(); ++i)
      places_[session][i].leg = &open_leg(session, i);
    opened.push_back(session);
  }
  say_waiting();
  return opened;
}

// Takes what waits for a connection out of the plan, to be planned anew.
std::vector<venue::Subscription> FeedMachine::take_waiting() {
  std::vector<venue::Subscription> out;
  for (std::size_t session = 0; session < places_.size(); ++session) {
    if (!places_[session].empty()) continue;
    for (const auto& planned : sessions_.sessions()[session])
      out.insert(out.end(), planned.subscriptions.begin(), planned.subscriptions.end());
  }
  for (const auto& each : out) (void)sessions_.remove(each);
  return out;
}

std::string FeedMachine::too_few_connections() const {
  const ConnectionShare& share = budget_.connections();
  const std::size_t needed = share.needed();
  if (needed <= share.most()) return {};
  return fmt::format(
      "all that is wanted of {} needs {} connections, and `max_connections_per_venue` in "
      "[collector] allows {}",
      config_.venue, needed, share.most());
}

// Whenever it has become more or less.
void FeedMachine::say_waiting() {
  std::size_t waiting = 0;
  for (std::size_t session = 0; session < places_.size(); ++session) {
    if (places_[session].empty()) waiting += sessions_.sessions()[session].size();
  }
  // Where others have not planned yet, more may be left.
  if (waiting > 0 && too_few_connections().empty()) return;
  if (std::exchange(waiting_told_, waiting) == waiting) return;
  if (waiting == 0) {
    log_.info("connections_suffice", {{"venue", config_.venue}});
    return;
  }
  log_.error(
      "connections_too_few",
      {{"venue", config_.venue}, {"topics_waiting", waiting}, {"problem", too_few_connections()}});
}

}  // namespace mp::pipeline
