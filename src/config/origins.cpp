#include "config/origins.hpp"

#include <fmt/format.h>

#include "config/document.hpp"
#include "config/override.hpp"

namespace mp::config {
namespace {

// Calls visit(path, place) for each key below a table; tables in arrays are numbered from 0, as
// effective() names them.
void for_each_key(const Node& table, const std::string& path, auto&& visit) {
  for (const auto& member : table.members) {
    const std::string name = path.empty() ? member.key : path + "." + member.key;
    if (member.value.kind == NodeKind::table) {
      for_each_key(member.value, name, visit);
      continue;
    }
    visit(name, member.key_at);
    for (std::size_t i = 0; i < member.value.items.size(); ++i) {
      const Node& item = member.value.items[i];
      if (item.kind == NodeKind::table) for_each_key(item, fmt::format("{}[{}]", name, i), visit);
    }
  }
}

}  // namespace

std::string Origins::of(std::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::string{} : found->second;
}

void Origins::set(std::string_view key, std::string_view origin) {
  by_key_.insert_or_assign(std::string{key}, std::string{origin});
}

void Origins::read(const Node& root, std::string_view file) {
  for_each_key(root, {}, [&](const std::string& key, const Span& at) {
    set(key, is_override(at) ? std::string{"--set"} : fmt::format("{}:{}", file, at.line));
  });
}

}  // namespace mp::config
