// The other side of the sink kafka, for tests/e2e/sinks.
//   kafka_peer mock            a broker in memory; says where it is, then does what standard input
//                              says, a word a line: down, up, rows
//   kafka_peer read HOST:PORT  prints the rows of a broker: the values of all records, in the order
//                              of their partitions; fails where it cannot come to their end
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <utility>

namespace {

constexpr int kBroker = 1;
constexpr int kMilliseconds = 10'000;

rd_kafka_t* client_of(rd_kafka_type_t type, const std::string& servers) {
  std::array<char, 256> why{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  const std::map<std::string, std::string> options = {{"bootstrap.servers", servers},
                                                      {"group.id", "test"},
                                                      {"enable.auto.commit", "false"},
                                                      {"auto.offset.reset", "earliest"},
                                                      {"enable.partition.eof", "true"}};
  for (const auto& [name, value] : options)
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size());
  rd_kafka_t* const client = rd_kafka_new(type, conf, why.data(), why.size());
  if (client == nullptr) std::fprintf(stderr, "%s\n", why.data());
  return client;
}

// Whether it came to the end of all.
bool print_rows(const std::string& servers) {
  rd_kafka_t* const consumer = client_of(RD_KAFKA_CONSUMER, servers);
  rd_kafka_poll_set_consumer(consumer);
  const struct rd_kafka_metadata* metadata = nullptr;
  bool whole = rd_kafka_metadata(consumer, 1, nullptr, &metadata, kMilliseconds) == 0;
  rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(8);
  for (int i = 0; metadata != nullptr && i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    for (int j = 0; std::string{topic.topic}.rfind("__", 0) != 0 && j < topic.partition_cnt; ++j) {
      rd_kafka_topic_partition_list_add(all, topic.topic, j)->offset = 0;
    }
  }
  rd_kafka_assign(consumer, all);
  std::map<std::pair<std::string, int>, std::string> rows;
  for (int ended = 0; ended < all->cnt;) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, kMilliseconds);
    if (message == nullptr) {
      whole = false;
      break;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ended;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      auto& out = rows[{rd_kafka_topic_name(message->rkt), message->partition}];
      out.append(static_cast<const char*>(message->payload), message->len).push_back('\n');
    }
    rd_kafka_message_destroy(message);
  }
  for (const auto& [where, text] : rows) std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  rd_kafka_topic_partition_list_destroy(all);
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return whole;
}

int mock() {
  rd_kafka_t* const owner = client_of(RD_KAFKA_PRODUCER, "");
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(owner, 1);
  const std::string servers = rd_kafka_mock_cluster_bootstraps(cluster);
  std::cout << servers << std::endl;
  for (std::string word; std::getline(std::cin, word);) {
    if (word == "down") rd_kafka_mock_broker_set_down(cluster, kBroker);
    if (word == "up") rd_kafka_mock_broker_set_up(cluster, kBroker);
    if (word == "rows" && !print_rows(servers)) return 1;
    std::cout << word << std::endl;
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(owner);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count == 2 && std::string{words[1]} == "mock") return mock();
  if (count != 3 || std::string{words[1]} != "read") return 2;
  return print_rows(words[2]) ? 0 : 1;
}
