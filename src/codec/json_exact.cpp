#include "codec/json_exact.hpp"

#include <simdjson.h>

#include <bitset>

#include "core/assert.hpp"

namespace mp::codec {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t kMembersMax = 64;

std::string_view trimmed(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

// Walks values and fills messages. simdjson throws on bad JSON; the public functions below turn
// that into false.
class Walk {
 public:
  explicit Walk(std::string& problem) : problem_(problem) {}

  // One message: an object, or an array where the shape is a Row.
  bool fill(od::value json, ShapeTable table, void* out) {
    if (!table.positional) return object(json.get_object(), table.members, out);
    const auto members = table.members;
    std::size_t place = 0;
    for (auto element : json.get_array()) {
      if (place < members.size()) {
        if (!value(element.value(), members[place], out)) return false;
      } else if (Scalar ignored; !scalar(element.value(), ignored)) {
        problem_ = "a row has a further element that is not a scalar";
        return false;
      }
      ++place;
    }
    for (; place < members.size(); ++place) {
      if (members[place].required) {
        problem_ = "a row is shorter than expected";
        return false;
      }
      if (members[place].clear != nullptr) members[place].clear(out);
    }
    return true;
  }

  bool object(od::object json, std::span<const MemberRow> table, void* message) {
    MP_ASSERT(table.size() <= kMembersMax);
    std::bitset<kMembersMax> seen;
    for (auto field : json) {
      const std::string_view key = field.unescaped_key();
      for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].key != key) continue;
        if (!value(field.value(), table[i], message)) return false;
        seen.set(i);
        break;
      }
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (seen.test(i)) continue;
      if (table[i].required) return refuse(table[i], "is missing");
      if (table[i].clear != nullptr) table[i].clear(message);
    }
    return true;
  }

 private:
  bool refuse(const MemberRow& member, std::string_view why) {
    problem_.assign("\"").append(member.key).append("\" ").append(why);
    return false;
  }

  bool value(od::value json, const MemberRow& member, void* message) {
    switch (member.kind) {
      case MemberKind::skip:
        return true;
      case MemberKind::raw:
        return raw(json, member, message);
      case MemberKind::levels:
        return levels(json, member, member.levels(message));
      case MemberKind::rows:
        if (json.type() != od::json_type::array) return refuse(member, "is not an array");
        member.clear(message);
        for (auto element : json.get_array()) {
          if (!fill(element.value(), member.nested, member.next_row(message))) return false;
        }
        return true;
      case MemberKind::object:
        if (!member.required && json.type() == od::json_type::null) {
          member.clear(message);
          return true;
        }
        if (json.type() != od::json_type::object) return refuse(member, "is not an object");
        return object(json.get_object(), member.nested.members, member.object(message));
      case MemberKind::scalar:
        break;
    }
    Scalar read;
    if (!scalar(json, read)) return refuse(member, "is not a scalar");
    if (member.set_scalar(message, read)) return true;
    return refuse(member,
                  "has a value of another type or range: " + std::string{read.text.substr(0, 64)});
  }

  static bool raw(od::value json, const MemberRow& member, void* message) {
    const od::json_type type = json.type();
    if (type == od::json_type::null && !member.required) {
      member.clear(message);
      return true;
    }
    if (type == od::json_type::object) {
      od::object object = json.get_object();
      member.set_raw(message, object.raw_json());
    } else if (type == od::json_type::array) {
      od::array array = json.get_array();
      member.set_raw(message, array.raw_json());
    } else {
      member.set_raw(message, trimmed(json.raw_json_token()));
    }
    return true;
  }

  static bool scalar(od::value json, Scalar& out) {
    switch (json.type()) {
      case od::json_type::string:
        out = {ScalarKind::string, std::string_view{json.get_string()}};
        return true;
      case od::json_type::number:
        out = {ScalarKind::number, trimmed(json.raw_json_token())};
        return true;
      case od::json_type::boolean:
        out = {ScalarKind::boolean, bool{json.get_bool()} ? "true" : "false"};
        return true;
      case od::json_type::null:
        out = {ScalarKind::null, "null"};
        return json.is_null();
      default:
        return false;
    }
  }

  bool levels(od::value json, const MemberRow& member, std::vector<Level>& out) {
    out.clear();
    if (json.type() != od::json_type::array) return refuse(member, "is not an array of levels");
    for (auto element : json.get_array()) {
      Price price;
      Quantity quantity;
      std::size_t place = 0;
      for (auto item : element.get_array()) {
        Scalar read;
        if (!scalar(item.value(), read))
          return refuse(member, "has a level that is not a list of scalars");
        if (place == 0 && !convert(read, price))
          return refuse(member, "has a level without an exact price");
        if (place == 1 && !convert(read, quantity))
          return refuse(member, "has a level without an exact quantity");
        ++place;
      }
      if (place < 2) return refuse(member, "has a level without price and quantity");
      out.emplace_back(price, quantity);
    }
    return true;
  }

  std::string& problem_;
};

}  // namespace

struct ExactReader::Slot {
  od::parser parser;
  std::string padded;

  od::document open(std::string_view text) {
    if (padded.size() < text.size() + simdjson::SIMDJSON_PADDING)
      padded.resize(text.size() + simdjson::SIMDJSON_PADDING);
    text.copy(padded.data(), text.size());
    return parser.iterate(padded.data(), text.size(), padded.size());
  }
};

ExactReader::ExactReader() = default;
ExactReader::~ExactReader() = default;

ExactReader::Slot& ExactReader::next_slot() {
  if (used_ == slots_.size()) slots_.push_back(std::make_unique<Slot>());
  return *slots_[used_++];
}

bool ExactReader::read_object(std::string_view text, ShapeTable table, void* out) {
  try {
    auto document = next_slot().open(text);
    if (document.type() != od::json_type::object) {
      problem_ = "not a JSON object";
      return false;
    }
    if (!Walk{problem_}.object(document.get_object(), table.members, out)) return false;
    if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return true;
    problem_ = "text after the end of the JSON object";
  } catch (const simdjson::simdjson_error& error) {
    problem_ = error.what();
  }
  return false;
}

bool ExactReader::read_array(std::string_view text, ShapeTable table, void* list, NextRow next) {
  try {
    auto document = next_slot().open(text);
    if (document.type() != od::json_type::array) {
      problem_ = "not a JSON array";
      return false;
    }
    for (auto element : document.get_array()) {
      if (!Walk{problem_}.fill(element.value(), table, next(list))) return false;
    }
    if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return true;
    problem_ = "text after the end of the JSON array";
  } catch (const simdjson::simdjson_error& error) {
    problem_ = error.what();
  }
  return false;
}

}  // namespace mp::codec
