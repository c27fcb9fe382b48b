#include "control/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "codec/json_exact.hpp"
#include "codec/json_object.hpp"
#include "control/access.hpp"
#include "control/answers.hpp"
#include "control/assets.hpp"
#include "control/fan_out.hpp"
#include "control/health.hpp"
#include "control/inspection.hpp"
#include "control/live.hpp"
#include "control/metrics.hpp"
#include "net/local_server.hpp"

namespace mp::control {
namespace {

using codec::append_json_list;
using codec::append_json_value;
using codec::JsonObject;

using net::ServerRequest;
using net::ServerResponse;

constexpr std::string_view kRoot = "/api/v1/";
constexpr std::chrono::milliseconds kTick{10};
constexpr std::chrono::milliseconds kLiveEvery{50};
// What a page of ours may do: nothing from elsewhere, nothing inside of another page.
constexpr std::string_view kPolicy =
    "default-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

ServerResponse without_token() {
  return refused(401,
                 "this needs the header \"Authorization: Bearer TOKEN\" with the token of "
                 "control.token in the data directory");
}

// "a/b" of /api/v1/books/a/b
struct Name {
  std::string_view venue;
  std::string_view name;
};
std::optional<Name> name_in(std::string_view rest) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size())
    return std::nullopt;
  return Name{rest.substr(0, slash), rest.substr(slash + 1)};
}

struct LevelWish {
  std::string_view level;
};
using LevelShape = codec::Shape<codec::Field<"level", &LevelWish::level>>;

constexpr std::size_t kFeedsMax = 1000;  // in one request
struct FeedsWish {
  std::vector<std::string_view> feeds;
};
using FeedsShape = codec::Shape<codec::Field<"feeds", &FeedsWish::feeds>>;

ServerResponse changed_to(const Result<std::vector<std::string>>& changed, std::string_view note) {
  if (!changed) return refused(changed.error());
  ServerResponse out;
  JsonObject object{out.body};
  object.add("changed", *changed);
  if (!note.empty()) object.add("note", note);
  return out;
}

}  // namespace

class Api::Impl final : public net::ServerHandler {
 public:
  Impl(pipeline::Collector& collector, const Identity& identity, Powers powers, obs::Logger& log,
       Access access, const MemoryRules& rules)
      : collector_(collector),
        identity_(identity),
        powers_(std::move(powers)),
        log_(log),
        access_(std::move(access)),
        observer_(collector, identity),
        inspection_(collector, identity.data_dir, rules, log),
        live_(observer_, collector,
              {.can_send = [this](net::SocketId id) { return server_->can_send(id); },
               .send = [this](net::SocketId id,
                              std::string text) { server_->send(id, std::move(text)); }}),
        fan_out_(collector,
                 {.can_send = [this](net::SocketId id) { return server_->can_send(id); },
                  .send = [this](net::SocketId id,
                                 std::string text) { server_->send(id, std::move(text)); },
                  .close =
                      [this](net::SocketId id, std::uint16_t code, std::string reason) {
                        server_->close(id, code, std::move(reason));
                      }}) {}
  ~Impl() override {
    if (server_) server_->stop();
  }

  Result<void> listen(const ApiConfig& config) {
    auto server =
        net::LocalServer::open({.host = config.host, .port = config.port, .tick = kTick}, *this);
    if (!server) return server.error();
    server_ = server.take();
    const bool v6 = config.host.find(':') != std::string::npos;
    url_ =
        fmt::format("http://{}{}{}:{}", v6 ? "[" : "", config.host, v6 ? "]" : "", server_->port());
    server_->run();
    return {};
  }
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  ServerResponse on_request(const ServerRequest& request) override {
    auto answer = answer_to(request);
    answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
    answer.headers.emplace_back("Content-Security-Policy", std::string{kPolicy});
    answer.headers.emplace_back("Referrer-Policy", "no-referrer");
    return answer;
  }

