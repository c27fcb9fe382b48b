#include "pipeline/session_plan.hpp"

#include <map>

namespace mp::pipeline {

std::vector<std::vector<venue::Subscription>> plan_sessions(
    const venue::Adapter& adapter, const venue::Limits& limits,
    const std::vector<venue::Subscription>& wanted) {
  std::map<std::string, std::vector<venue::Subscription>, std::less<>> by_path;
  for (const auto& subscription : wanted) {
    by_path[std::string{adapter.path(subscription)}].push_back(subscription);
  }
  std::vector<std::vector<venue::Subscription>> sessions;
  for (const auto& [path, subscriptions] : by_path) {
    for (std::size_t i = 0; i < subscriptions.size(); ++i) {
      if (i % limits.topics_per_session == 0) sessions.emplace_back();
      sessions.back().push_back(subscriptions[i]);
    }
  }
  return sessions;
}

net::SessionRules session_rules(const venue::Traits& traits, const venue::Limits& limits) {
  net::SessionRules rules;
  rules.ping.text = traits.ping.text;
  rules.ping.silence = traits.ping.silence;
  rules.stale_after = traits.stale_after;
  rules.between_requests = limits.between_requests;
  rules.lifetime = limits.session_lifetime;
  return rules;
}

}  // namespace mp::pipeline
