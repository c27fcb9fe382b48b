// The plainest clients of libraries, for tests/e2e/sinks/rate.py: each writes the events of
// standard input, a line each, and prints how many a second.
//   write_peer nats PORT    to a stream of JetStream, as many under way as the sink has
//   write_peer core PORT    to whoever listens
//   write_peer redis PORT   entries of streams, answers read once for as many as the sink's batch
//   write_peer kafka PORT   records, by an idempotent producer as the sink has it
//   write_peer mqtt PORT    messages of QoS 1, as many under way as the sink has
#include <hiredis/hiredis.h>
#include <librdkafka/rdkafka.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <nats/nats.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Lines = std::vector<std::string>;

std::string field(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + key.size());
  return std::string{line.substr(0, line.find('"'))};
}
std::string channel_of(const std::string& line) {
  return field(line, "{\"type\":\"");
}

void check(natsStatus status) {
  if (status == NATS_OK) return;
  std::fprintf(stderr, "%s\n", natsStatus_GetText(status));
  std::exit(1);
}

void write_nats(const Lines& lines, const std::string& port, bool to_stream) {
  natsConnection* connection = nullptr;
  check(natsConnection_ConnectTo(&connection, ("nats://127.0.0.1:" + port).c_str()));
  jsOptions options;
  jsOptions_Init(&options);
  options.PublishAsync.MaxPending = 1024;
  jsCtx* jet = nullptr;
  check(natsConnection_JetStream(&jet, connection, &options));
  if (to_stream) {
    const char* subject = "plain.>";
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = "PLAIN";
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    check(js_AddStream(nullptr, jet, &config, nullptr, nullptr));
  }
  std::size_t number = 0;
  for (const std::string& line : lines) {
    const std::string subject = "plain." + channel_of(line);
    if (!to_stream) {
      check(natsConnection_Publish(connection, subject.c_str(), line.data(),
                                   static_cast<int>(line.size())));
      continue;
    }
    const std::string id = std::to_string(number++);
    jsPubOptions publish;
    jsPubOptions_Init(&publish);
    publish.MsgId = id.c_str();
    check(js_PublishAsync(jet, subject.c_str(), line.data(), static_cast<int>(line.size()),
                          &publish));
  }
  check(to_stream ? js_PublishAsyncComplete(jet, nullptr) : natsConnection_Flush(connection));
  jsCtx_Destroy(jet);
  natsConnection_Destroy(connection);
}

void write_redis(const Lines& lines, const std::string& port) {
  constexpr std::size_t kBatch = 4096;
  redisContext* const context = redisConnect("127.0.0.1", std::atoi(port.c_str()));
  const std::string id(32, '0');
  for (std::size_t begin = 0; begin < lines.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, lines.size());
    for (std::size_t i = begin; i < end; ++i) {
      const std::string key = "plain:" + channel_of(lines[i]);
      const std::array<const char*, 10> words = {"XADD",    key.c_str(), "MAXLEN", "~",
                                                 "1000000", "*",         "event",  lines[i].data(),
                                                 "id",      id.c_str()};
      const std::array<std::size_t, 10> sizes = {4, key.size(),      6, 1,        7, 1,
                                                 5, lines[i].size(), 2, id.size()};
      redisAppendCommandArgv(context, static_cast<int>(words.size()),
                             const_cast<const char**>(words.data()), sizes.data());
    }
    for (std::size_t i = begin; i < end; ++i) {
      void* answer = nullptr;
      if (redisGetReply(context, &answer) != REDIS_OK) std::exit(1);
      freeReplyObject(answer);
    }
  }
  redisFree(context);
}

void write_kafka(const Lines& lines, const std::string& port) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  const std::array<std::array<std::string, 2>, 4> options = {
      {{"bootstrap.servers", "127.0.0.1:" + port},
       {"enable.idempotence", "true"},
       {"compression.type", "lz4"},
       {"linger.ms", "5"}}};
  for (const auto& [name, value] : options)
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
  rd_kafka_t* const producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
  for (const std::string& line : lines) {
    const std::string topic = "marketprism." + channel_of(line);
    const std::string key = field(line, "\"instrument\":\"");
    while (rd_kafka_producev(
               producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
               RD_KAFKA_V_VALUE(const_cast<char*>(line.data()), line.size()),  // it is copied
               RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
               RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
      rd_kafka_poll(producer, 10);
  }
  if (rd_kafka_flush(producer, 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR) std::exit(1);
  rd_kafka_destroy(producer);
}

void write_mqtt(const Lines& lines, const std::string& port) {
  constexpr std::size_t kInFlight = 1024;
  mosquitto_lib_init();
  std::size_t acknowledged = 0;
  mosquitto* const client = mosquitto_new("plain", true, &acknowledged);
  mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, kInFlight);
  mosquitto_publish_callback_set(
      client, [](mosquitto*, void* count, int) { ++*static_cast<std::size_t*>(count); });
  if (mosquitto_connect(client, "127.0.0.1", std::atoi(port.c_str()), 60) != MOSQ_ERR_SUCCESS)
    std::exit(1);
  std::size_t sent = 0;
  while (acknowledged < lines.size()) {
    while (sent < lines.size() && sent - acknowledged < kInFlight) {
      const std::string& line = lines[sent++];
      const std::string topic = "marketprism/" + channel_of(line);
      if (mosquitto_publish(client, nullptr, topic.c_str(), static_cast<int>(line.size()),
                            line.data(), 1, false) != MOSQ_ERR_SUCCESS)
        std::exit(1);
    }
    if (mosquitto_loop(client, 100, 1) != MOSQ_ERR_SUCCESS) std::exit(1);
  }
  mosquitto_destroy(client);
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  Lines lines;
  for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
  const std::string what = words[1];
  const auto begin = std::chrono::steady_clock::now();
  if (what == "redis") {
    write_redis(lines, words[2]);
  } else if (what == "kafka") {
    write_kafka(lines, words[2]);
  } else if (what == "mqtt") {
    write_mqtt(lines, words[2]);
  } else {
    write_nats(lines, words[2], what == "nats");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%f\n", static_cast<double>(lines.size()) / took.count());
  return 0;
}
