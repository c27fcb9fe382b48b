#include "venue/registry.hpp"

#include <algorithm>
#include <array>

#include "venue/support.hpp"

namespace mp::venue {

std::unique_ptr<Adapter> make_binance();
std::unique_ptr<Adapter> make_binance_us();
std::unique_ptr<Adapter> make_bitstamp();
std::unique_ptr<Adapter> make_htx();
std::unique_ptr<Adapter> make_htx_futures();
std::unique_ptr<Adapter> make_htx_inverse();
std::unique_ptr<Adapter> make_htx_linear();
std::unique_ptr<Adapter> make_kucoin();
std::unique_ptr<Adapter> make_kucoin_futures();
std::unique_ptr<Adapter> make_okx();
std::unique_ptr<Adapter> make_upbit();

namespace {

constexpr std::array kRegistry = {
    Registration{"binance", &make_binance},
    Registration{"binance-us", &make_binance_us},
    Registration{"bitstamp", &make_bitstamp},
    Registration{"htx", &make_htx},
    Registration{"htx-futures", &make_htx_futures},
    Registration{"htx-inverse", &make_htx_inverse},
    Registration{"htx-linear", &make_htx_linear},
    Registration{"kucoin", &make_kucoin},
    Registration{"kucoin-futures", &make_kucoin_futures},
    Registration{"okx", &make_okx},
    Registration{"upbit", &make_upbit},
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
