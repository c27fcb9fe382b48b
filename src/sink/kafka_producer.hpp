// L3. A Kafka producer: the one wrapper of librdkafka. It is idempotent, and used on one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/spec.hpp"

struct rd_kafka_s;

namespace mp::sink {

class KafkaProducer {
 public:
  // By the keys of the section. Nothing is connected yet; what fails is said of records.
  static Result<std::unique_ptr<KafkaProducer>> open(const Settings& settings);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  struct Report {
    enum class Kind : std::uint8_t { stored, refused, failed };
    std::uint64_t number = 0;
    Kind kind = Kind::stored;
    std::string problem{};
  };
  struct Record {
    std::string_view topic;
    std::string_view key;
    std::string_view value;
    std::string_view identity;  // a header
  };
  // False: there is no room before some reports have come. `number` comes back with its report.
  bool send(const Record& record, std::uint64_t number);
  // Works for so long at most.
  void poll(std::chrono::milliseconds longest);
  // The last of the connections.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  std::vector<Report> reports;  // to be cleared by who reads them

 private:
  KafkaProducer() = default;

  rd_kafka_s* handle_ = nullptr;
  std::string trouble_ = "none has answered yet";
};

}  // namespace mp::sink
