// L2 net. HttpAnswerReader: one HTTP answer from bytes as they come, without a socket.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "net/http.hpp"

namespace mp::net {

// Interim answers before it (1xx) are passed over, up to a number.
class HttpAnswerReader {
 public:
  explicit HttpAnswerReader(std::size_t body_bytes_max);
  ~HttpAnswerReader();
  HttpAnswerReader(const HttpAnswerReader&) = delete;
  HttpAnswerReader& operator=(const HttpAnswerReader&) = delete;

  // Nothing, or what is wrong; then it takes no more.
  [[nodiscard]] std::optional<std::string> put(std::span<const char> bytes);
  // The connection ended as it should: that ends a body of unknown length. Whether the answer is
  // whole now.
  [[nodiscard]] bool finish();

  [[nodiscard]] bool done() const;
  // Of an answer that is done: another one may follow on this connection.
  [[nodiscard]] bool keep() const;
  // Likewise, once. `wanted`: HttpRequest::wanted_header.
  [[nodiscard]] HttpResponse take(const std::string& wanted);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::net
