// L3. From a venue's endpoints to REST calls, and from a recorded URL back to the call.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "venue/adapter.hpp"

namespace mp::venue {

// The calls whose answers list all instruments. Some answers ask for further ones.
[[nodiscard]] std::vector<RestCall> listing_calls(const Adapter& adapter);

// The call that asks for a book's snapshot; nothing where the venue has none.
[[nodiscard]] std::optional<RestCall> snapshot_call(const Adapter& adapter,
                                                    std::string_view symbol);
// The cheapest one, which is cut off sooner; nothing where there is only one.
[[nodiscard]] std::optional<RestCall> shallow_snapshot_call(const Adapter& adapter,
                                                            std::string_view symbol);

// The call that brings a channel which is not streamed. The venue must have it.
[[nodiscard]] RestCall poll_call(const Adapter& adapter, const Subscription& wanted);
// All that bring it: ratios of all accounts and of the largest positions are two.
[[nodiscard]] std::vector<RestCall> poll_calls(const Adapter& adapter, const Subscription& wanted);

// The call that brings trades of the ids `from` to `to`, or some of them; nothing where the venue
// has none.
[[nodiscard]] std::optional<RestCall> trades_call(const Adapter& adapter, std::string_view symbol,
                                                  std::int64_t from, std::int64_t to);

// The call that tells where to connect; nothing where that is known.
[[nodiscard]] std::optional<RestCall> token_call(const Adapter& adapter);

// `call` again, for the page behind `cursor`.
[[nodiscard]] RestCall page_after(const Adapter& adapter, const RestCall& call,
                                  std::string_view cursor);

// What a recorded REST answer was to, by its URL (any host, older paths too); nothing for one that
// we do not read.
[[nodiscard]] std::optional<RestCall> identify(const Adapter& adapter, std::string_view url);

}  // namespace mp::venue
