// Answers that clients of many venues wait for and that no recording has: text pings and
// connection tokens. Data by form; no venue is named.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mp::sim {

class PingReplies {
 public:
  PingReplies();
  ~PingReplies();
  PingReplies(const PingReplies&) = delete;
  PingReplies& operator=(const PingReplies&) = delete;

  // Nothing: `text` is no ping. What a ping is known by ("id", "req_id", ...) comes back in its
  // pong.
  [[nodiscard]] std::optional<std::string> answer_to(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// The answer to a request for a connection token; it leads to `ws_url`. Nothing: `path` asks for
// none.
[[nodiscard]] std::optional<std::string> token_answer(std::string_view path,
                                                      std::string_view ws_url);

}  // namespace mp::sim
