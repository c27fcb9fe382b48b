// L6. Asks a venue for its catalogue once, for commands that do not collect.
#pragma once

#include <functional>

#include "pipeline/feed.hpp"

namespace mp::cli {

// Feed::check() of a feed of its own; `use` gets the feed when that has succeeded.
[[nodiscard]] Result<void> ask_venue(pipeline::FeedConfig config, obs::Logger& log,
                                     const std::function<void(const pipeline::Feed&)>& use);

}  // namespace mp::cli
