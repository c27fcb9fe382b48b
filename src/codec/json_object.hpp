// L2. JSON objects and lists for people and tools, written in the order of the calls; not for the
// message path. Events have json_encode.hpp.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <concepts>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "codec/json_encode.hpp"
#include "core/decimal.hpp"
#include "core/time.hpp"

namespace mp::codec {

// How points in time are written: a count since 1970, or "2026-11-26T07:00:00.123456789Z".
enum class JsonTimes : std::uint8_t { nanoseconds, text };
void append_json_time(Timestamp time, JsonTimes form, std::string& out);

// A truth, a number (what is none is null), a text, a name (name_of), a price or quantity (as
// text), a time, the count of a duration, or what lists its fields; optional, or a vector of these.
template <class Value>
void append_json_value(const Value& value, std::string& out, JsonTimes times = JsonTimes::text);

// [write(each, out), ...]
template <class List, class Write>
void append_json_list(const List& list, std::string& out, Write&& write) {
  out.push_back('[');
  bool first = true;
  for (const auto& each : list) {
    if (!first) out.push_back(',');
    first = false;
    write(each, out);
  }
  out.push_back(']');
}

// An object; closed when it goes.
class JsonObject {
 public:
  explicit JsonObject(std::string& out, JsonTimes times = JsonTimes::text)
      : out_(out), times_(times) {
    out_.push_back('{');
  }
  ~JsonObject() { out_.push_back('}'); }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // The key alone: a value must follow in what it answers.
  std::string& key(std::string_view name) {
    if (!first_) out_.push_back(',');
    first_ = false;
    append_json_string(name, out_);
    out_.push_back(':');
    return out_;
  }
  template <class Value>
  void add(std::string_view name, const Value& value) {
    append_json_value(value, key(name), times_);
  }
  // All fields of what lists them.
  template <class Record>
  void add_fields(const Record& record) {
    Record::fields(record,
                   [this](std::string_view name, const auto& value) { this->add(name, value); });
  }

 private:
  std::string& out_;
  JsonTimes times_;
  bool first_ = true;
};

template <class Value>
struct IsOptionalValue : std::false_type {};
template <class Value>
struct IsOptionalValue<std::optional<Value>> : std::true_type {};
template <class Value>
struct IsVector : std::false_type {};
template <class Value>
struct IsVector<std::vector<Value>> : std::true_type {};

template <class Value>
void append_json_value(const Value& value, std::string& out, JsonTimes times) {
  if constexpr (IsOptionalValue<Value>::value) {
    if (!value) return void(out.append("null"));
    append_json_value(*value, out, times);
  } else if constexpr (IsVector<Value>::value) {
    append_json_list(value, out, [times](const auto& each, std::string& to) {
      append_json_value(each, to, times);
    });
  } else if constexpr (std::same_as<Value, bool>) {
    out.append(value ? "true" : "false");
  } else if constexpr (std::integral<Value>) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else if constexpr (std::floating_point<Value>) {
    if (!std::isfinite(value)) return void(out.append("null"));
    fmt::format_to(std::back_inserter(out), "{:.10g}", value);
  } else if constexpr (std::is_convertible_v<Value, std::string_view>) {
    append_json_string(value, out);
  } else if constexpr (std::same_as<Value, Price> || std::same_as<Value, Quantity>) {
    append_json_string(to_string(value.decimal), out);
  } else if constexpr (std::same_as<Value, Timestamp>) {
    append_json_time(value, times, out);
  } else if constexpr (requires { value.count(); }) {
    append_json_integer(value.count(), out);
  } else if constexpr (std::is_enum_v<Value>) {
    append_json_string(name_of(value), out);
  } else {
    JsonObject{out, times}.add_fields(value);
  }
}

}  // namespace mp::codec
