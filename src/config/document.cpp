#include "config/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

// The library takes some things for granted that a malformed text can break (a control character
// after "["). Its assertion would end the process, and without assertions it would go on with
// undefined behaviour; here it refuses the text.
namespace mp::config {
struct BrokenAssumption {};
}  // namespace mp::config
#undef NDEBUG
#define TOML_ASSERT(expression)                                \
  do {                                                         \
    if (!(expression)) throw ::mp::config::BrokenAssumption{}; \
  } while (false)
#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace mp::config {
namespace {

Span span_of(const toml::source_region& region) {
  Span span{region.begin.line, region.begin.column, 1};
  if (region.end.line == region.begin.line && region.end.column > region.begin.column) {
    span.width = region.end.column - region.begin.column;
  }
  return span;
}

Node convert(const toml::node& from);

Node convert_table(const toml::table& table) {
  Node node;
  for (const auto& [key, value] : table) {
    node.members.push_back({std::string(key.str()), span_of(key.source()), convert(value)});
  }
  std::sort(node.members.begin(), node.members.end(), [](const Member& a, const Member& b) {
    return std::pair(a.key_at.line, a.key_at.column) < std::pair(b.key_at.line, b.key_at.column);
  });
  return node;
}

Node convert_array(const toml::array& array) {
  Node node;
  node.kind = NodeKind::array;
  for (const auto& item : array) node.items.push_back(convert(item));
  return node;
}

Node convert_scalar(const toml::node& from) {
  Node node;
  if (const auto* text = from.as_string()) {
    node.kind = NodeKind::text;
    node.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    node.kind = NodeKind::integer;
    node.integer = integer->get();
  } else if (const auto* boolean = from.as_boolean()) {
    node.kind = NodeKind::boolean;
    node.boolean = boolean->get();
  } else {
    node.kind = from.is_floating_point() ? NodeKind::real : NodeKind::date;
  }
  return node;
}

// The library bounds how deep values nest, so this recursion is bounded too.
Node convert(const toml::node& from) {
  Node node;
  if (const auto* table = from.as_table()) {
    node = convert_table(*table);
  } else if (const auto* array = from.as_array()) {
    node = convert_array(*array);
  } else {
    node = convert_scalar(from);
  }
  node.at = span_of(from.source());
  return node;
}

// TOML allows tabs, line ends and no other control character, not even in comments.
std::optional<Problem> control_character(std::string_view text) {
  Span at{1, 1, 1};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      at = {at.line + 1, 0, 1};
    } else if ((byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7F) {
      return Problem{at, fmt::format("this is not TOML: control character U+{:04X}", byte)};
    }
    if ((byte & 0xC0U) != 0x80U) ++at.column;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::boolean:
      return "a boolean";
    case NodeKind::integer:
      return "an integer";
    case NodeKind::real:
      return "a number with a fraction";
    case NodeKind::text:
      return "a string";
    case NodeKind::date:
      return "a date or time";
    case NodeKind::array:
      return "an array";
    case NodeKind::table:
      return "a table";
  }
  return "a value";
}

Document parse_document(std::string_view text) {
  Document document;
  if (text.size() > kTextMax) {
    document.problems.push_back(
        {{}, fmt::format("the text has {} bytes; at most {} are read", text.size(), kTextMax)});
    return document;
  }
  text = without_mark(text);
  if (auto problem = control_character(text)) {
    document.problems.push_back(std::move(*problem));
    return document;
  }
  try {
    document.root = convert_table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    document.problems.push_back(
        {span_of(error.source()), fmt::format("this is not TOML: {}", error.description())});
  } catch (const BrokenAssumption&) {
    document.problems.push_back({{}, "this is not TOML"});
  }
  return document;
}

}  // namespace mp::config
