// L3. From subscriptions to the requests that a session sends.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venue/adapter.hpp"

namespace mp::venue {

// Appends `text` with each {hole} replaced by what `fill(hole, out)` appends. A brace that is not
// followed by a word of lower-case letters, digits and _ and a closing brace stands for itself. A
// hole that nobody fills is a broken promise.
void fill_holes(std::string_view text,
                const std::function<bool(std::string_view hole, std::string& out)>& fill,
                std::string& out);

// What carries a subscription: subscriptions with equal topics share one.
struct Topic {
  std::string path;   // of the session
  std::string group;  // of the request
  std::string text;   // in the request

  friend auto operator<=>(const Topic&, const Topic&) = default;
};
// The channel must be one that the venue streams, the interval one that it has.
[[nodiscard]] Topic topic_of(const Adapter& adapter, const Subscription& wanted);

// A text with the holes of a topic.
[[nodiscard]] std::string filled(const Adapter& adapter, std::string_view text,
                                 const Subscription& wanted);

struct Request {
  std::int64_t id = 0;
  std::string text;
  std::vector<Topic> topics;  // that it asks for or ends
};

// The requests of one session, numbered from 1.
class RequestWriter {
 public:
  // The adapter outlives it.
  RequestWriter(const Adapter& adapter, const Limits& limits)
      : adapter_(&adapter), limits_(limits) {}

  enum class Verb : std::uint8_t { subscribe, unsubscribe };
  // Requests for all topics, each of one group, within the venue's limits for one request.
  [[nodiscard]] std::vector<Request> write(Verb verb, std::span<const Topic> topics, Timestamp now);
  // What the venue wants to hear first.
  [[nodiscard]] std::vector<std::string> hello(Timestamp now);
  // Asks for a book on the socket (BookStart::socket_snapshot).
  [[nodiscard]] std::string snapshot(std::string_view symbol, Timestamp now);
  [[nodiscard]] std::string ping(Timestamp now);

 private:
  [[nodiscard]] std::string spelled(std::string_view text, std::string_view topics,
                                    std::string_view group, const Subscription& wanted,
                                    Timestamp now);

  const Adapter* adapter_;
  Limits limits_;
  std::int64_t last_id_ = 0;
};

}  // namespace mp::venue
