// L1. What must not be shown: names and passwords in URLs, tokens, keys.
#pragma once

#include <string>
#include <string_view>

namespace mp::obs {

// Whether the value of a field, parameter or member of that name is a secret: "token", "apiKey",
// "api_key", "signature", "password", "Authorization".
[[nodiscard]] bool is_secret_name(std::string_view name);

// `text` with *** in place of what looks like a secret: user and password of "scheme://user:pw@",
// the value of a secret name in "name=value" or "\"name\":\"value\"", what follows "Bearer ".
[[nodiscard]] std::string masked(std::string_view text);

}  // namespace mp::obs
