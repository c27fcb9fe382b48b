// L5. What must hold between the keys of a configuration, and between it and the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/parse.hpp"

namespace mp::config {

void check_venue_name(std::string_view name, Span at, const Known& known,
                      std::vector<Problem>& problems);

// Fills the channels that were left out.
void check_feed(const Node& node, const Known& known, Feed& feed, std::vector<Problem>& problems);
void check_override(const Node& node, const VenueOverride& override,
                    std::vector<Problem>& problems);
void check_whole(const Node& root, const Config& config, std::vector<Problem>& problems);

// What is allowed and will not do what somebody wants: a sentence each; may be empty.
[[nodiscard]] std::vector<std::string> warnings_of(const Config& config);

// trade, quote and book, as far as the venue has them; else all that it has.
[[nodiscard]] std::vector<Channel> default_channels(const KnownVenue& venue);

}  // namespace mp::config
