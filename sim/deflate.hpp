// The server's side of permessage-deflate (RFC 7692): whoever offers it gets compressed messages.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace mp::sim {

// Whether the value of Sec-WebSocket-Extensions offers it.
[[nodiscard]] bool offers_deflate(std::string_view extensions);
// What the answer says then, and MessageDeflater does.
inline constexpr std::string_view kDeflateTerms = "permessage-deflate; server_max_window_bits=15";

// Each message refers to those before it.
class MessageDeflater {
 public:
  MessageDeflater();
  ~MessageDeflater();
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  // The payload of a frame with the first reserved bit set.
  [[nodiscard]] std::string deflate(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::sim
