// L3. HTTP for sinks: the one wrapper of libcurl. One connection, kept alive; every call has a
// time-out; nothing is read from the environment, and no redirect is followed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/sink.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

struct HttpSettings {
  std::string url;  // http:// or https://, up to where a request's target begins
  std::string user;
  std::string password;
  std::vector<std::string> headers;  // "Name: value"
  std::string ca_file;               // PEM; empty: the system's
  std::chrono::milliseconds timeout{10'000};
  bool compress = false;  // bodies, with gzip
};

// By the keys of a section: url, user, password, ca_file, timeout. With `scheme` ("Bearer") also
// token, unless it is empty.
[[nodiscard]] HttpSettings http_settings(const Settings& settings, bool compress,
                                         std::string_view scheme = {});

struct HttpRequest {
  std::string target;  // behind the URL: "/write?db=x"
  std::string body;
  enum class Method : std::uint8_t { post, get };
  Method method = Method::post;
};

struct HttpAnswer {
  int status = 0;       // 0: there was no answer
  std::string body;     // at most kAnswerBytesMax of it
  std::string problem;  // one sentence, unless the status is one of success
  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};
inline constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20U;

// Whether the same request may succeed later: all but what the server says of the data itself.
[[nodiscard]] Outcome outcome_of(const HttpAnswer& answer);
// The first sentence of what a server says, printable and short.
[[nodiscard]] std::string first_sentence(std::string_view text);
// As part of a URL's query.
[[nodiscard]] std::string url_encoded(std::string_view text);

class HttpClient {
 public:
  explicit HttpClient(HttpSettings settings);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // At most one is under way.
  void begin(const HttpRequest& request);
  [[nodiscard]] bool under_way() const;
  // Works on it for a moment; its answer, once there is one.
  std::optional<HttpAnswer> step();
  // Begins and waits, at most for the time-out and ten seconds. What was under way is given up.
  HttpAnswer call(const HttpRequest& request);
  // The same, where only success will do.
  Result<std::string> ask(const HttpRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::sink
