// L4. From subscriptions to sessions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/session.hpp"
#include "venue/topics.hpp"

namespace mp::pipeline {

// A topic of a session, and the subscriptions that it carries.
struct PlannedTopic {
  venue::Topic topic;
  std::vector<venue::Subscription> subscriptions;
};
using PlannedSession = std::vector<PlannedTopic>;

// Groups subscriptions to streamed channels into sessions: each topic once, one path in a session,
// no more topics and bytes in one than the venue allows.
[[nodiscard]] std::vector<PlannedSession> plan_sessions(
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
