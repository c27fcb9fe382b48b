// L5. Feeds added to and taken from those of a configuration, as
// VENUE:NAME[,NAME...][@CHANNEL,...].
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/parse.hpp"

namespace mp::config {

// The feeds with those that the words name; the words that have no channels take the usual ones.
[[nodiscard]] Result<std::vector<Feed>> with_feeds(std::vector<Feed> feeds,
                                                   std::span<const std::string> words,
                                                   const Known& known);

// The feeds without them: with channels, without these; else without the names. An error where one
// of the names is not among them, as one that a `*` stands for.
[[nodiscard]] Result<std::vector<Feed>> without_feeds(std::vector<Feed> feeds,
                                                      std::span<const std::string> words,
                                                      const Known& known);

}  // namespace mp::config
