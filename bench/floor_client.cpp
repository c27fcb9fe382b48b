#include "bench/floor_client.hpp"

#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure.hpp"
#include "core/assert.hpp"

namespace mp::bench {
namespace {

constexpr std::size_t kWireBytes = 64U * 1024U;
// A frame that is not complete yet, and all that one recv() can hold.
constexpr std::size_t kPlainBytes = 4 * kWireBytes;
constexpr std::size_t kStreamsPerRequest = 200;
constexpr const char* kTopics[] = {"trade", "depth@100ms", "bookTicker"};
constexpr std::size_t kTopicCount = 3;
constexpr std::uint64_t kLooksMax = 50'000'000;  // of a client that spins: some 20 s of silence
constexpr unsigned kPong = 10;
constexpr unsigned kText = 1;

std::int64_t clock_nanoseconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

Error wrong(const std::string& what) {
  return {.kind = ErrorKind::unavailable, .message = "The floor client " + what + "."};
}

// What all sessions count together.
struct Count {
  FloorReport report;
  obs::Histogram latency;
  bool stamps = false;
  std::size_t ended = 0;  // sessions that got the mark of the end
  double cpu_began = 0;
  std::int64_t began = 0;  // 0: not yet
  std::int64_t last = 0;

  void begin() {
    if (began != 0) return;
    cpu_began = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    began = last = clock_nanoseconds(CLOCK_MONOTONIC);
  }
};

struct Session {
  int socket = -1;
  SSL* ssl = nullptr;
  const char* window = nullptr;  // of the wire's bytes that OpenSSL has not taken
  std::size_t window_bytes = 0;
  std::unique_ptr<char[]> wire = std::make_unique<char[]>(kWireBytes);
  std::unique_ptr<char[]> plain = std::make_unique<char[]>(kPlainBytes);
  std::size_t plain_bytes = 0;
  bool counts = false;  // the mark of the beginning has come
  bool spins = false;   // see FloorConfig; once all is set up

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    SSL_free(ssl);
    if (socket >= 0) ::close(socket);
  }
};

int read_window(BIO* bio, char* into, int size) {
  auto& session = *static_cast<Session*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (session.window_bytes == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(static_cast<std::size_t>(size), session.window_bytes);
  std::memcpy(into, session.window, taken);
  session.window += taken;
  session.window_bytes -= taken;
  return static_cast<int>(taken);
}

int send_all(BIO* bio, const char* from, int size) {
  const auto& session = *static_cast<Session*>(BIO_get_data(bio));
  for (int sent = 0; sent < size;) {
    const ssize_t count =
        ::send(session.socket, from + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (count <= 0) return -1;
    sent += static_cast<int>(count);
  }
  return size;
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// Looks again and again, some millions of times a second; gives up after kLooksMax.
ssize_t spin(Session& session) {
  for (std::uint64_t looks = 0; looks < kLooksMax; ++looks) {
    const ssize_t count = ::recv(session.socket, session.wire.get(), kWireBytes, MSG_DONTWAIT);
    if (count >= 0 || errno != EAGAIN) return count;
  }
  return -1;
}

// Waits for bytes. False: silence, or the end.
bool fill_wire(Session& session) {
  const ssize_t count =
      session.spins ? spin(session) : ::recv(session.socket, session.wire.get(), kWireBytes, 0);
  if (count <= 0) return false;
  session.window = session.wire.get();
  session.window_bytes = static_cast<std::size_t>(count);
  return true;
}

// All that the window holds. False: the connection is over.
bool decrypt(Session& session) {
  while (true) {
    MP_ASSERT(session.plain_bytes < kPlainBytes);
    const int count = SSL_read(session.ssl, session.plain.get() + session.plain_bytes,
                               static_cast<int>(kPlainBytes - session.plain_bytes));
    if (count <= 0) return SSL_get_error(session.ssl, count) == SSL_ERROR_WANT_READ;
    session.plain_bytes += static_cast<std::size_t>(count);
  }
}

// Where the measured quote's number is its time in nanoseconds.
void note_latency(const char* payload, std::size_t bytes, Count& count) {
  if (::memmem(payload, std::min(bytes, std::size_t{48}), "@bookTicker\"", 12) == nullptr) return;
  const auto* at = static_cast<const char*>(::memmem(payload, bytes, "\"u\":", 4));
  if (at == nullptr) return;
  std::int64_t stamp = 0;
  for (at += 4; *at >= '0' && *at <= '9'; ++at) stamp = stamp * 10 + (*at - '0');
  count.latency.record(Nanoseconds{clock_nanoseconds(CLOCK_REALTIME) - stamp});
}

void take_frame(Session& session, unsigned opcode, std::string_view payload, Count& count) {
  if (opcode == kText && session.counts) {
    ++count.report.messages;
    count.report.bytes += payload.size();
    if (count.stamps) note_latency(payload.data(), payload.size(), count);
  } else if (opcode == kPong && payload == "begin") {
    session.counts = true;
    count.begin();
  } else if (opcode == kPong && payload == "end") {
    session.counts = false;
    ++count.ended;
  }
}

// Walks over the whole frames; what is left of the last one moves to the front.
void take_frames(Session& session, Count& count) {
  const char* at = session.plain.get();
  const char* const end = at + session.plain_bytes;
  const std::uint64_t before = count.report.messages;
  while (end - at >= 2) {
    const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    std::size_t head = 2;
    std::size_t bytes = byte(1) & 0x7FU;
    if (bytes >= 126) {
      const std::size_t extra = bytes == 126 ? 2 : 8;
      if (static_cast<std::size_t>(end - at) < head + extra) break;
      bytes = 0;
      for (std::size_t i = 0; i < extra; ++i) bytes = bytes << 8U | byte(head + i);
      head += extra;
    }
    if (static_cast<std::size_t>(end - at) < head + bytes) break;
    take_frame(session, byte(0) & 0x0FU, {at + head, bytes}, count);
    at += head + bytes;
  }
  session.plain_bytes = static_cast<std::size_t>(end - at);
  std::memmove(session.plain.get(), at, session.plain_bytes);
  if (count.report.messages != before) count.last = clock_nanoseconds(CLOCK_MONOTONIC);
}

bool connect(Session& session, SSL_CTX* context, BIO_METHOD* method, const FloorConfig& config) {
  session.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(config.port);
  const timeval silence{.tv_sec = config.silence_max.count() / 1000,
                        .tv_usec = config.silence_max.count() % 1000 * 1000};
  if (session.socket < 0 ||
      ::setsockopt(session.socket, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence) != 0 ||
      ::connect(session.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return false;
  session.ssl = SSL_new(context);
  BIO* const bio = BIO_new(method);
  BIO_set_data(bio, &session);
  SSL_set_bio(session.ssl, bio, bio);
  while (true) {
    const int result = SSL_connect(session.ssl);
    if (result == 1) return true;
    if (SSL_get_error(session.ssl, result) != SSL_ERROR_WANT_READ) return false;
    if (!fill_wire(session)) return false;
  }
}

bool write(Session& session, const std::string& text) {
  return SSL_write(session.ssl, text.data(), static_cast<int>(text.size())) ==
         static_cast<int>(text.size());
}

bool upgrade(Session& session) {
  if (!write(
          session,
          "GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade"
          "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWFya2V0cHJpc20gZmxvb3I=\r\n\r\n"))
    return false;
  while (true) {
    if (!decrypt(session)) return false;
    const std::string_view text(session.plain.get(), session.plain_bytes);
    if (const auto end = text.find("\r\n\r\n"); end != std::string_view::npos) {
      session.plain_bytes -= end + 4;
      std::memmove(session.plain.get(), session.plain.get() + end + 4, session.plain_bytes);
      return text.starts_with("HTTP/1.1 101");
    }
    if (!fill_wire(session)) return false;
  }
}

// The streams from `first` to before `last` of all: three to each instrument.
bool subscribe(Session& session, std::size_t first, std::size_t last) {
  int number = 0;
  while (first < last) {
    std::string text = R"({"method":"SUBSCRIBE","params":[)";
    const std::size_t end = std::min(last, first + kStreamsPerRequest);
    for (; first < end; ++first) {
      char name[64];
      std::snprintf(name, sizeof name, "\"l%05zuusdt@%s\",", first / kTopicCount + 1,
                    kTopics[first % kTopicCount]);
      text += name;
    }
    text.back() = ']';
    text += ",\"id\":" + std::to_string(++number) + "}";
    MP_ASSERT(text.size() <= 0xFFFF);
    std::string frame = {'\x81', '\xFE', static_cast<char>(text.size() >> 8U),
                         static_cast<char>(text.size() & 0xFFU)};
    if (text.size() < 126) frame = {'\x81', static_cast<char>(0x80U | text.size())};
    frame.append(4, '\0');  // a mask that changes nothing
    if (!write(session, frame + text)) return false;
  }
  return true;
}

// Bytes of one session, or silence or its end: false.
bool receive(Session& session, Count& count) {
  if (!fill_wire(session)) return false;
  if (session.counts) ++count.report.reads;
  if (!decrypt(session)) return false;
  take_frames(session, count);
  return true;
}

void read_all(std::vector<Session>& sessions, const FloorConfig& config, Count& count) {
  const auto done = [&] {
    return count.ended == sessions.size() ||
           (config.messages != 0 && count.report.messages >= config.messages);
  };
  if (sessions.size() == 1) {
    sessions.front().spins = config.spin;
    while (!done() && receive(sessions.front(), count)) {
    }
    return;
  }
  std::vector<pollfd> waiting;
  for (const Session& each : sessions) {
    waiting.push_back({.fd = each.socket, .events = POLLIN, .revents = 0});
  }
  while (!done()) {
    const int ready =
        ::poll(waiting.data(), waiting.size(), static_cast<int>(config.silence_max.count()));
    if (ready <= 0) return;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      if (waiting[i].revents != 0 && !receive(sessions[i], count)) return;
    }
  }
}

}  // namespace

Result<FloorReport> run_floor(const FloorConfig& config) {
  MP_ASSERT(config.sessions > 0);
  MP_ASSERT(!config.spin || config.sessions == 1);
  pin(config.cpu);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method(
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "floor"), BIO_meth_free);
  MP_ASSERT(context != nullptr);
  MP_ASSERT(method != nullptr);
  BIO_meth_set_read(method.get(), read_window);
  BIO_meth_set_write(method.get(), send_all);
  BIO_meth_set_ctrl(method.get(), control);
  BIO_meth_set_create(method.get(), create);

  std::vector<Session> sessions(config.sessions);
  const std::size_t streams = config.instruments * kTopicCount;
  Count count;
  count.stamps = config.latency;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (!connect(sessions[i], context.get(), method.get(), config) || !upgrade(sessions[i]) ||
        !subscribe(sessions[i], streams * i / sessions.size(), streams * (i + 1) / sessions.size()))
      return wrong("could not open a session on 127.0.0.1:" + std::to_string(config.port));
  }
  read_all(sessions, config, count);
  if (count.began == 0) return wrong("saw no measured part of the load");
  FloorReport& report = count.report;
  report.cpu_seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID) - count.cpu_began;
  report.seconds = static_cast<double>(count.last - count.began) * 1e-9;
  report.latency = count.latency.snapshot();
  return report;
}

}  // namespace mp::bench
