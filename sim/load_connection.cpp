#include "sim/load_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sim/text.hpp"

namespace mp::sim {
namespace {

constexpr std::size_t kReadBytes = 16U * 1024U;
constexpr int kReadsMax = 16;  // in a row, so that one client does not keep the load waiting
constexpr std::size_t kSnapshotLimitMax = 5000;

// The value of a header; `head` is the request up to its empty line.
std::string_view header(std::string_view head, std::string_view name) {
  const auto same = [](char a, char b) {
    return (a | 0x20) == (b | 0x20);  // letters of either case; headers have no other such pairs
  };
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!std::ranges::equal(line.substr(0, name.size()), name, same)) continue;
    std::string_view value = line.substr(name.size() + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
  }
  return {};
}

struct Answer {
  std::string_view status = "200 OK";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

Answer depth(LoadDesk& desk, std::string_view target) {
  const auto instrument = desk.market.instrument(query_value(target, "symbol").value_or(""));
  if (!instrument)
    return {.status = "400 Bad Request", .body = R"({"code":-1121,"msg":"Invalid symbol."})"};
  const std::string limit = query_value(target, "limit").value_or("100");
  std::size_t levels = 0;
  std::from_chars(limit.data(), limit.data() + limit.size(), levels);
  if (levels == 0)
    return {.status = "400 Bad Request",
            .body = R"({"code":-1130,"msg":"Data sent for parameter 'limit' is not valid."})"};
  Answer answer;
  desk.market.append_snapshot(*instrument, std::min(levels, kSnapshotLimitMax), answer.body);
  desk.snapshot_served[*instrument] = true;
  return answer;
}

Answer answer_to_call(LoadDesk& desk, std::string_view target) {
  const std::string_view path = path_of(target);
  if (path == "/api/v3/depth") return depth(desk, target);
  Answer answer;
  if (path == "/api/v3/exchangeInfo") {
    desk.market.append_listing(answer.body);
    return answer;
  }
  return {.status = "404 Not Found", .body = R"({"code":-1,"msg":"Not found."})"};
}

Answer rest(LoadDesk& desk, std::string_view target) {
  auto counted = desk.weight.count(target, desk.now);
  Answer answer;
  if (counted.status == 200) {
    answer = answer_to_call(desk, target);
  } else {
    answer.status = counted.status == 429 ? "429 Too Many Requests" : "418 I'm a teapot";
    answer.body = std::move(counted.body);
  }
  answer.headers = std::move(counted.headers);
  return answer;
}

}  // namespace

bool LoadDesk::owes_snapshot() const {
  for (std::size_t each = 0; each < market.instruments(); ++each) {
    const auto depth = each * kLoadChannels + static_cast<std::size_t>(LoadChannel::depth);
    if (owners[depth] != nullptr && !snapshot_served[each]) return true;
  }
  return false;
}

LoadConnection::LoadConnection(int socket, const LoadTlsContext& tls, LoadDesk& desk)
    : socket_(socket), desk_(desk), tls_(tls) {}

LoadConnection::~LoadConnection() {
  for (const LoadStream stream : streams_) desk_.owners[stream] = nullptr;
  desk_.subscribed -= streams_.size();
  ::close(socket_);
}

bool LoadConnection::receive() {
  char bytes[kReadBytes];
  std::string plain;
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (count <= 0) return false;
    if (!tls_.read({bytes, static_cast<std::size_t>(count)}, plain)) return false;
    if (static_cast<std::size_t>(count) < sizeof bytes) break;
  }
  if (is_session_) {
    frames_.feed(plain);
  } else {
    input_ += plain;
    if (!take_requests()) return false;
  }
  if (is_session_ && !take_frames()) return false;
  return flush();
}

bool LoadConnection::flush() {
  std::string_view rest = tls_.output();
  while (!rest.empty()) {
    const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  tls_.clear_output();
  has_unsent = false;
  return true;
}

void LoadConnection::mark(std::string_view word) {
  std::string frame;
  append_frame(Opcode::pong, word, frame);
  write(frame);
}

bool LoadConnection::take_requests() {
  while (!is_session_) {
    const std::size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return input_.size() <= kRequestBytesMax;
    const std::string head = input_.substr(0, end);
    input_.erase(0, end + 4);
    if (!answer(head)) return false;
  }
  return true;
}

bool LoadConnection::answer(std::string_view head) {
  if (!head.starts_with("GET ")) return false;
  head.remove_prefix(4);
  const std::string_view target = head.substr(0, head.find(' '));
  std::string text;
  const std::string_view key = header(head, "Sec-WebSocket-Key");
  if (!key.empty() && path_of(target) == "/stream") {
    text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n";
    append(text, "Sec-WebSocket-Accept: ", std::string_view(accept_value(key)), "\r\n\r\n");
    is_session_ = true;
    frames_.feed(input_);
    input_.clear();
  } else {
    const Answer answer = rest(desk_, target);
    append(text, "HTTP/1.1 ", answer.status,
           "\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: ",
           answer.body.size(), "\r\n");
    for (const auto& [name, value] : answer.headers)
      append(text, std::string_view(name), ": ", std::string_view(value), "\r\n");
    append(text, "\r\n", std::string_view(answer.body));
  }
  write(text);
  return true;
}

bool LoadConnection::take_frames() {
  FrameReader::Message message;
  std::string out;
  while (true) {
    const auto step = frames_.next(message);
    if (step == FrameReader::Step::malformed) return false;
    if (step == FrameReader::Step::need_more) break;
    if (message.opcode == Opcode::text) {
      append_frame(Opcode::text, answer_to(message.payload), out);
    } else if (message.opcode == Opcode::ping) {
      append_frame(Opcode::pong, message.payload, out);
    } else if (message.opcode == Opcode::close) {
      append_frame(Opcode::close, close_payload(1000, {}), out);
      write(out);
      // The answer is a courtesy: the connection ends, whether or not it can be sent.
      (void)flush();
      return false;
    }
  }
  write(out);
  return true;
}

std::string LoadConnection::answer_to(std::string_view text) {
  const auto request = desk_.requests.read(text);
  if (!request || !request->number)
    return R"({"error":{"code":2,"msg":"Invalid request: )"
           R"(request ID must be an unsigned integer"}})";
  const bool subscribes = request->method == "SUBSCRIBE";
  if (subscribes || request->method == "UNSUBSCRIBE") {
    for (const std::string_view name : request->params) {
      const auto stream = desk_.market.stream(name);
      if (!stream) continue;  // as the venue does
      subscribes ? subscribe(*stream) : unsubscribe(*stream);
    }
  }
  std::string answer;
  append(answer, R"({"result":null,"id":)", *request->number, "}");
  return answer;
}

void LoadConnection::subscribe(LoadStream stream) {
  LoadConnection*& owner = desk_.owners[stream];
  if (owner == this) return;
  if (owner != nullptr) owner->unsubscribe(stream);
  owner = this;
  ++desk_.subscribed;
  streams_.push_back(stream);
}

void LoadConnection::unsubscribe(LoadStream stream) {
  if (desk_.owners[stream] != this) return;
  desk_.owners[stream] = nullptr;
  --desk_.subscribed;
  std::erase(streams_, stream);
  turn_ = 0;
}

}  // namespace mp::sim
