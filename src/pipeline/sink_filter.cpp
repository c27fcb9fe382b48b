#include "pipeline/sink_filter.hpp"

#include <algorithm>

#include "core/instrument.hpp"

namespace mp::pipeline {

SinkFilter::SinkFilter(std::bitset<kChannelCount> channels, std::vector<std::string> instruments)
    : channels_(channels), instruments_(std::move(instruments)) {}

bool SinkFilter::matches(const Event& event) const {
  return std::ranges::any_of(instruments_, [&](std::string_view glob) {
    const auto colon = glob.find(':');
    if (colon != std::string_view::npos) {
      if (!matches_glob(glob.substr(0, colon), event.venue)) return false;
      glob.remove_prefix(colon + 1);
      if (matches_glob(glob, event.symbol)) return true;
    }
    return !event.instrument.empty() && matches_glob(glob, event.instrument);
  });
}

bool SinkFilter::passes(const Event& event) {
  if (!channels_.test(static_cast<std::size_t>(event.channel()))) return false;
  if (instruments_.empty() || event.symbol.empty()) return true;
  auto venue = known_.find(event.venue);
  if (venue == known_.end()) venue = known_.try_emplace(std::string{event.venue}).first;
  auto known = venue->second.find(event.symbol);
  const bool named = !event.instrument.empty();
  if (known == venue->second.end() || named != known->second.named) {
    const Answer answer{.passes = matches(event), .named = named};
    known = venue->second.insert_or_assign(std::string{event.symbol}, answer).first;
  }
  return known->second.passes;
}

}  // namespace mp::pipeline
