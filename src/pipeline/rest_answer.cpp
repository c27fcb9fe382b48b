#include "pipeline/rest_answer.hpp"

#include <fmt/format.h>

#include "core/inflate.hpp"
#include "core/utf8.hpp"

namespace mp::pipeline {

// Some countries and cloud machines are not served at all.
Error refusal(const std::string& url, const net::HttpResponse& response) {
  constexpr std::size_t kWordsMax = 240;
  const std::string words = printable(response.body, kWordsMax);
  const std::string place = printable(response.location, kWordsMax);
  const bool not_served = response.status == 451;
  return {not_served ? ErrorKind::permission : ErrorKind::unavailable,
          fmt::format("{} answered with status {}, expected 200{}{}{}{}{}{}", url, response.status,
                      place.empty() ? "" : "; it leads to \"", place, place.empty() ? "" : "\"",
                      words.empty() ? "" : ": ", words,
                      not_served ? " (this address is not served from here; another one can be "
                                   "given as rest_url and ws_url)"
                                 : "")};
}

Result<void> decode_body(const std::string& url, net::HttpResponse& response) {
  const std::string& encoding = response.encoding;
  if (encoding.empty() || encoding == "identity" || response.body.empty()) return {};
  if (encoding != "gzip" && encoding != "x-gzip") {
    return Error{ErrorKind::data,
                 fmt::format("{} answered in the content encoding \"{}\", which was "
                             "not asked for; expected gzip or none",
                             url, printable(encoding, 40))};
  }
  Inflater inflater{kRestBytesMax};
  auto text = inflater.read(response.body);
  if (!text) {
    return Error{ErrorKind::data,
                 fmt::format("{} answered with a body that is not what its content encoding gzip "
                             "says: {}",
                             url, text.error().message)};
  }
  response.body = std::string{*text};
  return {};
}

}  // namespace mp::pipeline
