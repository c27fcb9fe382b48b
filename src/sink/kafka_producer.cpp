#include "sink/kafka_producer.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <bit>
#include <utility>

namespace mp::sink {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};

Options options_of(const Settings& settings, KafkaProducer::Together together) {
  const auto& user = settings.text("user");
  const auto& ca_file = settings.text("ca_file");
  const bool tls = settings.flag("tls") || !ca_file.empty();
  const std::string_view plain = tls ? "ssl" : "plaintext";
  const std::string_view with_user = tls ? "sasl_ssl" : "sasl_plaintext";
  Options out = {
      {"bootstrap.servers", fmt::format("{}", fmt::join(settings.texts("servers"), ","))},
      {"client.id", "marketprism-" + settings.name},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"compression.type", settings.text("compression")},
      {"partitioner", "murmur2_random"},  // the one of the Java clients
      {"linger.ms", "5"},
      {"reconnect.backoff.max.ms", "1000"},
      {"message.max.bytes", std::to_string(settings.bytes("message_bytes"))},
      {"message.timeout.ms", std::to_string(settings.time("ack_timeout").count())},
      {"security.protocol", std::string{user.empty() ? plain : with_user}}};
  if (together == KafkaProducer::Together::one) out.emplace_back("batch.num.messages", "1");
  if (!ca_file.empty()) out.emplace_back("ssl.ca.location", ca_file);
  if (user.empty()) return out;
  out.emplace_back("sasl.mechanisms", settings.text("sasl"));
  out.emplace_back("sasl.username", user);
  out.emplace_back("sasl.password", settings.text("password"));
  return out;
}

// Not of the broker's state, but of the record.
bool is_for_good(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

KafkaProducer::Report report_of(std::uint64_t number, rd_kafka_resp_err_t code) {
  using Kind = KafkaProducer::Report::Kind;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {.number = number};
  return {number, is_for_good(code) ? Kind::refused : Kind::failed, rd_kafka_err2str(code)};
}

rd_kafka_vu_t part(rd_kafka_vtype_t type) {
  rd_kafka_vu_t out{};
  out.vtype = type;
  return out;
}

rd_kafka_vu_t memory(rd_kafka_vtype_t type, std::string_view bytes) {
  auto out = part(type);
  out.u.mem.ptr = const_cast<char*>(bytes.data());  // it is copied, and not changed
  out.u.mem.size = bytes.size();
  return out;
}

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::open(const Settings& settings,
                                                           Together together) {
  std::unique_ptr<KafkaProducer> out{new KafkaProducer};
  out->together_ = together;
  std::unique_ptr<rd_kafka_conf_t, DestroyConf> conf{rd_kafka_conf_new()};
  std::array<char, 256> why{};
  for (const auto& [name, value] : options_of(settings, together)) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK)
      return Error{ErrorKind::config,
                   fmt::format("cannot set {} = {}: {}", name, value, why.data())};
  }
  const auto report = [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    const auto number = std::bit_cast<std::uintptr_t>(message->_private);
    auto& producer = *static_cast<KafkaProducer*>(self);
    producer.reports.push_back(report_of(number, message->err));
    if (message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE &&
        producer.together_ == Together::many)
      producer.reports.back().kind = Report::Kind::too_long;
  };
  rd_kafka_conf_set_dr_msg_cb(conf.get(), report);
  const auto note = [](rd_kafka_t*, int, const char* problem, void* self) {
    static_cast<KafkaProducer*>(self)->trouble_ = problem;
  };
  rd_kafka_conf_set_error_cb(conf.get(), note);
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);  // the runner says what is wrong
  rd_kafka_conf_set_opaque(conf.get(), out.get());
  out->handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why.data(), why.size());
  if (out->handle_ == nullptr) return Error{ErrorKind::unavailable, why.data()};
  (void)conf.release();  // the producer's now
  return out;
}

KafkaProducer::~KafkaProducer() {
  if (handle_ == nullptr) return;
  rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(handle_);
}

bool KafkaProducer::send(const Record& record, std::uint64_t number) {
  const std::string topic{record.topic};
  auto name = part(RD_KAFKA_VTYPE_TOPIC);
  name.u.cstr = topic.c_str();
  auto header = part(RD_KAFKA_VTYPE_HEADER);
  header.u.header.name = "identity";
  header.u.header.val = record.identity.data();
  header.u.header.size = static_cast<ssize_t>(record.identity.size());
  auto flags = part(RD_KAFKA_VTYPE_MSGFLAGS);
  flags.u.i = RD_KAFKA_MSG_F_COPY;
  auto opaque = part(RD_KAFKA_VTYPE_OPAQUE);
  opaque.u.ptr = std::bit_cast<void*>(std::uintptr_t{number});  // never followed
  const std::array parts = {name,
                            memory(RD_KAFKA_VTYPE_VALUE, record.value),
                            memory(RD_KAFKA_VTYPE_KEY, record.key),
                            header,
                            flags,
                            opaque};
  rd_kafka_error_t* const error = rd_kafka_produceva(handle_, parts.data(), parts.size());
  if (error == nullptr) return true;
  const auto code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  reports.push_back(report_of(number, code));
  return true;
}

void KafkaProducer::poll(std::chrono::milliseconds longest) {
  rd_kafka_poll(handle_, static_cast<int>(longest.count()));
}

}  // namespace mp::sink
