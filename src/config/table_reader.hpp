// L5. Reads one table of the document by its table of keys.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include "config/assign.hpp"

namespace mp::config {

template <class T>
void read_table(const Node& node, std::string_view title, std::span<const Key<T>> keys, T& object,
                std::vector<Problem>& problems) {
  for (const auto& member : node.members) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key<T>& known) { return known.name == member.key; });
    if (key == keys.end()) {
      std::vector<std::string_view> names;
      for (const auto& known : keys) names.push_back(known.name);
      problems.push_back({member.key_at, fmt::format("unknown key `{}` in {}; {}", member.key,
                                                     title, suggestion(member.key, names))});
      continue;
    }
    const Target target{key->name, title, key->range, problems};
    std::visit([&](auto field) { assign(member.value, target, object.*field); }, key->field);
  }
}

}  // namespace mp::config
