// L5. What answers over HTTP have in common.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/result.hpp"
#include "net/local_server.hpp"

namespace mp::control {

// {"error":"..."}
[[nodiscard]] net::ServerResponse refused(unsigned status, std::string_view sentence);
// By the kind of the error.
[[nodiscard]] net::ServerResponse refused(const Error& error);
// 404: there is no ...
[[nodiscard]] net::ServerResponse no_such(std::string_view what);

// A number of the query, at most `most`; `usual` where there is none.
[[nodiscard]] std::size_t count_in(const net::ServerRequest& request, std::string_view name,
                                   std::size_t usual, std::size_t most);

}  // namespace mp::control
