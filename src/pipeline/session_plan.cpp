#include "pipeline/session_plan.hpp"

#include <map>

namespace mp::pipeline {

std::vector<PlannedSession> plan_sessions(const venue::Adapter& adapter,
                                          const venue::Limits& limits,
                                          const std::vector<venue::Subscription>& wanted) {
  std::map<std::string, PlannedSession, std::less<>> by_path;
  std::map<venue::Topic, std::size_t> places;
  for (const auto& subscription : wanted) {
    auto topic = venue::topic_of(adapter, subscription);
    auto& topics = by_path[topic.path];
    const auto [place, is_new] = places.try_emplace(topic, topics.size());
    if (is_new) topics.push_back({.topic = std::move(topic), .subscriptions = {}});
    topics[place->second].subscriptions.push_back(subscription);
  }
  std::vector<PlannedSession> sessions;
  for (auto& [path, topics] : by_path) {
    std::size_t bytes = 0;
    bool open = false;
    for (auto& topic : topics) {
      bytes += topic.topic.text.size();
      const bool full = open && (sessions.back().size() == limits.topics_per_session ||
                                 (limits.session_bytes != 0 && bytes > limits.session_bytes));
      if (!open || full) {
        sessions.emplace_back();
        bytes = topic.topic.text.size();
        open = true;
      }
      sessions.back().push_back(std::move(topic));
    }
  }
  return sessions;
}

net::SessionRules session_rules(const venue::Traits& traits, const venue::Limits& limits) {
  net::SessionRules rules;
  rules.ping.text = traits.ping.text;
  rules.ping.silence = traits.ping.every;
  rules.ping.pace = traits.ping.pace == venue::PingPace::regular ? net::PingPace::regular
                                                                 : net::PingPace::when_silent;
  rules.stale_after = traits.stale_after;
  rules.between_requests = limits.requests.pace();
  rules.lifetime = limits.session_lifetime;
  return rules;
}

}  // namespace mp::pipeline
