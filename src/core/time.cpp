#include "core/time.hpp"

#include <charconv>
#include <cstdio>

namespace mp {
namespace {

// Exactly `digits` digits at `at`, as a number; negative when there is anything else.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<Nanoseconds> fraction_of(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  digits = digits.substr(0, 9);
  const int value = number_at(digits, 0, digits.size());
  std::int64_t nanoseconds = value;
  for (std::size_t i = digits.size(); i < 9; ++i) nanoseconds *= 10;
  return Nanoseconds{nanoseconds};
}

// Takes the end of a time off: "Z", "+08:00", "-0530".
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
    return std::chrono::minutes{0};
  }
  const auto sign = text.find_last_of("+-");
  if (sign == std::string_view::npos) return std::nullopt;
  const auto end = text.substr(sign + 1);
  const bool parted = end.size() == 5 && end[2] == ':';
  if (!parted && end.size() != 4) return std::nullopt;
  const int hours = number_at(end, 0, 2);
  const int minutes = number_at(end, parted ? 3 : 2, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const auto ahead = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  const bool is_behind = text[sign] == '-';
  text.remove_suffix(end.size() + 1);
  return is_behind ? -ahead : ahead;
}

}  // namespace

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  constexpr std::size_t kSecondsEnd = 19;
  const auto offset = take_offset(text);
  if (!offset || text.size() < kSecondsEnd) return std::nullopt;
  constexpr std::string_view kBetween = "Tt ";
  if (text[4] != '-' || text[7] != '-' || kBetween.find(text[10]) == kBetween.npos ||
      text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  const int hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2);
  const int second = number_at(text, 17, 2);
  if (year < 1970 || year > 2261 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (month < 1 || day < 1 || !date.ok()) return std::nullopt;

  Nanoseconds fraction{0};
  if (const auto rest = text.substr(kSecondsEnd); !rest.empty()) {
    if (rest.front() != '.') return std::nullopt;
    const auto read = fraction_of(rest.substr(1));
    if (!read) return std::nullopt;
    fraction = *read;
  }
  return Timestamp{std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{hour} +
                   std::chrono::minutes{minute} + std::chrono::seconds{second} + fraction -
                   *offset};
}

DateText date_of(Timestamp time) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  // Four digits hold every year that a Timestamp can express (1677 to 2262).
  const auto year = static_cast<unsigned>(static_cast<int>(date.year())) % 10'000;
  const auto month = static_cast<unsigned>(date.month()) % 100;
  const auto day = static_cast<unsigned>(date.day()) % 100;
  DateText out{};
  std::snprintf(out.text, sizeof out.text, "%04u-%02u-%02u", year, month, day);
  return out;
}

}  // namespace mp
