// Every adapter on any bytes (or the one that MP_FUZZ_VENUE names): no crash, no read past the end,
// no event unless the frame is data, the same answer the second time, and the same events from
// either reader of JSON.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_encode.hpp"
#include "core/assert.hpp"
#include "venue/registry.hpp"
#include "venue/rest.hpp"

namespace {

class Lines final : public mp::EventHandler {
 public:
  void on_event(mp::Event& event) override {
    mp::codec::append_json(event, text);
    answers += event.channel() == mp::Channel::status ? 1 : 0;
    ++events;
  }
  std::string text;
  std::size_t events = 0;
  std::size_t answers = 0;
};

// Each frame by a decoder of its own: what a session remembers is not compared.
std::string read(const mp::venue::Adapter& adapter, std::string_view frame) {
  Lines lines;
  const auto reading = adapter.decoder()->read(frame, mp::from_nanoseconds(1), lines);
  MP_ASSERT(reading.verdict == mp::venue::Verdict::data || lines.events == lines.answers);
  MP_ASSERT(reading.verdict != mp::venue::Verdict::malformed || !reading.problem.empty());
  return std::string{name_of(reading.verdict)} + lines.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto adapters = [] {
    std::vector<std::unique_ptr<mp::venue::Adapter>> made;
    const char* const only = std::getenv("MP_FUZZ_VENUE");
    for (const auto& venue : mp::venue::registry()) {
      if (only == nullptr || venue.name == only) made.push_back(venue.make());
    }
    MP_ASSERT(!made.empty());
    return made;
  }();
  const std::string_view frame{reinterpret_cast<const char*>(bytes), size};
  for (const auto& adapter : adapters) {
    const auto first = read(*adapter, frame);
    MP_ASSERT(read(*adapter, frame) == first);
    if (first.starts_with("data") && (frame[0] == '{' || frame[0] == '[')) {
      // A blank is nothing to JSON, and more than the scanner takes.
      const auto spaced = read(*adapter, std::string{frame}.insert(1, " "));
      MP_ASSERT(spaced == first || !spaced.starts_with("data"));
    }
    if (const auto info = adapter->derive(frame)) {
      MP_ASSERT(!info->base.empty());
    }
    if (const auto call = mp::venue::identify(*adapter, frame)) {
      Lines lines;
      mp::venue::RestReading answer;
      if (!adapter->read_rest(*call, frame, mp::from_nanoseconds(1), lines, answer)) {
        MP_ASSERT(lines.text.empty());
      }
    }
  }
  return 0;
}
