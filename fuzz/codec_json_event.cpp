// Events read back from any text: what is read is written again, and read to the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/json_encode.hpp"
#include "codec/json_event.hpp"
#include "core/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mp;
  static codec::EventReader reader;
  static codec::EventReader other;
  Event event;
  if (!reader.read({reinterpret_cast<const char*>(data), size}, event)) {
    MP_ASSERT(!reader.problem().empty());
    return 0;
  }
  std::string text;
  codec::append_json(event, text);
  Event again;
  MP_ASSERT(other.read(text, again));
  std::string same;
  codec::append_json(again, same);
  MP_ASSERT(same == text);
  return 0;
}
