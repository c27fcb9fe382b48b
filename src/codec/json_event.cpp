#include "codec/json_event.hpp"

#include <simdjson.h>

#include <limits>

namespace mp::codec {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kEventBytesMax = std::size_t{64} << 20U;

template <std::size_t I = 0>
void set_body(Event::Body& body, std::size_t index) {
  if constexpr (I + 1 < kChannelCount) {
    if (index != I) return set_body<I + 1>(body, index);
  }
  body.emplace<I>();
}

template <class Name>
bool find_name(std::string_view text, std::size_t count, Name& out) {
  for (std::size_t i = 0; i < count; ++i) {
    if (name_of(static_cast<Name>(i)) != text) continue;
    out = static_cast<Name>(i);
    return true;
  }
  return false;
}

}  // namespace

struct EventReader::Parser {
  dom::parser json{kEventBytesMax};
};

// Takes the fields of an event out of an object, each once.
class EventFieldReader {
 public:
  EventFieldReader(EventReader& owner, dom::object object) : owner_(owner), object_(object) {}

  template <class T>
  void operator()(std::string_view name, T& value) {
    ++fields_;
    if (!owner_.problem_.empty()) return;
    dom::element json;
    if (object_.at_key(name).get(json) != simdjson::SUCCESS) {
      owner_.problem_ = "it has no \"" + std::string{name} + "\"";
    } else if (!read(json, value)) {
      owner_.problem_ = "its \"" + std::string{name} + "\" is none";
    }
  }
  // Whether the object has no other fields.
  [[nodiscard]] bool all() const { return object_.size() == fields_; }

 private:
  template <class T>
  bool read(dom::element json, std::optional<T>& value) {
    if (json.is_null()) {
      value.reset();
      return true;
    }
    return read(json, value.emplace());
  }
  template <class Meaning>
  bool read(dom::element json, Exact<Meaning>& value) {
    return read(json, value.decimal);
  }
  static bool read(dom::element json, Decimal& value) {
    std::string_view text;
    if (json.get(text) != simdjson::SUCCESS) return false;
    const auto decimal = parse_decimal(text);
    if (decimal) value = *decimal;
    return decimal && to_string(*decimal) == text;
  }
  static bool read(dom::element json, std::string_view& value) {
    return json.get(value) == simdjson::SUCCESS;
  }
  static bool read(dom::element json, std::int64_t& value) {
    return json.get(value) == simdjson::SUCCESS;
  }
  static bool read(dom::element json, bool& value) { return json.get(value) == simdjson::SUCCESS; }
  static bool read(dom::element json, Timestamp& value) {
    std::int64_t nanoseconds = 0;
    if (json.get(nanoseconds) != simdjson::SUCCESS) return false;
    value = from_nanoseconds(nanoseconds);
    return true;
  }
  static bool read(dom::element json, Side& value) { return read_name(json, 2, value); }
  static bool read(dom::element json, Channel& value) {
    return read_name(json, kChannelCount, value);
  }
  static bool read(dom::element json, Condition& value) {
    return read_name(json, kConditionCount, value);
  }
  static bool read(dom::element json, InstrumentKind& value) {
    return read_name(json, kInstrumentKindCount, value);
  }
  bool read(dom::element json, Levels& value) {
    auto& levels = owner_.levels_.at(lists_++);
    levels.clear();
    dom::array array;
    if (json.get(array) != simdjson::SUCCESS) return false;
    for (const dom::element each : array) {
      dom::array pair;
      Price price;
      Quantity quantity;
      const bool level = each.get(pair) == simdjson::SUCCESS && pair.size() == 2 &&
                         read(pair.at(0), price) && read(pair.at(1), quantity);
      if (!level) return false;
      levels.emplace_back(price, quantity);
    }
    value = levels;
    return true;
  }
  template <class T>
  bool read(simdjson::simdjson_result<dom::element> json, T& value) {
    dom::element found;
    return json.get(found) == simdjson::SUCCESS && read(found, value);
  }
  template <class Name>
  static bool read_name(dom::element json, std::size_t count, Name& value) {
    std::string_view text;
    return json.get(text) == simdjson::SUCCESS && find_name(text, count, value);
  }

  EventReader& owner_;
  dom::object object_;
  std::size_t fields_ = 0;
  std::size_t lists_ = 0;
};

EventReader::EventReader() : parser_(std::make_unique<Parser>()) {}
EventReader::~EventReader() = default;

bool EventReader::read(std::string_view text, Event& out) {
  problem_.clear();
  out = {};
  dom::object object;
  if (const auto code = parser_->json.parse(text.data(), text.size()).get(object);
      code != simdjson::SUCCESS) {
    problem_ = std::string{"it is no JSON object: "} + simdjson::error_message(code);
    return false;
  }
  EventFieldReader read_field{*this, object};
  Channel channel{};
  read_field("type", channel);
  set_body(out.body, static_cast<std::size_t>(channel));
  read_field("venue", out.venue);
  read_field("symbol", out.symbol);
  std::optional<std::string_view> instrument;
  read_field("instrument", instrument);
  out.instrument = instrument.value_or(std::string_view{});
  read_field("ts_event", out.ts_event);
  read_field("ts_recv", out.ts_recv);
  std::int64_t seq = 0;
  read_field("seq", seq);
  out.seq = static_cast<std::uint64_t>(seq);
  std::visit([&](auto& body) { body.fields(body, read_field); }, out.body);
  if (problem_.empty() && !read_field.all()) problem_ = "it has fields that its type does not have";
  return problem_.empty();
}

}  // namespace mp::codec
