#include "codec/encoder.hpp"

#include <algorithm>
#include <array>

#include "codec/json_encode.hpp"
#include "codec/marketprism_json.hpp"

namespace mp::codec {
namespace {

bool append_native(const Event& event, std::optional<InstrumentKind>, std::string& out) {
  append_json(event, out);
  return true;
}

constexpr std::array kEncoders = {
    Encoder{"json", "one object for each event: ARCHITECTURE.md, \"The event\"", append_native,
            "\n"},
    Encoder{"marketprism", "the payloads of the Python collector that this program replaces",
            append_marketprism_json, "\n"},
};

}  // namespace

std::span<const Encoder> all_encoders() {
  return kEncoders;
}

const Encoder* encoder_named(std::string_view name) {
  const auto* const found = std::ranges::find(kEncoders, name, &Encoder::name);
  return found == kEncoders.end() ? nullptr : found;
}

}  // namespace mp::codec