  ServerResponse on_upgrade(net::SocketId socket, const ServerRequest& request) override {
    if (const auto why = access_.refusal(request); !why.empty()) return refused(403, why);
    if (!access_.may_read(request)) return without_token();
    if (request.path == "/api/v1/live") {
      live_.opened(socket);
      return {.status = 101};
    }
    const auto opened = fan_out_.open_web_socket(socket, request.path);
    if (opened) return {.status = 101};
    return refused(opened.error().kind == ErrorKind::usage ? 400 : 404, opened.error().message);
  }
  ServerResponse on_event_stream(net::SocketId socket, const ServerRequest& request) override {
    if (const auto why = access_.refusal(request); !why.empty()) return refused(403, why);
    if (!access_.may_read(request)) return without_token();
    const auto found = request.query.find("streams");
    std::optional<std::uint64_t> from_seq;
    if (request.query.contains("from_seq")) from_seq = count_in(request, "from_seq", 0, SIZE_MAX);
    const auto opened = fan_out_.open_events(
        socket, request.path, found == request.query.end() ? "" : found->second, from_seq);
    if (!opened)
      return refused(opened.error().kind == ErrorKind::usage ? 400 : 404, opened.error().message);
    return {.status = 200};
  }
  void on_message(net::SocketId socket, std::string_view text) override {
    fan_out_.has(socket) ? fan_out_.on_message(socket, text) : live_.on_message(socket, text);
  }
  void on_closed(net::SocketId socket) override {
    live_.closed(socket);
    fan_out_.closed(socket);
  }
  void on_tick() override {
    const auto now = net::steady_now();
    fan_out_.on_tick(now);
    if (now < live_due_) return;
    live_due_ = now + kLiveEvery;
    observer_.on_time();
    inspection_.on_time(now);
    live_.on_tick(now);
  }

  ServerResponse answer_to(const ServerRequest& request) {
    if (const auto why = access_.refusal(request); !why.empty()) return refused(403, why);
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool probes = reads && (request.path == "/livez" || request.path == "/readyz");
    if (!probes && !access_.may_read(request)) return without_token();
    std::string_view path = request.path;
    if (path.starts_with(kRoot)) {
      path.remove_prefix(kRoot.size());
      if (reads) return read(path, request);
      if (!access_.may_change(request)) return without_token();
      return change(path, request);
    }
    if (!reads) return refused(405, "expected GET");
    return page_or_probe(path);
  }

  ServerResponse page_or_probe(std::string_view path) {
    if (path == "/livez") return {.type = "text/plain", .body = "ok\n"};
    if (path == "/readyz") return ready();
    if (path == "/healthz") return health();
    if (path == "/metrics") {
      ServerResponse out{.type = std::string{kMetricsType}};
      append_metrics(collector_, observer_, identity_.version, out.body);
      return out;
    }
    const Asset* const asset = asset_at(path == "/" ? "/index.html" : path);
    if (asset == nullptr) return no_such(fmt::format("page at {}", path));
    ServerResponse out{.type = std::string{asset->type}, .body = std::string{asset->content}};
    const bool named_by_content = path.starts_with("/assets/");
    out.headers.emplace_back("Cache-Control",
                             named_by_content ? "public, max-age=31536000, immutable" : "no-cache");
    return out;
  }

  // Somebody could use what is collected: at least one instrument is live.
  ServerResponse ready() {
    for (const auto& row : observer_.rows()) {
      if (row.view.state == pipeline::StreamState::live)
        return {.type = "text/plain", .body = "ok\n"};
    }
    return {.status = 503, .type = "text/plain", .body = "no instrument is live yet\n"};
  }

  ServerResponse health() {
    auto checks = collector_checks(collector_, observer_);
    checks.push_back(memory_check(inspection_.memory()));
    auto machine = machine_checks(identity_.data_dir);
    checks.insert(checks.end(), machine.begin(), machine.end());
    const auto worst = worst_of(checks);
    ServerResponse out{.status = worst == Verdict::failing ? 503U : 200U};
    JsonObject object{out.body};
    object.add("status", worst == Verdict::ok        ? "ok"
                         : worst == Verdict::warning ? "degraded"
                                                     : "failing");
    object.add("checks", checks);
    return out;
  }

  ServerResponse read(std::string_view path, const ServerRequest& request) {
    if (auto answer = inspection_.read(path, request)) return std::move(*answer);
    ServerResponse out;
    if (path == "gaps" && !request.query.empty()) {
      observer_.gaps(count_in(request, "limit", 200, 5000), out.body);
    } else if (observer_.document(path, out.body)) {
      return out;
    } else if (path == "config") {
      append_json_value(powers_.config(), out.body);
    } else if (path == "log") {
      return log_settings();
    } else if (path == "token") {
      if (!Access::is_own_page(request)) return refused(403, "only the page itself gets the token");
      JsonObject{out.body}.add("token", access_.token());
    } else if (path == "faults" && !powers_.faults.empty()) {
      append_json_list(powers_.faults, out.body, [](const Fault& fault, std::string& to) {
        JsonObject object{to};
        object.add("name", fault.name);
        object.add("title", fault.title);
        object.add("text", fault.text);
      });
    } else if (path == "openapi.json") {
      const Asset* const document = asset_at("/openapi.json");
      if (document == nullptr) return no_such("document in this program");
      out.body = document->content;
    } else if (path.starts_with("trades/")) {
      const auto name = name_in(path.substr(7));
      if (!name) return no_such(fmt::format("instrument {}", path.substr(7)));
      const auto after = count_in(request, "after", 0, SIZE_MAX);
      observer_.trades(name->venue, name->name, after, out.body);
    } else if (path.starts_with("books/")) {
      const auto name = name_in(path.substr(6));
      const auto depth = count_in(request, "depth", 25, 1000);
      if (!name || !observer_.book(name->venue, name->name, depth, out.body))
        return no_such(fmt::format("instrument {}", path.substr(6)));
    } else {
      return no_such(fmt::format("document {}", path));
    }
    return out;
  }

