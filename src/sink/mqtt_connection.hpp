// L3. A connection to an MQTT 5 broker: the one wrapper of libmosquitto. It is used on one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/spec.hpp"

struct mosquitto;

namespace mp::sink {

class MqttConnection {
 public:
  // Connects by the keys of the section, and waits for the broker's word.
  static Result<std::unique_ptr<MqttConnection>> open(const Settings& settings);
  ~MqttConnection();
  MqttConnection(const MqttConnection&) = delete;
  MqttConnection& operator=(const MqttConnection&) = delete;

  struct Message {
    std::string topic;
    std::string_view payload;
    bool retain = false;
  };
  // Its number, by which it is acknowledged; an error of ErrorKind::data is the message's own.
  Result<int> publish(const Message& message);

  struct Answer {
    int number = 0;
    int reason = 0;  // MQTT's; 0x80 and above are refusals
  };
  // Reads and writes for so long at most; returns as soon as there are answers.
  Result<void> wait(std::chrono::milliseconds longest);
  std::vector<Answer> answers;  // to be cleared by who reads them

 private:
  struct Callbacks;
  MqttConnection() = default;

  mosquitto* handle_ = nullptr;
  int connected_ = -1;  // the broker's reason, once it has answered
};

[[nodiscard]] std::string mqtt_reason(int reason);

}  // namespace mp::sink
