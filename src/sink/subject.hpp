// L3. Subject: where an event goes within a destination (a NATS subject, a Kafka topic, a Redis
// key), by a template.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"

namespace mp::sink {

// "market.{venue}.{instrument}.{channel}". In braces: venue, channel, kind (spot, perpetual, ...;
// "unknown" before it was listed), instrument (our name; the venue's symbol where there is none),
// symbol, interval (of candles; nothing else has one), and, alone, `marketprism` or
// `marketprism-old`: the two layouts of the Python collector.
class Subject {
 public:
  Subject() = default;  // of nothing: appends nothing
  // `excludes`: characters that become '_' where a name has them. An error says what is wrong with
  // the template.
  static Result<Subject> compile(std::string_view text, std::string_view excludes);

  [[nodiscard]] bool empty() const { return parts_.empty(); }
  // False: there is no subject for this event, and nothing was appended.
  bool append(const Event& event, std::optional<InstrumentKind> kind, std::string& out) const;

 private:
  // Ours needs no look for what a subject excludes; the dots of a layout stay.
  enum class Wording : std::uint8_t { ours, theirs };
  using Append = bool (*)(const Event&, std::optional<InstrumentKind>, std::string&);
  struct Part {
    std::string before;  // as it stands in the template
    Append name = nullptr;
    Wording wording = Wording::ours;
  };
  struct Word;
  static const Word* word_named(std::string_view name);

  std::vector<Part> parts_;
  std::array<bool, 256> excludes_{};  // by character
};

}  // namespace mp::sink