  ServerResponse change(std::string_view path, const ServerRequest& request) {
    constexpr std::string_view kResync = "/resync";
    constexpr std::string_view kFaults = "faults/";
    if (request.method == "POST" && path == "reload") return reload();
    if (auto answer = inspection_.change(path, request)) return std::move(*answer);
    if (request.method == "PUT" && path == "log") return set_log_level(request.body);
    if (request.method == "POST" && path == "feeds")
      return change_feeds(FeedWish::What::add, request.body);
    if (request.method == "DELETE" && path == "feeds")
      return change_feeds(FeedWish::What::remove, request.body);
    if (request.method == "POST" && path.starts_with("books/") && path.ends_with(kResync)) {
      const auto name = name_in(path.substr(6, path.size() - 6 - kResync.size()));
      if (!name || !collector_.resync(name->venue, name->name))
        return no_such(fmt::format("book {}", path.substr(6)));
      return {.status = 204};
    }
    if (request.method == "POST" && path.starts_with(kFaults)) {
      const auto found =
          std::ranges::find(powers_.faults, path.substr(kFaults.size()), &Fault::name);
      if (found == powers_.faults.end()) return no_such(fmt::format("fault {}", path));
      log_.warn("fault_injected", {{"fault", found->name}});
      found->inject();
      return {.status = 204};
    }
    return no_such(fmt::format("change {} {}", request.method, path));
  }

  ServerResponse reload() {
    if (!powers_.reload) {
      return refused(409,
                     "there is no configuration file to read anew; expected a collector that "
                     "was started by `marketprism run CONFIG`");
    }
    return changed_to(powers_.reload(), {});
  }

  ServerResponse change_feeds(FeedWish::What what, const std::string& body) {
    if (!powers_.change) return refused(409, "what this collector collects is fixed");
    codec::ExactReader reader;
    FeedsWish wish;
    if (!reader.read<FeedsShape>(body, wish))
      return refused(400, "the body cannot be read: " + reader.problem());
    if (wish.feeds.empty() || wish.feeds.size() > kFeedsMax)
      return refused(400, "expected {\"feeds\":[\"VENUE:NAME\",...]} with 1 to 1000 of them");
    FeedWish wanted{.what = what, .feeds = {}};
    for (const auto feed : wish.feeds) wanted.feeds.emplace_back(feed);
    return changed_to(
        powers_.change(wanted),
        "not written to the configuration file: a reload or a new start goes by that");
  }

  ServerResponse log_settings() const {
    ServerResponse out;
    JsonObject object{out.body};
    object.add("level", obs::name_of(log_.level()));
    object.add("format", obs::name_of(log_.format()));
    return out;
  }

  ServerResponse set_log_level(const std::string& body) {
    codec::ExactReader reader;
    LevelWish wish;
    if (!reader.read<LevelShape>(body, wish))
      return refused(400, "the body cannot be read: " + reader.problem());
    const auto level = obs::log_level_named(wish.level);
    if (!level) {
      return refused(400, fmt::format("\"{}\" is no log level; expected debug, info, warn, error "
                                      "or off",
                                      wish.level));
    }
    log_.set_level(*level);
    return {.status = 204};
  }

  pipeline::Collector& collector_;
  const Identity identity_;
  const Powers powers_;
  obs::Logger& log_;
  const Access access_;
  Observer observer_;
  Inspection inspection_;
  Live live_;
  net::SteadyTime live_due_{};
  FanOut fan_out_;
  std::string url_;
  std::unique_ptr<net::LocalServer> server_;
};

Api::Api(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Api::~Api() = default;

Result<std::unique_ptr<Api>> Api::start(const ApiConfig& config, pipeline::Collector& collector,
                                        const Identity& identity, Powers powers, obs::Logger& log) {
  auto access = Access::create(identity.data_dir / "control.token", config.host);
  if (!access) return access.error();
  auto impl = std::make_unique<Impl>(collector, identity, std::move(powers), log, access.take(),
                                     config.memory);
  if (const auto listening = impl->listen(config); !listening) return listening.error();
  return std::unique_ptr<Api>{new Api{std::move(impl)}};
}

std::string Api::url() const {
  return impl_->url();
}

}  // namespace mp::control
