#include "net/http.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <map>

#include "net/http_answer.hpp"
#include "net/receive_buffers.hpp"
#include "net/transport.hpp"

namespace mp::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kRequestBytesMax = std::size_t{16} << 20U;

// What an exchange on a connection came to.
struct Exchange {
  std::optional<HttpResponse> response;
  std::optional<Loss> loss;
  bool answered = false;  // a byte of an answer has come
  bool keep = false;      // the connection can be used again
};

std::string host_key(const Url& url) {
  return (url.secure() ? "https " : "http ") + url.authority();
}

bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool well_formed(const HttpRequest& request) {
  const bool headers = std::ranges::all_of(request.headers, [](const auto& header) {
    return one_line(header.first) && one_line(header.second) && !header.first.empty();
  });
  return headers && one_line(request.url.target) && one_line(request.content_type) &&
         request.body.size() <= kRequestBytesMax;
}

std::string request_text(const HttpRequest& request) {
  const bool post = request.method == HttpMethod::post;
  std::string out = post ? "POST " : "GET ";
  out += request.url.target + " HTTP/1.1\r\nHost: " + request.url.authority();
  out += "\r\nUser-Agent: marketprism\r\nAccept: */*";
  for (const auto& [name, value] : request.headers) out += "\r\n" + name + ": " + value;
  if (post) {
    out += "\r\nContent-Type: " + request.content_type;
    out += "\r\nContent-Length: " + std::to_string(request.body.size());
  }
  out += "\r\n\r\n";
  if (post) out += request.body;
  return out;
}

}  // namespace

class HttpClient::State {
 public:
  State(IoContext& io, const TlsContext& tls, HttpConfig config)
      : io_(io), tls_(tls), config_(config) {
    MP_ASSERT(config_.connections_per_host > 0);
    MP_ASSERT(config_.connections_max > 0);
  }

  Task<Result<HttpResponse>> request(HttpRequest request, SteadyTime deadline) {
    ++counters_.requests;
    MP_ASSERT(!request.url.websocket());
    if (!well_formed(request)) {
      ++counters_.failed;
      co_return Error{ErrorKind::usage, "the HTTP request to " + request.url.host +
                                            " has a line break in a header or is over 16 MiB"};
    }
    const std::string key = host_key(request.url);
    const std::optional<Error> refused = co_await acquire(key, request.url, deadline);
    if (refused) {
      ++counters_.failed;
      co_return *refused;
    }
    Exchange exchange = co_await attempt(key, request, deadline);
    release(key);
    if (exchange.response) co_return std::move(*exchange.response);
    ++counters_.failed;
    co_return exchange.loss->error();
  }

  void cancel() {
    ++cancelled_;
    for (Waiter* waiter : waiting_) waiter->signal.cancel();
    for (const auto& connection : busy_) connection->wake();
    idle_.clear();
  }

  [[nodiscard]] const HttpCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t open_connections() const {
    std::size_t count = busy_.size();
    for (const auto& [key, kept] : idle_) count += kept.size();
    return count;
  }

 private:
  // Shared with handlers that wait for the socket: see Transport.
  using Connection = std::shared_ptr<Transport>;
  struct Kept {
    Connection connection;
    SteadyTime since;
  };
  struct Waiter {
    Waiter(IoContext& io, const std::string& wanted) : signal(io), key(wanted) {}
    asio::steady_timer signal;
    const std::string& key;
    bool granted = false;
  };

  [[nodiscard]] bool has_room(const std::string& key) const {
    const auto used = in_use_.find(key);
    const std::size_t of_host = used == in_use_.end() ? 0 : used->second;
    return of_host < config_.connections_per_host && in_use_all_ < config_.connections_max;
  }

  void take(const std::string& key) {
    ++in_use_[key];
    ++in_use_all_;
  }

