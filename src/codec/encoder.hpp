// L2. The forms in which an event can be written for a sink, by name. To add one: a line in
// encoder.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/event.hpp"

namespace mp::codec {

struct Encoder {
  std::string_view name;
  std::string_view what;  // one line, for a person
  // Appends the event; false: this form has nothing for it, and nothing was appended. `kind` is the
  // listing's, as journals keep it.
  bool (*append)(const Event& event, std::optional<InstrumentKind> kind, std::string& out);
  std::string_view end;  // what stands behind each event where several are put together
};

[[nodiscard]] std::span<const Encoder> all_encoders();
// nullptr when there is none of that name.
[[nodiscard]] const Encoder* encoder_named(std::string_view name);

}  // namespace mp::codec
