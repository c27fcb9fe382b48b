// L3. A connection to a NATS server: the one wrapper of libnats. It is used on one thread, and
// never connects again by itself, so that it is always known what became of a message.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

struct NatsMessage {
  std::string subject;
  std::string_view payload;
};
// To a stream.
struct NatsTicket {
  std::uint64_t number = 0;  // which the answer has
  std::string id;            // Nats-Msg-Id
};

class NatsConnection {
 public:
  // Connects by the keys of the section, and makes the stream where it is wanted and missing.
  static Result<std::unique_ptr<NatsConnection>> open(const Settings& settings);
  virtual ~NatsConnection() = default;

  enum class Sent : std::uint8_t { sent, refused, gone };
  // To whoever listens, or to a stream, whose answer is asked for. Unless sent: problem().
  virtual Sent publish(const NatsMessage& message) = 0;
  virtual Sent publish(const NatsMessage& message, const NatsTicket& ticket) = 0;

  struct Answer {
    enum class Kind : std::uint8_t { stored, refused, busy, gone };
    Kind kind = Kind::gone;
    std::uint64_t number = 0;
    std::string problem{};
  };
  // To one of the messages; gone: there was none in time, or there will be none.
  virtual Answer answer(std::chrono::milliseconds longest) = 0;
  // All that was sent has reached the server.
  virtual Result<void> flush(std::chrono::milliseconds longest) = 0;
  // The longest message that the server takes, headers included.
  [[nodiscard]] virtual std::size_t message_bytes_max() const = 0;
  [[nodiscard]] virtual std::string problem() const = 0;
};

// What a stream must take so that each subject of that template fits: "market.>" of
// "market.{venue}.{symbol}". Nothing where the template does not tell.
[[nodiscard]] Texts stream_subjects_of(std::string_view subject);
// Whether all that fits `inner` fits `outer`.
[[nodiscard]] bool covers(std::string_view outer, std::string_view inner);

}  // namespace mp::sink
