// L3. For venues that begin a subscription with recent trades, which a session may have seen
// before.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace mp::venue {

// The trades of a symbol that a session handed over last, by their numbers: kept in Latest<>.
struct RecentTrades {
  std::array<std::int64_t, 128> ids{};
  std::size_t next = 0;
  bool replayed = false;  // the coming trades may be repeated ones

  // Whether a trade is news; from now on it is not. What is no number always is.
  [[nodiscard]] bool is_new(std::string_view text) {
    std::int64_t id = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
    if (read.ec != std::errc{}) return true;
    if (replayed && std::ranges::find(ids, id) != ids.end()) return false;
    ids[next++ % ids.size()] = id;
    return true;
  }
};

}  // namespace mp::venue
