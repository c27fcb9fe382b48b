// L0. Gzip texts for people and tools; not for the message path.
#pragma once

#include <string>
#include <string_view>

namespace mp {

// `text` as a gzip text. At most 1 GiB of it.
[[nodiscard]] std::string gzip(std::string_view text);

}  // namespace mp
