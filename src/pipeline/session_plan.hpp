// L4. From subscriptions to sessions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/session.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

// Groups subscriptions into sessions: one path each, at most topics_per_session in one.
[[nodiscard]] std::vector<std::vector<venue::Subscription>> plan_sessions(
    const venue::Adapter& adapter, const venue::Limits& limits,
    const std::vector<venue::Subscription>& wanted);

[[nodiscard]] inline net::Url with_target(net::Url url, std::string_view target) {
  url.target = target;
  return url;
}

// What net/ needs to know of a venue's sessions.
[[nodiscard]] net::SessionRules session_rules(const venue::Traits& traits,
                                              const venue::Limits& limits);

}  // namespace mp::pipeline
