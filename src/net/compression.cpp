#include "net/compression.hpp"

#include <charconv>

#include "net/words.hpp"

namespace mp::net {
namespace {

constexpr std::string_view kNotOffered = "it has an extension that we did not offer";
constexpr std::string_view kBadTerms = "its terms of permessage-deflate cannot be understood";

// What stands before `separator`, which is taken off with it.
std::string_view take_before(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return taken;
}

// "server_max_window_bits=10", also "10" in quotes. 0: it is no such number.
unsigned read_window_bits(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bits);
  const bool whole = error == std::errc{} && end == value.data() + value.size();
  return whole && value.front() != '0' && bits >= 8 && bits <= 15 ? bits : 0;
}

}  // namespace

Extensions read_extensions(std::string_view value, Compression asked) {
  if (trim(value).empty()) return {};
  const bool one = value.find(',') == std::string_view::npos;
  if (asked == Compression::none || !one || !same_word(take_before(value, ';'), kDeflateOffer))
    return {.deflate = {}, .problem = kNotOffered};
  DeflateTerms terms;
  bool bits_told = false;
  bool context_told = false;
  bool ours_told = false;
  while (!value.empty()) {
    std::string_view argument = take_before(value, ';');
    const bool has_value = argument.find('=') != std::string_view::npos;
    const std::string_view name = take_before(argument, '=');
    if (same_word(name, "server_no_context_takeover") && !has_value && !context_told) {
      context_told = true;
      terms.keeps_context = false;
    } else if (same_word(name, "client_no_context_takeover") && !has_value && !ours_told) {
      ours_told = true;  // nothing of ours is compressed
    } else if (same_word(name, "server_max_window_bits") && has_value && !bits_told) {
      bits_told = true;
      terms.window_bits = read_window_bits(trim(argument));
      if (terms.window_bits == 0) return {.deflate = {}, .problem = kBadTerms};
    } else if (same_word(name, "client_max_window_bits")) {
      return {.deflate = {}, .problem = kNotOffered};
    } else {
      return {.deflate = {}, .problem = kBadTerms};
    }
  }
  return {.deflate = terms, .problem = {}};
}

}  // namespace mp::net
