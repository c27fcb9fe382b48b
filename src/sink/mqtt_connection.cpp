#include "sink/mqtt_connection.hpp"

#include <fmt/format.h>
#include <mosquitto.h>

#include <cerrno>
#include <cstring>
#include <mutex>

namespace mp::sink {
namespace {

constexpr int kKeepAliveSeconds = 30;
constexpr int kLoopMilliseconds = 50;
constexpr std::chrono::seconds kAnswerLongest{2};

// The library counts its users, but not atomically.
void begin_library() {
  static std::once_flag once;
  std::call_once(once, [] { mosquitto_lib_init(); });
}

std::string words_of(int code) {
  return code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);
}

}  // namespace

struct MqttConnection::Callbacks {
  static void connected(mosquitto* /*handle*/, void* self, int reason, int /*flags*/,
                        const mqtt5__property* /*properties*/) {
    static_cast<MqttConnection*>(self)->connected_ = reason;
  }
  static void published(mosquitto* /*handle*/, void* self, int number, int reason,
                        const mqtt5__property* /*properties*/) {
    static_cast<MqttConnection*>(self)->answers.push_back({number, reason});
  }
};

Result<std::unique_ptr<MqttConnection>> MqttConnection::open(const Settings& settings) {
  begin_library();
  const auto& host = settings.text("host");
  const auto port = static_cast<int>(settings.number("port"));
  const auto trouble = [&](std::string_view what, const std::string& why) {
    return Error{ErrorKind::unavailable,
                 fmt::format("cannot {} at {}:{}: {}", what, host, port, why)};
  };
  std::unique_ptr<MqttConnection> out{new MqttConnection};
  out->handle_ = mosquitto_new(nullptr, true, out.get());
  if (out->handle_ == nullptr) return trouble("connect", "out of memory");
  mosquitto* const handle = out->handle_;
  int code = mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  const auto set = [&](int next) {
    if (code == MOSQ_ERR_SUCCESS) code = next;
  };
  set(mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1));
  const auto in_flight = static_cast<int>(settings.number("in_flight"));
  set(mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, in_flight));
  if (const auto& user = settings.text("user"); !user.empty())
    set(mosquitto_username_pw_set(handle, user.c_str(), settings.text("password").c_str()));
  if (const auto& file = settings.text("ca_file"); !file.empty()) {
    set(mosquitto_tls_set(handle, file.c_str(), nullptr, nullptr, nullptr, nullptr));
  } else if (settings.flag("tls")) {
    set(mosquitto_int_option(handle, MOSQ_OPT_TLS_USE_OS_CERTS, 1));
  }
  if (code != MOSQ_ERR_SUCCESS) return trouble("use the keys of the section", words_of(code));
  mosquitto_connect_v5_callback_set(handle, Callbacks::connected);
  mosquitto_publish_v5_callback_set(handle, Callbacks::published);
  code = mosquitto_connect(handle, host.c_str(), port, kKeepAliveSeconds);
  if (code != MOSQ_ERR_SUCCESS) return trouble("connect", words_of(code));
  const auto end = std::chrono::steady_clock::now() + kAnswerLongest;
  while (std::chrono::steady_clock::now() < end && out->connected_ < 0) {
    code = mosquitto_loop(handle, kLoopMilliseconds, 1);
    if (code != MOSQ_ERR_SUCCESS) return trouble("connect", words_of(code));
  }
  if (out->connected_ < 0) return trouble("connect", "no answer");
  if (out->connected_ > 0) return trouble("connect", mqtt_reason(out->connected_));
  return out;
}

MqttConnection::~MqttConnection() {
  if (handle_ == nullptr) return;
  mosquitto_disconnect(handle_);
  mosquitto_destroy(handle_);
}

Result<int> MqttConnection::publish(const Message& message) {
  int number = 0;
  const int code = mosquitto_publish_v5(handle_, &number, message.topic.c_str(),
                                        static_cast<int>(message.payload.size()),
                                        message.payload.data(), 1, message.retain, nullptr);
  if (code == MOSQ_ERR_SUCCESS) return number;
  const bool its_own = code == MOSQ_ERR_OVERSIZE_PACKET || code == MOSQ_ERR_PAYLOAD_SIZE ||
                       code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8;
  return Error{its_own ? ErrorKind::data : ErrorKind::unavailable, words_of(code)};
}

Result<void> MqttConnection::wait(std::chrono::milliseconds longest) {
  // A look may end at once without an answer: the library wakes itself for each message.
  const auto end = std::chrono::steady_clock::now() + longest;
  const std::size_t before = answers.size();
  while (std::chrono::steady_clock::now() < end) {
    const int code = mosquitto_loop(handle_, kLoopMilliseconds, 1);
    if (code != MOSQ_ERR_SUCCESS) return Error{ErrorKind::unavailable, words_of(code)};
    if (answers.size() > before) return {};
  }
  return Error{ErrorKind::unavailable, "no acknowledgement in time"};
}

std::string mqtt_reason(int reason) {
  return mosquitto_reason_string(reason);
}

}  // namespace mp::sink