  // Waits for the right to use a connection to the host. Nothing once it is had.
  Task<std::optional<Error>> acquire(const std::string& key, const Url& url, SteadyTime deadline) {
    if (has_room(key)) {
      take(key);
      co_return std::nullopt;
    }
    if (waiting_.size() >= config_.waiting_max) {
      co_return Error{ErrorKind::unavailable, "too many HTTP requests wait already; the one to " +
                                                  url.without_query() + " is refused"};
    }
    Waiter waiter(io_, key);
    const std::uint64_t generation = cancelled_;
    const auto place = waiting_.insert(waiting_.end(), &waiter);
    error_code ignored;
    while (!waiter.granted && generation == cancelled_ && steady_now() < deadline) {
      waiter.signal.expires_at(deadline);
      co_await waiter.signal.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (waiter.granted) co_return std::nullopt;
    waiting_.erase(place);
    co_return Error{ErrorKind::unavailable,
                    "no connection was free by the deadline for " + url.without_query()};
  }

  void release(const std::string& key) {
    const auto used = in_use_.find(key);
    MP_ASSERT(used != in_use_.end());
    if (--used->second == 0) in_use_.erase(used);
    --in_use_all_;
    const auto next =
        std::ranges::find_if(waiting_, [&](const Waiter* waiter) { return has_room(waiter->key); });
    if (next == waiting_.end()) return;
    Waiter* waiter = *next;
    waiting_.erase(next);
    take(waiter->key);
    waiter->granted = true;
    waiter->signal.cancel();
  }

  // On a kept connection first, where there is one that a repetition can follow.
  Task<Exchange> attempt(const std::string& key, const HttpRequest& request, SteadyTime deadline) {
    const std::uint64_t generation = cancelled_;
    if (request.method == HttpMethod::get) {
      if (Connection kept = kept_connection(key)) {
        ++counters_.reused;
        Exchange exchange = co_await speak(kept, key, request, deadline);
        const bool dead = exchange.loss && !exchange.answered && generation == cancelled_ &&
                          exchange.loss->reason != LossReason::timeout;
        if (!dead) co_return exchange;
        ++counters_.retried;
      }
    }
    make_room();
    auto fresh = std::make_shared<Transport>(io_, tls_);
    ++counters_.connects;
    busy_.push_back(fresh);
    const SteadyTime connected_by = std::min(deadline, steady_now() + config_.connect_deadline);
    auto loss = co_await fresh->open(request.url, connected_by, &memory_[key]);
    std::erase(busy_, fresh);
    if (loss) co_return Exchange{.response = {}, .loss = std::move(loss)};
    co_return co_await speak(fresh, key, request, deadline);
  }

  Task<Exchange> speak(Connection connection, const std::string& key, const HttpRequest& request,
                       SteadyTime deadline) {
    busy_.push_back(connection);
    Exchange exchange = co_await exchange_on(*connection, request, deadline);
    std::erase(busy_, connection);
    if (exchange.keep && connection->still_quiet()) {
      idle_[key].push_back({std::move(connection), steady_now()});
    }
    co_return exchange;
  }

  Task<Exchange> exchange_on(Transport& connection, const HttpRequest& request,
                             SteadyTime deadline) {
    const std::string& host = request.url.host;
    Exchange out;
    HttpAnswerReader reader(config_.body_bytes_max);
    connection.write(request_text(request), kRequestBytesMax * 2);
    while (!reader.done()) {
      const SteadyTime patience = std::min(deadline, steady_now() + config_.read_deadline);
      const Ready ready = co_await connection.wait_readable(patience);
      if (ready == Ready::deadline) {
        out.loss = Loss{LossReason::timeout, host + " did not answer " +
                                                 request.url.without_query() + " by the deadline"};
        co_return out;
      }
      if (ready == Ready::woken) {
        out.loss = Loss{LossReason::stopped, "the request to " + host + " was stopped"};
        co_return out;
      }
      TransportRead read;
      do {
        read = connection.read(buffers_);
        if (read.bytes.empty()) continue;
        out.answered = true;
        if (const auto wrong = reader.put(read.bytes)) {
          out.loss = Loss{LossReason::protocol, "the answer of " + request.url.without_query() +
                                                    " is refused: " + *wrong};
          co_return out;
        }
      } while (read.again && !connection.ended());
      if (!connection.ended() || reader.done()) continue;
      if (connection.ended()->reason != LossReason::eof || !reader.finish()) {
        out.loss = connection.ended();
        co_return out;
      }
    }
    out.keep = reader.keep() && !connection.ended();
    out.response = reader.take(request.wanted_header);
    co_return out;
  }

  // The kept connection used last, which is the likeliest to be alive.
  Connection kept_connection(const std::string& key) {
    const auto kept = idle_.find(key);
    if (kept == idle_.end()) return nullptr;
    Connection found;
    while (found == nullptr && !kept->second.empty()) {
      Kept last = std::move(kept->second.back());
      kept->second.pop_back();
      const bool fresh = steady_now() - last.since <= config_.idle_max;
      if (fresh && last.connection->still_quiet()) found = std::move(last.connection);
    }
    if (kept->second.empty()) idle_.erase(kept);
    return found;
  }

  // Kept connections count, too: the oldest ones make way.
  void make_room() {
    while (open_connections() >= config_.connections_max && !idle_.empty()) {
      const auto oldest = std::ranges::min_element(
          idle_, {}, [](const auto& entry) { return entry.second.front().since; });
      oldest->second.erase(oldest->second.begin());
      if (oldest->second.empty()) idle_.erase(oldest);
    }
  }

  IoContext& io_;
  const TlsContext& tls_;
  HttpConfig config_;
  ReceiveBuffers buffers_;
  std::map<std::string, std::vector<Kept>> idle_;  // never an empty vector
  std::vector<Connection> busy_;
  std::map<std::string, std::size_t> in_use_;
  std::size_t in_use_all_ = 0;
  std::list<Waiter*> waiting_;  // each lives in its acquire()
  std::map<std::string, AddressMemory> memory_;
  std::uint64_t cancelled_ = 0;
  HttpCounters counters_;
};

HttpClient::HttpClient(IoContext& io, const TlsContext& tls, HttpConfig config)
    : state_(std::make_unique<State>(io, tls, config)) {}

HttpClient::~HttpClient() = default;

Task<Result<HttpResponse>> HttpClient::request(HttpRequest request, SteadyTime deadline) {
  return state_->request(std::move(request), deadline);
}

Task<Result<HttpResponse>> HttpClient::get(Url url, SteadyTime deadline) {
  HttpRequest request;
  request.url = std::move(url);
  return state_->request(std::move(request), deadline);
}

void HttpClient::cancel() {
  state_->cancel();
}
const HttpCounters& HttpClient::counters() const {
  return state_->counters();
}
std::size_t HttpClient::open_connections() const {
  return state_->open_connections();
}

}  // namespace mp::net
