// L2. Base64 (RFC 4648, with padding) for the binary frames of recordings.
#pragma once

#include <string>
#include <string_view>

namespace mp::codec {

void append_base64(std::string_view bytes, std::string& out);
// Appends the decoded bytes; false, with `out` as it was, when the text is not base64.
[[nodiscard]] bool decode_base64(std::string_view text, std::string& out);

}  // namespace mp::codec
