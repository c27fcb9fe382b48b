#include "config/override.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "config/tables.hpp"

namespace mp::config {
namespace {

// Behind every line that a text can have.
constexpr std::uint32_t kLinesMax = 1U << 30U;
static_assert(kTextMax < kLinesMax);
constexpr std::size_t kPartsMax = 8;  // of a key

std::vector<std::string> parts_of(std::string_view key) {
  std::vector<std::string> parts;
  while (parts.size() <= kPartsMax) {
    const auto point = key.find('.');
    parts.emplace_back(key.substr(0, point));
    if (point == std::string_view::npos) break;
    key.remove_prefix(point + 1);
  }
  return parts;
}

bool is_section(std::string_view name) {
  if (name == "feed" || name == "venue" || name == "sink") return true;
  bool found = false;
  Config config;
  for_each_section(config, [&](const auto& section, auto&) { found |= section.path == name; });
  return found;
}

void place(Node& node, const Span& at) {
  node.at = at;
  for (auto& item : node.items) place(item, at);
  for (auto& member : node.members) {
    member.key_at = at;
    place(member.value, at);
  }
}

Node value_of(const std::string& text, const Span& at) {
  auto document = parse_document("value = " + text);
  Node node;
  if (document.problems.empty() && document.root.members.size() == 1) {
    node = std::move(document.root.members.front().value);
  } else {
    node.kind = NodeKind::text;
    node.text = text;
  }
  place(node, at);
  return node;
}

Member& member_of(Node& table, const std::string& key, const Span& at) {
  const auto found = std::ranges::find(table.members, key, &Member::key);
  if (found != table.members.end()) return *found;
  Member made{.key = key, .key_at = at, .value = {}};
  made.value.at = at;
  return table.members.emplace_back(std::move(made));
}

// The table of a [[feed]], by its number from 1.
Node* feed_of(Node& root, const std::string& number) {
  const auto feeds = std::ranges::find(root.members, "feed", &Member::key);
  std::size_t wanted = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), wanted);
  const bool whole = error == std::errc{} && end == number.data() + number.size();
  if (!whole || wanted == 0 || feeds == root.members.end()) return nullptr;
  if (wanted > feeds->value.items.size()) return nullptr;
  return &feeds->value.items[wanted - 1];
}

// What is wrong; nothing where it was set.
std::optional<std::string> set(Node& root, const std::string& text, const Span& at) {
  const auto equals = text.find('=');
  auto parts = parts_of(std::string_view{text}.substr(0, equals));
  const bool is_form = equals != std::string::npos && equals + 1 < text.size() &&
                       parts.size() >= 2 && parts.size() <= kPartsMax &&
                       std::ranges::none_of(parts, &std::string::empty);
  if (!is_form) {
    return "expected KEY=VALUE, with a key such as collector.legs, sink.parquet.enabled or "
           "binance.ws_url";
  }
  if (parts.size() == 2 && !is_section(parts[0])) parts.insert(parts.begin(), "venue");
  Node* table = &root;
  auto part = parts.begin();
  if (parts[0] == "feed") {
    table = feed_of(root, parts[1]);
    if (table == nullptr || parts.size() < 3)
      return fmt::format("there is no [[feed]] {} in the configuration file", parts[1]);
    part += 2;
  }
  for (; part + 1 != parts.end(); ++part) {
    table = &member_of(*table, *part, at).value;
    if (table->kind != NodeKind::table) return fmt::format("`{}` is not a table", *part);
  }
  Member& member = member_of(*table, *part, at);
  member.key_at = at;
  member.value = value_of(text.substr(equals + 1), at);
  return std::nullopt;
}

}  // namespace

void apply_overrides(std::span<const std::string> overrides, Document& document) {
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const Span at = place_of_override(i);
    if (auto problem = set(document.root, overrides[i], at))
      document.problems.push_back({at, std::move(*problem)});
  }
}

Span place_of_override(std::size_t number) {
  return {.line = kLinesMax + static_cast<std::uint32_t>(number), .column = 1};
}

bool is_override(const Span& at) {
  return at.line >= kLinesMax;
}

std::string describe_override(const Problem& problem, std::span<const std::string> overrides) {
  return fmt::format("--set {}: {}", overrides[problem.at.line - kLinesMax], problem.text);
}

}  // namespace mp::config
