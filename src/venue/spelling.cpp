#include "venue/spelling.hpp"

#include <algorithm>
#include <charconv>

namespace mp::venue {
namespace {

std::string mapped(std::string_view text, char first, char last, int distance) {
  std::string out{text};
  for (char& c : out) {
    if (c >= first && c <= last) c = static_cast<char>(c + distance);
  }
  return out;
}

}  // namespace

SymbolParts parts_of(std::string_view symbol, char separator) {
  SymbolParts out;
  while (true) {
    const auto end = symbol.find(separator);
    const auto part = symbol.substr(0, end);
    if (part.empty() || out.count == out.parts.size()) return {};
    out.parts[out.count++] = part;
    if (end == std::string_view::npos) return out;
    symbol.remove_prefix(end + 1);
  }
}

std::optional<Timestamp> expiry_named(std::string_view digits) {
  if (digits.size() != 6 || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const auto pair = [&](std::size_t at) { return (digits[at] - '0') * 10 + digits[at + 1] - '0'; };
  const std::chrono::year_month_day day{std::chrono::year{2000 + pair(0)},
                                        std::chrono::month{static_cast<unsigned>(pair(2))},
                                        std::chrono::day{static_cast<unsigned>(pair(4))}};
  if (!day.ok()) return std::nullopt;
  return Timestamp{std::chrono::sys_days{day}} + std::chrono::hours{8};
}

std::optional<Timestamp> expiry_spelled(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                        "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  if (text.size() != 6 && text.size() != 7) return std::nullopt;
  const std::size_t day_digits = text.size() - 5;
  const auto month = std::ranges::find(kMonths, text.substr(day_digits, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto number = month - kMonths.begin() + 1;
  std::string digits{text.substr(day_digits + 3)};
  digits.append(number < 10 ? "0" : "").append(std::to_string(number));
  digits.append(day_digits == 1 ? "0" : "").append(text.substr(0, day_digits));
  return expiry_named(digits);
}

std::optional<std::int64_t> number_after(std::string_view text, std::string_view word) {
  const auto at = text.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  const char* const first = text.data() + at + word.size();
  std::int64_t number = 0;
  const auto read = std::from_chars(first, text.data() + text.size(), number);
  return read.ptr == first || read.ec != std::errc{} ? std::nullopt : std::optional{number};
}

std::optional<std::int64_t> request_number(std::optional<std::string_view> id) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return id && std::ranges::all_of(*id, is_digit) ? number_after(*id, "") : std::nullopt;
}

std::string lower_case(std::string_view text) {
  return mapped(text, 'A', 'Z', 'a' - 'A');
}
std::string upper_case(std::string_view text) {
  return mapped(text, 'a', 'z', 'A' - 'a');
}

std::string_view target_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    const auto slash = url.find('/', scheme + 3);
    return slash == std::string_view::npos ? std::string_view{"/"} : url.substr(slash);
  }
  return url;
}

std::string_view path_of(std::string_view url) {
  const auto target = target_of(url);
  return target.substr(0, target.find('?'));
}

void for_each_parameter(
    std::string_view url,
    const std::function<void(std::string_view name, std::string_view value)>& visit) {
  auto query = target_of(url);
  query.remove_prefix(std::min(query.size(), path_of(url).size()));
  while (!query.empty()) {
    query.remove_prefix(1);  // '?' or '&'
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size());
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos) visit(pair.substr(0, equals), pair.substr(equals + 1));
  }
}

std::optional<std::string> query_value(std::string_view url, std::string_view name) {
  std::optional<std::string> found;
  for_each_parameter(url, [&](std::string_view each, std::string_view value) {
    if (!found && each == name) found = percent_decoded(value);
  });
  return found;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric || kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
  return out;
}

}  // namespace mp::venue
