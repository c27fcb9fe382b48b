#include "control/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "codec/json_object.hpp"

namespace mp::control {
namespace {

using codec::JsonObject;
using net::ServerRequest;
using net::ServerResponse;

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
    case ErrorKind::config:
    case ErrorKind::data:
      return 400;
    case ErrorKind::locked:
      return 409;
    default:
      return 503;
  }
}

}  // namespace

ServerResponse refused(unsigned status, std::string_view sentence) {
  ServerResponse out{.status = status};
  JsonObject{out.body}.add("error", sentence);
  return out;
}

ServerResponse no_such(std::string_view what) {
  return refused(404, fmt::format("there is no {}", what));
}

ServerResponse refused(const Error& error) {
  return refused(status_of(error.kind), error.message);
}

std::size_t count_in(const ServerRequest& request, std::string_view name, std::size_t usual,
                     std::size_t most) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return usual;
  std::size_t value = usual;
  const auto& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::min(value, most);
}

}  // namespace mp::control
