#include "control/legacy.hpp"

#include "codec/json_object.hpp"
#include "control/legacy_documents.hpp"
#include "net/local_server.hpp"

namespace mp::control {
namespace {

using codec::JsonObject;
using net::ServerRequest;
using net::ServerResponse;

constexpr const char* kService = "marketprism";

// localhost, 127.0.0.1:8087, [::1]:8087. A page from elsewhere may not read it through a browser.
bool is_asked_here(const ServerRequest& request) {
  std::string_view host = request.header_named("host");
  if (host.starts_with('[')) {
    host.remove_prefix(1);
    host = host.substr(0, host.find(']'));
  } else {
    host = host.substr(0, host.find(':'));
  }
  return host.empty() || net::is_loopback(host);
}

}  // namespace

class Legacy::Impl final : public net::ServerHandler {
 public:
  Impl(const pipeline::Collector& collector, const Identity& identity)
      : collector_(collector), identity_(identity), observer_(collector, identity) {}
  ~Impl() override {
    if (server_) server_->stop();
  }

  Result<void> listen(const LegacyPlace& place) {
    auto server = net::LocalServer::open({.host = place.host, .port = place.port}, *this);
    if (!server) return server.error();
    server_ = server.take();
    server_->run();
    return {};
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  ServerResponse on_request(const ServerRequest& request) override {
    ServerResponse out;
    if (!is_asked_here(request)) return {.status = 403, .body = R"({"error":"not from here"})"};
    if (request.method != "GET" && request.method != "HEAD")
      return {.status = 405, .body = R"({"error":"expected GET"})"};
    if (request.path == "/metrics") {
      out.type = "text/plain; version=0.0.4; charset=utf-8";
      append_legacy_metrics(collector_, observer_, identity_, out.body);
    } else if (request.path == "/health") {
      out.status = append_legacy_health(collector_, observer_, identity_, out.body);
    } else if (request.path == "/status") {
      status(out.body);
    } else if (request.path == "/ping") {
      JsonObject object{out.body};
      object.add("pong", true);
      object.add("timestamp", net::now());
    } else if (request.path == "/version") {
      JsonObject object{out.body};
      object.add("service", kService);
      object.add("version", identity_.version);
    } else {
      out = {.status = 404, .body = R"({"error":"there is no such document"})"};
    }
    return out;
  }

  void status(std::string& out) const {
    const auto now = net::now();
    JsonObject object{out};
    object.add("service", kService);
    object.add("version", identity_.version);
    object.add("timestamp", now);
    object.add("uptime", std::chrono::duration<double>(now - identity_.started).count());
    object.add("status", "running");
  }

  ServerResponse on_event_stream(net::SocketId /*socket*/,
                                 const ServerRequest& /*request*/) override {
    return {.status = 404};
  }
  ServerResponse on_upgrade(net::SocketId, const ServerRequest&) override {
    return {.status = 404, .body = R"({"error":"there is no WebSocket"})"};
  }
  void on_message(net::SocketId, std::string_view) override {}
  void on_closed(net::SocketId) override {}
  void on_tick() override { observer_.on_time(); }

  const pipeline::Collector& collector_;
  const Identity identity_;
  Observer observer_;  // of its own thread
  std::unique_ptr<net::LocalServer> server_;
};

Legacy::Legacy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Legacy::~Legacy() = default;

Result<std::unique_ptr<Legacy>> Legacy::start(const LegacyPlace& place,
                                              const pipeline::Collector& collector,
                                              const Identity& identity) {
  auto impl = std::make_unique<Impl>(collector, identity);
  if (const auto listening = impl->listen(place); !listening) return listening.error();
  return std::unique_ptr<Legacy>{new Legacy{std::move(impl)}};
}

std::uint16_t Legacy::port() const {
  return impl_->port();
}

}  // namespace mp::control
