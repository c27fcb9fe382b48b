#include "control/assets.hpp"

#include <algorithm>

namespace mp::control {

const Asset* asset_at(std::string_view path) {
  const auto all = assets();
  const auto found = std::ranges::find(all, path, &Asset::path);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace mp::control
