#include "venue/registry.hpp"

#include <algorithm>
#include <array>

#include "venue/support.hpp"

namespace mp::venue {

std::unique_ptr<Adapter> make_ascendex();
std::unique_ptr<Adapter> make_binance();
std::unique_ptr<Adapter> make_binance_coinm();
std::unique_ptr<Adapter> make_binance_options();
std::unique_ptr<Adapter> make_binance_us();
std::unique_ptr<Adapter> make_binance_usdm();
std::unique_ptr<Adapter> make_bitfinex();
std::unique_ptr<Adapter> make_bitflyer();
std::unique_ptr<Adapter> make_bitget();
std::unique_ptr<Adapter> make_bitget_futures();
std::unique_ptr<Adapter> make_bitget_v1();
std::unique_ptr<Adapter> make_bithumb_v1();
std::unique_ptr<Adapter> make_bitmex();
std::unique_ptr<Adapter> make_bitstamp();
std::unique_ptr<Adapter> make_blockchain_com();
std::unique_ptr<Adapter> make_bybit();
std::unique_ptr<Adapter> make_bybit_inverse();
std::unique_ptr<Adapter> make_bybit_linear();
std::unique_ptr<Adapter> make_bybit_option();
std::unique_ptr<Adapter> make_coinbase();
std::unique_ptr<Adapter> make_coinbase_advanced();
std::unique_ptr<Adapter> make_coinbase_international();
std::unique_ptr<Adapter> make_crypto_com();
std::unique_ptr<Adapter> make_delta();
std::unique_ptr<Adapter> make_deribit();
std::unique_ptr<Adapter> make_gate();
std::unique_ptr<Adapter> make_gate_futures();
std::unique_ptr<Adapter> make_gemini();
std::unique_ptr<Adapter> make_hitbtc();
std::unique_ptr<Adapter> make_hitbtc_v2();
std::unique_ptr<Adapter> make_htx();
std::unique_ptr<Adapter> make_htx_futures();
std::unique_ptr<Adapter> make_htx_inverse();
std::unique_ptr<Adapter> make_htx_linear();
std::unique_ptr<Adapter> make_hyperliquid();
std::unique_ptr<Adapter> make_kraken();
std::unique_ptr<Adapter> make_kraken_futures();
std::unique_ptr<Adapter> make_kraken_v1();
std::unique_ptr<Adapter> make_kucoin();
std::unique_ptr<Adapter> make_kucoin_futures();
std::unique_ptr<Adapter> make_okx();
std::unique_ptr<Adapter> make_okx_spreads();
std::unique_ptr<Adapter> make_phemex();
std::unique_ptr<Adapter> make_poloniex();
std::unique_ptr<Adapter> make_probit();
std::unique_ptr<Adapter> make_upbit();

namespace {

constexpr std::array kRegistry = {
    Registration{"ascendex", &make_ascendex},
    Registration{"binance", &make_binance},
    Registration{"binance-coinm", &make_binance_coinm},
    Registration{"binance-options", &make_binance_options},
    Registration{"binance-us", &make_binance_us},
    Registration{"binance-usdm", &make_binance_usdm},
    Registration{"bitfinex", &make_bitfinex},
    Registration{"bitflyer", &make_bitflyer},
    Registration{"bitget", &make_bitget},
    Registration{"bitget-futures", &make_bitget_futures},
    Registration{"bitget-v1", &make_bitget_v1},
    Registration{"bithumb-v1", &make_bithumb_v1},
    Registration{"bitmex", &make_bitmex},
    Registration{"bitstamp", &make_bitstamp},
    Registration{"blockchain-com", &make_blockchain_com},
    Registration{"bybit", &make_bybit},
    Registration{"bybit-inverse", &make_bybit_inverse},
    Registration{"bybit-linear", &make_bybit_linear},
    Registration{"bybit-option", &make_bybit_option},
    Registration{"coinbase", &make_coinbase},
    Registration{"coinbase-advanced", &make_coinbase_advanced},
    Registration{"coinbase-international", &make_coinbase_international},
    Registration{"crypto-com", &make_crypto_com},
    Registration{"delta", &make_delta},
    Registration{"deribit", &make_deribit},
    Registration{"gate", &make_gate},
    Registration{"gate-futures", &make_gate_futures},
    Registration{"gemini", &make_gemini},
    Registration{"hitbtc", &make_hitbtc},
    Registration{"hitbtc-v2", &make_hitbtc_v2},
    Registration{"htx", &make_htx},
    Registration{"htx-futures", &make_htx_futures},
    Registration{"htx-inverse", &make_htx_inverse},
    Registration{"htx-linear", &make_htx_linear},
    Registration{"hyperliquid", &make_hyperliquid},
    Registration{"kraken", &make_kraken},
    Registration{"kraken-futures", &make_kraken_futures},
    Registration{"kraken-v1", &make_kraken_v1},
    Registration{"kucoin", &make_kucoin},
    Registration{"kucoin-futures", &make_kucoin_futures},
    Registration{"okx", &make_okx},
    Registration{"okx-spreads", &make_okx_spreads},
    Registration{"phemex", &make_phemex},
    Registration{"poloniex", &make_poloniex},
    Registration{"probit", &make_probit},
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
