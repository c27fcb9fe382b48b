#include "venue/registry.hpp"

#include <algorithm>
#include <array>

#include "venue/support.hpp"

namespace mp::venue {

std::unique_ptr<Adapter> make_binance();
std::unique_ptr<Adapter> make_binance_us();
std::unique_ptr<Adapter> make_bybit();
std::unique_ptr<Adapter> make_bybit_inverse();
std::unique_ptr<Adapter> make_bybit_linear();
std::unique_ptr<Adapter> make_bybit_option();
std::unique_ptr<Adapter> make_gate();
std::unique_ptr<Adapter> make_gate_futures();
std::unique_ptr<Adapter> make_okx();

namespace {

constexpr std::array kRegistry = {
    Registration{"binance", &make_binance},
    Registration{"binance-us", &make_binance_us},
    Registration{"bybit", &make_bybit},
    Registration{"bybit-inverse", &make_bybit_inverse},
    Registration{"bybit-linear", &make_bybit_linear},
    Registration{"bybit-option", &make_bybit_option},
    Registration{"gate", &make_gate},
    Registration{"gate-futures", &make_gate_futures},
    Registration{"okx", &make_okx},
};

}  // namespace

std::span<const Registration> registry() {
  return kRegistry;
}

std::unique_ptr<Adapter> make_adapter(std::string_view name) {
  for (const auto& venue : kRegistry) {
    if (venue.name == name) return venue.make();
  }
  return nullptr;
}

std::unique_ptr<Adapter> adapter_spelled(std::string_view name) {
  std::string spelled = lower_case(name);
  std::ranges::replace(spelled, '_', '-');
  return make_adapter(spelled);
}

}  // namespace mp::venue
