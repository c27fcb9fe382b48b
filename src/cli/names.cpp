#include "cli/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/instrument.hpp"
#include "venue/registry.hpp"

namespace mp::cli {

Error unknown_venue(std::string_view name) {
  const auto venues = venue::registry();
  const auto nearest = std::ranges::min_element(
      venues, {}, [&](const venue::Registration& r) { return edit_distance(name, r.name); });
  return {ErrorKind::config,
          fmt::format("there is no venue named \"{}\"; did you mean \"{}\"? `marketprism list "
                      "venues` shows them all",
                      name, nearest->name)};
}

}  // namespace mp::cli
