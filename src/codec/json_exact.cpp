#include "codec/json_exact.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bitset>
#include <utility>

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
  Walk(std::string& problem, std::uint32_t& left_out, ExactReader::BadRows& bad_rows)
      : problem_(problem), left_out_(left_out), bad_rows_(bad_rows) {}

  // One message: an object, or an array where the shape is a Row.
  bool fill(od::value json, ShapeTable table, void* out) {
    if (!table.positional) return object(json.get_object(), table.members, out);
    const auto members = table.members;
    std::size_t place = 0;
    for (auto element : json.get_array()) {
      if (place < members.size() && !value(element.value(), members[place], out)) return false;
      ++place;
    }
    for (; place < members.size(); ++place) {
      if (members[place].required) {
        problem_ = "a row is shorter than expected";
        return false;
      }
      if (!absent(members[place], out)) return false;
    }
    return true;
  }

  bool object(od::object json, std::span<const MemberRow> table, void* message) {
    MP_ASSERT(table.size() <= kMembersMax);
    Seen seen;
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
      if (!seen.test(i) && !absent(table, i, seen, message)) return false;
    }
    return true;
  }

  // The elements of a list. `rows` says how one is made, in what `list` points to.
  bool list(od::array json, const MemberRow& rows, void* list) {
    const bool allowed = bad_rows_.allowed && !std::exchange(in_row_, true);
    std::size_t good = 0;
    std::size_t bad = 0;
    for (auto element : json) {
      if (row(element, rows, list, allowed)) {
        ++good;
        continue;
      }
      if (!allowed) return false;
      rows.drop_row(list);
      if (bad_rows_.count++ == 0) bad_rows_.first = problem_;
      ++bad;
    }
    if (allowed) in_row_ = false;
    return good > 0 || bad == 0;
  }

 private:
  using Seen = std::bitset<kMembersMax>;

  bool row(simdjson::simdjson_result<od::value> element, const MemberRow& rows, void* list,
           bool allowed) {
    void* const out = rows.next_row(list);
    if (!allowed) return fill(element.value(), rows.nested, out);
    try {
      return fill(element.value(), rows.nested, out);
    } catch (const simdjson::simdjson_error& error) {
      if (error.error() != simdjson::INCORRECT_TYPE) throw;  // no list any more
      problem_ = rows.nested.positional ? "an entry is no array" : "an entry is no object";
      return false;
    }
  }

  // Member i is not in the message; of several names of one thing only the last is asked.
  bool absent(std::span<const MemberRow> table, std::size_t i, const Seen& seen, void* message) {
    const MemberRow& member = table[i];
    if (member.others_after > 0) return true;
    for (std::size_t before = 1; before <= member.others_before; ++before) {
      if (seen.test(i - before)) return true;
    }
    return absent(member, message);
  }
  bool absent(const MemberRow& member, void* message) {
    if (member.kind == MemberKind::inside) {
      for (const auto& inner : member.nested.members) {
        if (!absent(inner, message)) return false;
      }
      return true;
    }
    if (member.required) return refuse(member, "is missing");
    if (member.clear != nullptr && !member.kept) member.clear(message);
    return true;
  }

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
      case MemberKind::texts:
        return texts(json, member, member.texts(message));
      case MemberKind::rows:
        if (member.null_is_none && json.type() == od::json_type::null)
          return absent(member, message);
        if (json.type() != od::json_type::array) return refuse(member, "is not an array");
        member.clear(message);
        return list(json.get_array(), member, message);
      case MemberKind::object:
        if (!member.required && json.type() == od::json_type::null) {
          member.clear(message);
          return true;
        }
        if (json.type() !=
            (member.nested.positional ? od::json_type::array : od::json_type::object)) {
          return refuse(member, member.nested.positional ? "is not an array" : "is not an object");
        }
        return fill(json, member.nested, member.object(message));
      case MemberKind::inside:
        if (json.type() == od::json_type::null) return absent(member, message);
        if (json.type() != od::json_type::object) return refuse(member, "is not an object");
        return object(json.get_object(), member.nested.members, message);
      case MemberKind::scalar:
        break;
    }
    Scalar read;
    if (!scalar(json, read)) return refuse(member, "is not a scalar");
    const Set set = member.set_scalar(message, read);
    if (set == Set::left_out) ++left_out_;
    if (set != Set::no) return true;
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
    if (member.null_is_none && (json.type() == od::json_type::null || is_empty_string(json))) {
      return true;
    }
    if (json.type() != od::json_type::array) return refuse(member, "is not an array of levels");
    for (auto element : json.get_array()) {
      LevelRead read;
      const bool good = member.form.price_key.empty()
                            ? level_of_array(element.value(), member, read)
                            : level_of_object(element.value(), member, read);
      if (!good) return false;
      if (!read.has_price || !read.has_quantity)
        return refuse(member, "has a level without price and quantity");
      out.emplace_back(read.price, read.quantity);
    }
    return true;
  }

  bool texts(od::value json, const MemberRow& member, std::vector<std::string_view>& out) {
    out.clear();
    if (member.null_is_none && json.type() == od::json_type::null) return true;
    if (json.type() != od::json_type::array) return refuse(member, "is not an array of strings");
    for (auto element : json.get_array()) {
      Scalar read;
      if (!scalar(element.value(), read) || read.kind != ScalarKind::string)
        return refuse(member, "has an element that is not a string");
      out.push_back(read.text);
    }
    return true;
  }

  struct LevelRead {
    Price price;
    Quantity quantity;
    bool has_price = false;
    bool has_quantity = false;
  };

  static bool is_empty_string(od::value json) {
    return json.type() == od::json_type::string && trimmed(json.raw_json_token()) == "\"\"";
  }

  bool price_of(od::value json, const MemberRow& member, LevelRead& out) {
    Scalar read;
    out.has_price = scalar(json, read) && convert(read, out.price);
    return out.has_price || refuse(member, "has a level without an exact price");
  }
  bool quantity_of(od::value json, const MemberRow& member, LevelRead& out) {
    Scalar read;
    out.has_quantity = scalar(json, read) && convert(read, out.quantity);
    return out.has_quantity || refuse(member, "has a level without an exact quantity");
  }

  bool level_of_array(od::value json, const MemberRow& member, LevelRead& out) {
    std::size_t place = 0;
    for (auto item : json.get_array()) {
      if (place == member.form.price_at && !price_of(item.value(), member, out)) return false;
      if (place == member.form.quantity_at && !quantity_of(item.value(), member, out)) return false;
      ++place;
    }
    return true;
  }

  bool level_of_object(od::value json, const MemberRow& member, LevelRead& out) {
    for (auto field : json.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == member.form.price_key && !price_of(field.value(), member, out)) return false;
      if (key == member.form.quantity_key && !quantity_of(field.value(), member, out)) return false;
    }
    return true;
  }

  std::string& problem_;
  std::uint32_t& left_out_;
  ExactReader::BadRows& bad_rows_;
  bool in_row_ = false;  // of a list around this one
};

}  // namespace

