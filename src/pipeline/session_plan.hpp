// L4. From subscriptions to sessions.
#pragma once

#include <cstddef>
#include <map>
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
// no more topics and bytes in one than the venue allows. What comes later fills the sessions that
// there are before it makes new ones.
class SessionPlan {
 public:
  // Both outlive it.
  SessionPlan(const venue::Adapter& adapter, const venue::Limits& limits)
      : adapter_(adapter), limits_(limits) {}

  struct Place {
    std::size_t session = 0;
    std::size_t topic = 0;  // of the session
    bool is_new = false;    // the topic was not there before
  };
  Place add(const venue::Subscription& wanted);

  [[nodiscard]] const std::vector<PlannedSession>& sessions() const { return sessions_; }

 private:
  struct Newest {  // of a path
    std::size_t session = 0;
    std::size_t bytes = 0;
  };
  const venue::Adapter& adapter_;
  const venue::Limits& limits_;
  std::vector<PlannedSession> sessions_;
  std::map<std::string, Newest, std::less<>> newest_;
  std::map<venue::Topic, Place> places_;
};

[[nodiscard]] inline net::Url with_target(net::Url url, std::string_view target) {
  url.target = target;
  return url;
}

// What net/ needs to know of a venue's sessions. Not how long they live: a feed gives each a
// successor in time, where net/ could only break it off and begin another one.
[[nodiscard]] net::SessionRules session_rules(const venue::Traits& traits,
                                              const venue::Limits& limits);

}  // namespace mp::pipeline
