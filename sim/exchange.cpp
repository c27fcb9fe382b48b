#include "sim/exchange.hpp"

#include <array>

#include "sim/venues.hpp"

namespace mp::sim {
namespace {

struct Registration {
  std::string_view name;
  std::unique_ptr<Exchange> (*make)(std::uint64_t, Timestamp, const VenueOptions&);
};

constexpr std::array<Registration, 2> kRegistry = {{
    {"binance", make_binance},
    {"okx", make_okx},
}};

}  // namespace

std::unique_ptr<Exchange> make_exchange(std::string_view name, std::uint64_t seed, Timestamp now,
                                        const VenueOptions& options) {
  for (const Registration& each : kRegistry) {
    if (each.name == name) return each.make(seed, now, options);
  }
  return nullptr;
}

std::vector<std::string_view> exchange_names() {
  std::vector<std::string_view> names;
  for (const Registration& each : kRegistry) names.push_back(each.name);
  return names;
}

}  // namespace mp::sim
