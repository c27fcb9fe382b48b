#include "pipeline/session_plan.hpp"

namespace mp::pipeline {

SessionPlan::Place SessionPlan::add(const venue::Subscription& wanted) {
  venue::Topic topic = venue::topic_of(adapter_, wanted);
  if (const auto known = places_.find(topic); known != places_.end()) {
    Place place = known->second;
    sessions_[place.session][place.topic].subscriptions.push_back(wanted);
    return place;
  }
  const auto [newest, first] = newest_.try_emplace(topic.path);
  Newest& last = newest->second;
  last.bytes += topic.text.size();
  const bool full = !first && (sessions_[last.session].size() >= limits_.topics_per_session ||
                               (limits_.session_bytes != 0 && last.bytes > limits_.session_bytes));
  if (first || full) {
    last = {.session = sessions_.size(), .bytes = topic.text.size()};
    sessions_.emplace_back();
  }
  PlannedSession& session = sessions_[last.session];
  const Place place{.session = last.session, .topic = session.size(), .is_new = false};
  session.push_back({.topic = topic, .subscriptions = {wanted}});
  places_.emplace(std::move(topic), place);
  return {.session = place.session, .topic = place.topic, .is_new = true};
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
