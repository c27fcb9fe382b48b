// L2 net. HttpClient: HTTP/1.1 requests with connections that are kept and reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "net/clock.hpp"
#include "net/task.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

namespace mp::net {

struct HttpConfig {
  std::size_t connections_per_host = 20;  // requests beyond that wait for one
  std::size_t connections_max = 100;      // to all hosts
  std::size_t waiting_max = 1024;         // requests that wait; more are refused
  std::size_t body_bytes_max = std::size_t{64} << 20U;
  Milliseconds idle_max{30'000};          // a kept connection is not reused after that
  Milliseconds connect_deadline{10'000};  // from name resolution to TLS; of a request's own time
  Milliseconds read_deadline{10'000};     // without a byte of the answer
};

enum class HttpMethod : std::uint8_t { get, post };

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  Url url{};
  std::string body{};
  std::string content_type = "application/json";  // of a body
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string wanted_header{};  // of the answer; empty: none is
};

struct HttpResponse {
  int status = 0;  // whatever it is, but no interim answer; redirects are not followed
  std::string body{};
  std::string encoding{};       // the Content-Encoding, lower case; the body is as it was sent
  std::string location{};       // where a redirect leads
  std::string wanted_header{};  // the value of HttpRequest::wanted_header
  std::optional<Milliseconds> retry_after{};
  Timestamp ts_recv{};  // UTC, when the answer was complete
};

struct HttpCounters {
  std::uint64_t requests = 0;
  std::uint64_t connects = 0;
  std::uint64_t reused = 0;   // requests on a kept connection
  std::uint64_t retried = 0;  // a kept connection turned out dead
  std::uint64_t failed = 0;
};

// Belongs to the thread that runs `io`. The arguments must outlive it; no request may be under way
// when it is destroyed, or `io` must never run again.
class HttpClient {
 public:
  HttpClient(IoContext& io, const TlsContext& tls, HttpConfig config = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // ErrorKind::unavailable for what a retry may mend, permission for a refused certificate, data
  // for an answer that is not HTTP or over the limit. A request that failed on a kept connection
  // before a byte of its answer came is repeated once on a fresh one.
  [[nodiscard]] Task<Result<HttpResponse>> request(HttpRequest request, SteadyTime deadline);
  [[nodiscard]] Task<Result<HttpResponse>> get(Url url, SteadyTime deadline);

  // Ends all requests under way with an error and closes what is kept.
  void cancel();

  [[nodiscard]] const HttpCounters& counters() const;
  [[nodiscard]] std::size_t open_connections() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::net
