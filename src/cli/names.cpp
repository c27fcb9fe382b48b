#include "cli/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output.hpp"
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

void warn_of_other_venue(std::string_view told, const venue::Adapter& read_as) {
  const auto teller = venue::adapter_spelled(told);
  const auto name = read_as.traits().name;
  if (!teller || teller->traits().name == name) return;
  complain(fmt::format("warning: the recording says that it is of {}, and is read as one of {}",
                       told, name));
}

}  // namespace mp::cli
