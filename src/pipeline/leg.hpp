// L4. Leg: one session of a feed and the subscriptions that it carries.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/session.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

// Groups subscriptions into sessions: one path each, at most topics_per_session in one.
[[nodiscard]] std::vector<std::vector<venue::Subscription>> plan_sessions(
    const venue::Adapter& adapter, const std::vector<venue::Subscription>& wanted);

// What net/ needs to know of a venue's sessions.
[[nodiscard]] net::SessionRules session_rules(const venue::Traits& traits);

}  // namespace mp::pipeline
