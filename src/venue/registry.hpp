// L3. The venues that this program knows: an explicit list. To add one: a file, a golden folder,
// two lines in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "venue/adapter.hpp"

namespace mp::venue {

struct Registration {
  std::string_view name;
  std::unique_ptr<Adapter> (*make)();
};

[[nodiscard]] std::span<const Registration> registry();

// A fresh adapter, or nothing for a name that is not in the list.
[[nodiscard]] std::unique_ptr<Adapter> make_adapter(std::string_view name);

// The same for a name as another program spells it, in the header of a recording: "OKX",
// "binance_spot".
[[nodiscard]] std::unique_ptr<Adapter> adapter_spelled(std::string_view name);

}  // namespace mp::venue
