// L5. JSON of the control API: objects and lists, written in the order of the calls.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "codec/json_encode.hpp"
#include "core/event.hpp"
#include "core/instrument.hpp"
#include "pipeline/feed_state.hpp"

namespace mp::control {

// 2026-11-26T07:00:00.123456789Z
void append_time(Timestamp time, std::string& out);

inline void append_value(bool value, std::string& out) {
  out.append(value ? "true" : "false");
}
template <std::integral Number>
  requires(!std::same_as<Number, bool>)
void append_value(Number value, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}
// What is no number is null.
inline void append_value(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out.append("null");
  } else {
    fmt::format_to(std::back_inserter(out), "{:.10g}", value);
  }
}
inline void append_value(std::string_view value, std::string& out) {
  codec::append_json_string(value, out);
}
inline void append_value(const std::string& value, std::string& out) {
  codec::append_json_string(value, out);
}
inline void append_value(const char* value, std::string& out) {
  codec::append_json_string(value, out);
}
inline void append_value(Timestamp value, std::string& out) {
  append_time(value, out);
}
template <class Meaning>
void append_value(const Exact<Meaning>& value, std::string& out) {
  codec::append_json_string(to_string(value.decimal), out);
}
template <class Enum>
  requires std::is_enum_v<Enum>
void append_value(Enum value, std::string& out) {
  codec::append_json_string(name_of(value), out);
}
template <class Value>
void append_value(const std::optional<Value>& value, std::string& out) {
  if (value) {
    append_value(*value, out);
  } else {
    out.append("null");
  }
}

// An object; closed when it goes.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_.push_back('{'); }
  ~JsonObject() { out_.push_back('}'); }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // The key alone: a value must follow in `out`.
  std::string& key(std::string_view name) {
    if (!first_) out_.push_back(',');
    first_ = false;
    codec::append_json_string(name, out_);
    out_.push_back(':');
    return out_;
  }
  template <class Value>
  void add(std::string_view name, const Value& value) {
    append_value(value, key(name));
  }
  // All fields of what lists them.
  template <class Record>
  void add_fields(const Record& record) {
    Record::fields(record,
                   [this](std::string_view name, const auto& value) { this->add(name, value); });
  }

 private:
  std::string& out_;
  bool first_ = true;
};

// [write(each), ...]
template <class List, class Write>
void append_list(const List& list, std::string& out, Write&& write) {
  out.push_back('[');
  bool first = true;
  for (const auto& each : list) {
    if (!first) out.push_back(',');
    first = false;
    write(each, out);
  }
  out.push_back(']');
}

}  // namespace mp::control
