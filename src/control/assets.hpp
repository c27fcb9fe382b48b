// L5. The page's files, which the build put into the program (cmake/web.cmake, web/).
#pragma once

#include <span>
#include <string_view>

namespace mp::control {

struct Asset {
  std::string_view path;  // /index.html
  std::string_view type;
  std::string_view content;
};

// Empty where the program was built without the page.
[[nodiscard]] std::span<const Asset> assets();
// Null: there is none.
[[nodiscard]] const Asset* asset_at(std::string_view path);

}  // namespace mp::control
