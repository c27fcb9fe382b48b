// L3. Kafka: each event is a record of the topic that its subject names, with the instrument as key
// and the event's identity as header.
//
// The producer is idempotent: whatever it sends again by itself is stored once. What is delivered
// again after a restart, or after `ack_timeout`, is stored again; readers tell it by the header.
// A broker that refuses a batch for its length is asked again, record by record.
#include <array>

#include "core/identity.hpp"
#include "sink/connection_keys.hpp"
#include "sink/files.hpp"
#include "sink/kafka_producer.hpp"
#include "sink/parcels.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr std::chrono::milliseconds kReportsMoment{100};  // until it looks whether it is to end

constexpr unsigned kSilentMax = 10;  // of these before it says that something is wrong

class Kafka final : public Sink {
 public:
  explicit Kafka(const Settings& settings) : settings_(settings) {}

  Result<void> open() override {
    one_by_one_.reset();
    began_ = false;
    return open_anew(producer_, settings_);
  }

  // Called again until all is reported; what is sent is sent once.
  Written write(const Batch& batch) override {
    if (!std::exchange(began_, true)) {
      shipment_.begin(batch);
      first_ += sent_;
      sent_ = 0;
      is_alone_ = false;
    }
    while (sent_ < batch.items.size() && send(batch.items[sent_], *producer_, sent_)) ++sent_;
    ++silent_;
    if (is_alone_) collect(batch, *one_by_one_, kReportsMoment);
    collect(batch, *producer_, is_alone_ ? std::chrono::milliseconds{} : kReportsMoment);
    if (shipment_.given_up() || shipment_.complete()) {
      began_ = false;  // what else is under way is forgotten with the producer
      return shipment_.end();
    }
    if (silent_ < kSilentMax) return {Outcome::more};
    // It goes on trying, and what comes of it is seen when the runner asks again.
    silent_ = 0;
    return {Outcome::retriable, "no broker acknowledges: " + producer_->trouble()};
  }

 private:
  bool send(const Item& item, KafkaProducer& producer, std::size_t position) {
    const Event& event = *item.event;
    const Identity identity = identity_of(event);
    id_ = hex_of(identity.high) + hex_of(identity.low);
    return producer.send({.topic = item.subject,
                          .key = event.instrument.empty() ? event.symbol : event.instrument,
                          .value = item.payload,
                          .identity = id_},
                         first_ + position);
  }

  void collect(const Batch& batch, KafkaProducer& producer, std::chrono::milliseconds longest) {
    producer.poll(longest);
    if (!producer.reports.empty()) silent_ = 0;
    for (const auto& report : std::exchange(producer.reports, {})) take(report, batch);
  }

  void take(const KafkaProducer::Report& report, const Batch& batch) {
    using Kind = KafkaProducer::Report::Kind;
    switch (report.kind) {
      case Kind::stored:
        return shipment_.accept(report.number - first_);
      case Kind::refused:
        return shipment_.refuse(report.number - first_, report.problem);
      case Kind::too_long:
        return send_alone(batch, report.number - first_);
      case Kind::failed:
        (void)shipment_.give_up("cannot deliver: " + report.problem);
    }
  }

  void send_alone(const Batch& batch, std::size_t position) {
    if (position >= batch.items.size()) return;  // of one that is forgotten
    if (one_by_one_ == nullptr) {
      auto opened = KafkaProducer::open(settings_, KafkaProducer::Together::one);
      if (!opened) return void(shipment_.give_up(opened.error().message));
      one_by_one_ = opened.take();
    }
    is_alone_ = true;
    if (!send(batch.items[position], *one_by_one_, position))
      (void)shipment_.give_up("no room for records that are sent alone");
  }

  const Settings settings_;
  std::unique_ptr<KafkaProducer> producer_;
  std::unique_ptr<KafkaProducer> one_by_one_;  // made when it is needed
  std::string id_;
  // Of the batch at hand.
  bool began_ = false;
  Shipment shipment_;
  std::uint64_t first_ = 0;  // the number of its first item; numbers are those of the sink
  std::size_t sent_ = 0;
  bool is_alone_ = false;  // some of it is sent by one_by_one_
  unsigned silent_ = 0;    // moments without a report
};

constexpr std::array<std::string_view, 5> kKafkaCompressions = {"lz4", "zstd", "gzip", "snappy",
                                                                "none"};
constexpr std::array<std::string_view, 3> kMechanisms = {"SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"};
constexpr std::array kKafkaKeys = {
    Key{.name = "servers",
        .fallback = Key::NoTexts{},
        .doc = "Brokers to begin with; they tell of the others.",
        .example = "[\"one:9092\", \"two:9092\"]"},
    Key{.name = "compression",
        .fallback = "lz4",
        .doc = "Of records.",
        .words = kKafkaCompressions},
    Key{.name = "message_bytes",
        .fallback = Bytes{1'000'000},
        .doc = "The longest record, and batch of records. Batches that brokers refuse as too long "
               "are sent again, record by record.",
        .least = 1000,
        .most = 1'000'000'000},
    Key{.name = "ack_timeout",
        .fallback = std::chrono::milliseconds{60'000},
        .doc = "What fails is sent again for so long, stored once; then the producer is made anew.",
        .least = 1000,
        .most = 3'600'000},
    kUserKey,
    kPasswordKey,
    Key{.name = "sasl",
        .fallback = "SCRAM-SHA-256",
        .doc = "With a user: how. Kafka 4 refuses the SCRAM of librdkafka before 2.6.1, which "
               "Debian 12 has; PLAIN, over TLS, it takes.",
        .words = kMechanisms},
    kTlsKey,
    kCaFileKey,
};
// A batch is waited for, linger and all: three times as fast as with the usual size.
constexpr std::array kKafkaUsual = {Usual{"batch_events", std::uint64_t{20'000}},
                                    Usual{"batch_bytes", Bytes{std::uint64_t{16} << 20U}}};

}  // namespace

constexpr Spec kKafka = {
    .type = "kafka",
    .what = "Kafka topics, by an idempotent producer",
    .keys = kKafkaKeys,
    .usual = kKafkaUsual,
    .encodings = kMessageEncodings,
    .subject = "marketprism.{channel}",
    .subject_excludes = " /\\,:;\"'*#+?|<>=&%$!@^(){}[]~`\t\r\n",
    .guarantee = Guarantee::at_least_once,
    .harmless =
        "What the producer repeats is stored once. After a restart, or an outage longer than "
        "`ack_timeout`, readers tell it by the header `identity`.",
    .loss_window = "None of what all in-sync replicas acknowledged.",
    .make = make_sink<Kafka>};

}  // namespace mp::sink
