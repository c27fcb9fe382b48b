// L3. A TCP connection that lines are written to, and nothing is read from but its end.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/files.hpp"
#include "core/result.hpp"

namespace mp::sink {

class LineSocket {
 public:
  // host:port.
  LineSocket(std::string address, std::chrono::milliseconds timeout)
      : address_(std::move(address)), timeout_(timeout) {}

  Result<void> open();
  // All of it is with the system, or an error, and the connection is gone.
  Result<void> write(std::string_view lines);

 private:
  Result<void> connect_to(const std::string& host, const std::string& port);
  // Until it can be written to.
  [[nodiscard]] bool is_ready() const;
  Error fail(const std::string& why);

  std::string address_;
  std::chrono::milliseconds timeout_;
  Fd socket_;
};

}  // namespace mp::sink
