#include "obs/repeats.hpp"

#include <algorithm>

namespace mp::obs {

bool Repeats::admit(std::uint64_t kind, std::string_view event, Time now) {
  const auto found = std::ranges::find(kinds_, kind, &Kind::kind);
  if (found != kinds_.end()) return ++found->lines <= kPassing;
  if (kinds_.size() < kKindsMax)
    kinds_.push_back({.kind = kind, .event = std::string{event}, .since = now, .lines = 1});
  return true;
}

std::vector<Repeats::Held> Repeats::take(Time now, Which which) {
  std::vector<Held> out;
  std::erase_if(kinds_, [&](const Kind& each) {
    if (which == Which::over && now - each.since < kInterval) return false;
    if (each.lines > kPassing) out.push_back({each.event, each.lines - kPassing});
    return true;
  });
  return out;
}

}  // namespace mp::obs
