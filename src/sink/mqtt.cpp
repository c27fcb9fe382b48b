// L3. MQTT 5: each event is a message of QoS 1, which the broker acknowledges.
//
// A second delivery is what QoS 1 means: after a failure what was not acknowledged comes again, and
// a subscriber tells events by venue, type, symbol and seq.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "sink/connection_keys.hpp"
#include "sink/mqtt_connection.hpp"
#include "sink/parcels.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr int kRefused = 0x80;

// What a broker may say of a message that it will not take later either. Source:
// https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html, 3.4.2.1
bool is_for_good(int reason) {
  constexpr std::array kForGood = {0x87, 0x90, 0x95, 0x99};
  return std::ranges::find(kForGood, reason) != kForGood.end();
}

class Mqtt final : public Sink {
 public:
  explicit Mqtt(const Settings& settings)
      : settings_(settings),
        in_flight_(settings.number("in_flight")),
        ack_timeout_(settings.time("ack_timeout")) {
    message_.retain = settings.flag("retain");
  }

  Result<void> open() override { return open_anew(connection_, settings_); }

  Written write(const Batch& batch) override {
    shipment_.begin(batch);
    on_their_way_.clear();
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
      while (on_their_way_.size() >= (careful_ ? 1 : in_flight_))
        if (!take_answers()) return shipment_.end();
      if (!send(batch.items[i], i)) return shipment_.end();
    }
    while (!on_their_way_.empty())
      if (!take_answers()) return shipment_.end();
    careful_ = false;
    return shipment_.end();
  }

 private:
  bool send(const Item& item, std::size_t position) {
    message_.topic.assign(item.subject);
    message_.payload = item.payload;
    const auto number = connection_->publish(message_);
    if (!number && number.error().kind != ErrorKind::data) return give_up(number.error().message);
    if (number) {
      on_their_way_.emplace(*number, position);
    } else {
      shipment_.refuse(position, number.error().message);
    }
    return true;
  }

  bool take_answers() {
    if (const auto waited = connection_->wait(ack_timeout_); !waited)
      return give_up(waited.error().message);
    for (const auto& answer : std::exchange(connection_->answers, {})) {
      const auto found = on_their_way_.find(answer.number);
      if (found == on_their_way_.end()) continue;
      const std::size_t position = found->second;
      on_their_way_.erase(found);
      if (answer.reason < kRefused) {
        shipment_.accept(position);
      } else if (is_for_good(answer.reason)) {
        shipment_.refuse(position, mqtt_reason(answer.reason));
      } else {
        return give_up(mqtt_reason(answer.reason));
      }
    }
    return true;
  }

  bool give_up(const std::string& problem) {
    careful_ = true;
    return shipment_.give_up("the broker does not take it: " + problem);
  }

  const Settings settings_;
  const std::uint64_t in_flight_;
  const std::chrono::milliseconds ack_timeout_;
  std::unique_ptr<MqttConnection> connection_;
  MqttConnection::Message message_;
  // Brokers (mosquitto 2.0.11) end the connection behind a refusal, which only who writes nothing
  // more is sure to read: one at a time until a batch is done.
  bool careful_ = false;
  Shipment shipment_;
  std::unordered_map<int, std::size_t> on_their_way_;  // positions, by the broker's number
};

constexpr std::array kMqttKeys = {
    Key{"host", "localhost", "Where the broker is."},
    Key{.name = "port",
        .fallback = std::uint64_t{1883},
        .doc = "Its port; with TLS usually 8883.",
        .most = 65'535},
    Key{"retain", false, "Whether the broker keeps the last message of each topic."},
    kInFlightKey,
    kAckTimeoutKey,
    kUserKey,
    kPasswordKey,
    kTlsKey,
    kCaFileKey,
};

}  // namespace

constexpr Spec kMqtt = {
    .type = "mqtt",
    .what = "an MQTT 5 broker, QoS 1",
    .keys = kMqttKeys,
    .encodings = kMessageEncodings,
    .subject = "marketprism/{venue}/{channel}/{kind}/{instrument}",
    .subject_excludes = "/+#",
    .guarantee = Guarantee::at_least_once,
    .harmless = "It is what QoS 1 means: subscribers tell events by venue, type, symbol and seq.",
    .loss_window = "What the broker acknowledged and loses, or has no subscriber for.",
    .make = make_sink<Mqtt>};

}  // namespace mp::sink
