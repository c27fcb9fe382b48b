#include "core/utf8.hpp"

#include <algorithm>

namespace mp {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::uint32_t code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(sequence[i]); };
  const auto low = [&](std::size_t i) { return std::uint32_t{byte(i)} & 0x3fU; };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1fU) << 6U | low(1);
    case 3:
      return (byte(0) & 0x0fU) << 12U | low(1) << 6U | low(2);
    default:
      return (byte(0) & 0x07U) << 18U | low(1) << 12U | low(2) << 6U | low(3);
  }
}

bool is_space(std::uint32_t point) {
  return point == '\t' || point == '\n' || point == '\r' || point == 0x2028 || point == 0x2029;
}

bool is_harmful(std::uint32_t point) {
  const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
  const bool direction = point == 0x061c || (point >= 0x200b && point <= 0x200f) ||
                         (point >= 0x202a && point <= 0x202e) ||
                         (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
  return control || direction;
}

}  // namespace

void append_utf8(std::string_view text, std::string& out) {
  const bool clean = is_utf8(text);
  while (!text.empty()) {
    const std::size_t length = clean ? 1 : utf8_sequence(text);
    if (length == 0 || text.front() == '\0') {
      out.push_back('?');
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

std::size_t harmless_sequence(std::string_view text) {
  const std::size_t length = utf8_sequence(text);
  if (length == 0) return 0;
  const auto point = code_point(text.substr(0, length));
  return is_space(point) || is_harmful(point) ? 0 : length;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(text), 1);
    const auto sequence = text.substr(0, length);
    text.remove_prefix(length);
    std::string_view shown = kReplacement;
    if (harmless_sequence(sequence) > 0) {
      shown = sequence;
    } else if (utf8_sequence(sequence) > 0 && is_space(code_point(sequence))) {
      shown = " ";
    }
    if (out.size() + shown.size() > bytes_max) return out + "...";
    out.append(shown);
  }
  return out;
}

}  // namespace mp
