// L3. JSON objects whose keys are data: listings by symbol.
#pragma once

#include <string_view>
#include <vector>

#include "codec/json_shape.hpp"

namespace mp::venue {

struct JsonMember {
  std::string_view key;   // as it stands between its quotes
  std::string_view json;  // the value
};

// The members of the object that `json` is, views into it; false where it is none. Of the values
// only the ends are looked for: whoever reads one finds out whether it is JSON.
[[nodiscard]] bool members_of(std::string_view json, std::vector<JsonMember>& out);

// Reads each member as a message of shape S, which has the key for its symbol unless it says
// another.
template <class S, class M>
[[nodiscard]] bool read_members(auto& in, const std::vector<JsonMember>& members,
                                codec::RowList<M>& messages) {
  messages.clear();
  for (const auto& [key, json] : members) {
    M& message = messages.next();
    message.symbol = key;
    if (!in.template read<S>(json, message)) return false;
  }
  return true;
}

}  // namespace mp::venue
