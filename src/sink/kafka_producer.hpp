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
  // How many records go to a broker as one batch, which it takes or refuses whole.
  enum class Together : std::uint8_t { many, one };
  // By the keys of the section. Nothing is connected yet; what fails is said of records.
  static Result<std::unique_ptr<KafkaProducer>> open(const Settings& settings,
                                                     Together together = Together::many);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  struct Report {
    // too_long: the batch that it was in is, which says nothing of the record.
    enum class Kind : std::uint8_t { stored, refused, too_long, failed };
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
  Together together_ = Together::many;
  std::string trouble_ = "none has answered yet";
};

}  // namespace mp::sink
