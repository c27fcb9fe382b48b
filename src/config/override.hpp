// L5. Overrides: keys that a command line sets over those of a configuration, as KEY=VALUE.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"

namespace mp::config {

// Sets each in the document; what is wrong with its form is a problem. KEY is written as in the
// file with points between: "collector.legs", "sink.parquet.enabled", "venue.binance.ws_url", for
// which "binance.ws_url" will do, and "feed.1.channels" of the first [[feed]]. VALUE is TOML; what
// is none is a string as it stands.
void apply_overrides(std::span<const std::string> overrides, Document& document);

// The place of the override of that number, in problems; and the number of such a place.
[[nodiscard]] Span place_of_override(std::size_t number);
[[nodiscard]] bool is_override(const Span& at);
// "--set KEY=VALUE: text" for a problem of an override.
[[nodiscard]] std::string describe_override(const Problem& problem,
                                            std::span<const std::string> overrides);

}  // namespace mp::config
