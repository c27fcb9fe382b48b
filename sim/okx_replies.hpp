// The frames of simulated OKX v5 that are not market data, and the envelope of those that are.
#pragma once

#include <string>
#include <string_view>

#include "sim/market.hpp"
#include "sim/request.hpp"

namespace mp::sim::okx {

// {"arg":{...},"action":...,"data":[DATA]}; no action where it is empty.
[[nodiscard]] std::string envelope(std::string_view channel, const InstrumentSpec& spec,
                                   std::string_view action, std::string_view data);

// `connection` is the venue's "connId".
[[nodiscard]] std::string acknowledgement(std::string_view connection, const ClientRequest& request,
                                          const ClientRequest::Arg& arg);
[[nodiscard]] std::string refusal(std::string_view connection, const ClientRequest& request,
                                  std::string_view code, std::string_view why);

}  // namespace mp::sim::okx
