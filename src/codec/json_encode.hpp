// L2. Events as JSON text, one object per event, without line ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/event.hpp"

namespace mp::codec {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);
void append_json_integer(std::int64_t value, std::string& out);
// [[price, quantity], ...] with strings.
void append_json_levels(Levels levels, std::string& out);

// The native form (ARCHITECTURE.md, "The event"): type, venue, symbol, instrument, ts_event,
// ts_recv, seq, then the fields of the body. Appends to `out`, without the closing brace when
// `open` is set, so that a caller can add fields.
enum class Closing : std::uint8_t { closed, open };
void append_json(const Event& event, std::string& out, Closing closing = Closing::closed);

// Adds `,"key":` to an object that was left open.
void append_json_key(std::string_view key, std::string& out);

}  // namespace mp::codec
