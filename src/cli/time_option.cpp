#include "cli/time_option.hpp"

#include <cstdint>
#include <string>

namespace mp::cli {
namespace {

// What follows is counted in nanoseconds, of which 63 bits hold 292 years.
constexpr std::chrono::seconds kLongest = std::chrono::hours{24 * 365 * 100};

// Seconds from "20", "20s", "5m", "2h".
std::string parse_time(const std::string& text, std::optional<std::chrono::seconds>& out) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const std::string unit = text.substr(digits);
  const int scale = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (digits == 0 || digits > 12 || scale == 0)
    return "\"" + text + "\" is not a time; expected one such as 20s, 5m or 2h";
  const std::chrono::seconds time{std::stoll(text.substr(0, digits)) * scale};
  if (time > kLongest)
    return "\"" + text + "\" is too long; expected at most 100 years, or nothing for no end";
  out = time;
  return {};
}

}  // namespace

void add_time(CLI::App& app, std::optional<std::chrono::seconds>& time, const std::string& name,
              const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&time, name](const std::string& text) {
           if (const auto wrong = parse_time(text, time); !wrong.empty())
             throw CLI::ValidationError(name, wrong);
         },
         help)
      ->type_name("TIME");
}

}  // namespace mp::cli
