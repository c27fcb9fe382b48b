// L3. JSON objects whose keys are data: listings by symbol.
#pragma once

#include <string_view>
#include <vector>

namespace mp::venue {

struct JsonMember {
  std::string_view key;   // as it stands between its quotes
  std::string_view json;  // the value
};

// The members of the object that `json` is, views into it; false where it is none. Of the values
// only the ends are looked for: whoever reads one finds out whether it is JSON.
[[nodiscard]] bool members_of(std::string_view json, std::vector<JsonMember>& out);

}  // namespace mp::venue