struct ExactReader::Slot {
  od::parser parser;
  std::string padded;

  od::document open(std::string_view text) {
    if (padded.size() < text.size() + simdjson::SIMDJSON_PADDING)
      padded.resize(text.size() + simdjson::SIMDJSON_PADDING);
    text.copy(padded.data(), text.size());
    // simdjson looks at what stands behind a text that ends too early: a quote left there by the
    // text before would begin a string without end.
    std::fill_n(padded.begin() + static_cast<std::ptrdiff_t>(text.size()),
                simdjson::SIMDJSON_PADDING, '\0');
    return parser.iterate(padded.data(), text.size(), padded.size());
  }
};

ExactReader::ExactReader() = default;
ExactReader::~ExactReader() = default;

ExactReader::Slot& ExactReader::next_slot() {
  if (used_ == slots_.size()) slots_.push_back(std::make_unique<Slot>());
  return *slots_[used_++];
}

bool ExactReader::read_message(std::string_view text, ShapeTable table, void* out) {
  try {
    auto document = next_slot().open(text);
    const auto type = table.positional ? od::json_type::array : od::json_type::object;
    if (document.type() != type) {
      problem_ = table.positional ? "not a JSON array" : "not a JSON object";
      return false;
    }
    if (!Walk{problem_, left_out_, bad_rows_}.fill(document.get_value(), table, out)) return false;
    if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return true;
    problem_ = "text after the end of the JSON message";
  } catch (const simdjson::simdjson_error& error) {
    problem_ = error.what();
  }
  return false;
}

bool ExactReader::read_array(std::string_view text, const MemberRow& rows, void* list) {
  try {
    auto document = next_slot().open(text);
    if (document.type() != od::json_type::array) {
      problem_ = "not a JSON array";
      return false;
    }
    if (!Walk{problem_, left_out_, bad_rows_}.list(document.get_array(), rows, list)) return false;
    if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return true;
    problem_ = "text after the end of the JSON array";
  } catch (const simdjson::simdjson_error& error) {
    problem_ = error.what();
  }
  return false;
}

}  // namespace mp::codec
