// L4. From subscriptions to sessions.
#pragma once

#include <cstddef>
#include <map>
#include <set>
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

  struct Removed {
    std::size_t session = 0;
    bool topic = false;  // no subscription needs it any more: it is out of its session
  };
  // What was added. A session that has lost all its topics is not filled again.
  Removed remove(const venue::Subscription& subscription);

  [[nodiscard]] const std::vector<PlannedSession>& sessions() const { return sessions_; }

 private:
  [[nodiscard]] bool has_room(std::size_t session, const venue::Topic& topic) const;
  std::size_t session_for(const venue::Topic& topic);

  const venue::Adapter& adapter_;
  const venue::Limits& limits_;
  std::vector<PlannedSession> sessions_;
  std::vector<std::size_t> bytes_;                          // of the topics of each session
  std::map<std::string, std::size_t, std::less<>> newest_;  // session of each path
  std::set<std::size_t> thinned_;                           // sessions that lost topics, not all
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
