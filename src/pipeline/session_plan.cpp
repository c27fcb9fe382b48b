#include "pipeline/session_plan.hpp"

#include <utility>

#include "core/assert.hpp"

namespace mp::pipeline {

bool SessionPlan::has_room(std::size_t session, const venue::Topic& topic) const {
  if (sessions_[session].size() >= limits_.topics_per_session) return false;
  return limits_.session_bytes == 0 || bytes_[session] + topic.text.size() <= limits_.session_bytes;
}

// The newest of the path, or one that has lost topics; where they are full, a new one.
std::size_t SessionPlan::session_for(const venue::Topic& topic) {
  for (const std::size_t session : thinned_) {
    if (sessions_[session].front().topic.path == topic.path && has_room(session, topic))
      return session;
  }
  const auto [newest, first] = newest_.try_emplace(topic.path);
  const bool usable = !first && !sessions_[newest->second].empty();
  if (usable && has_room(newest->second, topic)) return newest->second;
  newest->second = sessions_.size();
  sessions_.emplace_back();
  bytes_.push_back(0);
  return newest->second;
}

SessionPlan::Place SessionPlan::add(const venue::Subscription& wanted) {
  venue::Topic topic = venue::topic_of(adapter_, wanted);
  if (const auto known = places_.find(topic); known != places_.end()) {
    Place place = known->second;
    sessions_[place.session][place.topic].subscriptions.push_back(wanted);
    return place;
  }
  const std::size_t at = session_for(topic);
  PlannedSession& session = sessions_[at];
  const Place place{.session = at, .topic = session.size(), .is_new = false};
  bytes_[at] += topic.text.size();
  session.push_back({.topic = topic, .subscriptions = {wanted}});
  places_.emplace(std::move(topic), place);
  return {.session = place.session, .topic = place.topic, .is_new = true};
}

SessionPlan::Removed SessionPlan::remove(const venue::Subscription& subscription) {
  const auto known = places_.find(venue::topic_of(adapter_, subscription));
  MP_ASSERT(known != places_.end());
  const Place place = known->second;
  PlannedSession& session = sessions_[place.session];
  std::erase(session[place.topic].subscriptions, subscription);
  if (!session[place.topic].subscriptions.empty()) return {.session = place.session};
  bytes_[place.session] -= known->first.text.size();
  places_.erase(known);
  if (place.topic + 1 < session.size()) {
    session[place.topic] = std::move(session.back());
    places_.at(session[place.topic].topic).topic = place.topic;
  }
  session.pop_back();
  if (session.empty()) {
    thinned_.erase(place.session);
  } else {
    thinned_.insert(place.session);
  }
  return {.session = place.session, .topic = true};
}

net::SessionRules session_rules(const venue::Traits& traits, const venue::Limits& limits) {
  net::SessionRules rules;
  rules.ping.text = traits.ping.text;
  rules.ping.silence = traits.ping.every;
  rules.ping.pace = traits.ping.pace == venue::PingPace::regular ? net::PingPace::regular
                                                                 : net::PingPace::when_silent;
  rules.stale_after = traits.stale_after;
  rules.between_requests = limits.requests.pace();
  rules.messages_max = limits.requests.count;
  rules.messages_per = limits.requests.per;
  return rules;
}

}  // namespace mp::pipeline
