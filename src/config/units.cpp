#include "config/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace mp::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t worth;
};

constexpr std::array kByteUnits = {
    Unit{"TiB", std::uint64_t{1} << 40U},
    Unit{"GiB", std::uint64_t{1} << 30U},
    Unit{"MiB", std::uint64_t{1} << 20U},
    Unit{"KiB", std::uint64_t{1} << 10U},
    Unit{"TB", 1'000'000'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"MB", 1'000'000},
    Unit{"KB", 1'000},
    Unit{"B", 1},
};
constexpr std::size_t kBinaryUnits = 4;

// From the largest to the smallest, in milliseconds.
constexpr std::array kTimeUnits = {
    Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1},
};

// Takes digits off the front; nothing where there are none or the number does not fit.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && (text[length] < '0' || text[length] > '9')) ++length;
  const auto letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

}  // namespace

std::optional<Bytes> parse_bytes(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const auto& unit : kByteUnits) {
    if (text != unit.name) continue;
    if (*number > std::numeric_limits<std::uint64_t>::max() / unit.worth) return std::nullopt;
    return Bytes{*number * unit.worth};
  }
  return std::nullopt;
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr auto kMost = static_cast<std::uint64_t>(kLongest.count());
  std::uint64_t total = 0;
  std::size_t next_unit = 0;  // units come in order
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto name = take_letters(text);
    while (next_unit < kTimeUnits.size() && kTimeUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kTimeUnits.size()) return std::nullopt;
    const auto worth = kTimeUnits[next_unit++].worth;
    if (*number > (kMost - total) / worth) return std::nullopt;
    total += *number * worth;
  }
  return Duration{static_cast<Duration::rep>(total)};
}

std::string to_string(Bytes bytes) {
  for (std::size_t i = 0; i < kBinaryUnits; ++i) {
    const auto& unit = kByteUnits[i];
    if (bytes.count != 0 && bytes.count % unit.worth == 0) {
      return fmt::format("{}{}", bytes.count / unit.worth, unit.name);
    }
  }
  return fmt::format("{}B", bytes.count);
}

std::string to_string(Duration duration) {
  auto rest = static_cast<std::uint64_t>(duration.count());
  if (rest == 0) return "0s";
  for (const auto& unit : kTimeUnits) {
    // Days only from two on: "24h" is what people say.
    if (unit.name == "d" && rest < 2 * unit.worth) continue;
    if (rest % unit.worth == 0) return fmt::format("{}{}", rest / unit.worth, unit.name);
  }
  return fmt::format("{}ms", rest);
}

std::optional<Listen> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = text.substr(colon + 1);
  Listen out{.host = std::string{host}};
  const auto read = std::from_chars(port.data(), port.data() + port.size(), out.port);
  const bool whole = read.ec == std::errc{} && read.ptr == port.data() + port.size();
  if (!whole || host.empty()) return std::nullopt;
  return out;
}

}  // namespace mp::config
