#include "pipeline/gap_report.hpp"

#include <algorithm>

namespace mp::pipeline {
namespace {

// Of a stream: what was missing so long ago will not come any more.
constexpr std::size_t kNumberedMax = 64;

// A book is wrong until it says otherwise, a stream that ended is gone until it is connected. What
// is missing of other streams spoils nothing that comes after it.
bool goes_on(const Status& status) {
  return status.condition == Condition::disconnected ||
         (status.condition == Condition::gap && status.channel == Channel::book);
}

}  // namespace

void GapReport::on_event(const Event& event) {
  const auto* status = std::get_if<Status>(&event.body);
  if (status == nullptr) return;
  switch (status->condition) {
    case Condition::gap:
    case Condition::disconnected:
      return add(event, *status);
    case Condition::connected:
      return end(event, *status, Condition::disconnected);
    case Condition::resynced:
      return end(event, *status, Condition::gap);
    case Condition::healed:
      return heal(event, *status);
    case Condition::subscribed:
    case Condition::rejected:
      return;
  }
}

Gap* GapReport::at(std::uint64_t number) {
  return number < first_ ? nullptr : &gaps_[static_cast<std::size_t>(number - first_)];
}

void GapReport::add(const Event& event, const Status& status) {
  const Key key{event.venue, event.symbol};
  const std::uint64_t number = first_ + gaps_.size();
  const bool open = goes_on(status);
  gaps_.push_back({.venue = key.first,
                   .symbol = key.second,
                   .instrument = std::string{event.instrument},
                   .channel = status.channel,
                   .condition = status.condition,
                   .reason = std::string{status.reason},
                   .since = status.since,
                   .said = event.ts_recv,
                   .until = open ? std::nullopt : std::optional{event.ts_recv},
                   .from_sequence = status.from_sequence,
                   .to_sequence = status.to_sequence,
                   .missing = status.missing,
                   .healed_by = {}});
  if (open) open_[key].push_back(number);
  if (!open && status.from_sequence && status.to_sequence) {
    auto& numbered = numbered_[key];
    if (numbered.size() == kNumberedMax) numbered.erase(numbered.begin());
    numbered.push_back(number);
  }
  if (gaps_.size() <= kGapsMax) return;
  gaps_.pop_front();
  ++first_;
}

void GapReport::end(const Event& event, const Status& status, Condition which) {
  const auto found = open_.find({std::string{event.venue}, std::string{event.symbol}});
  if (found == open_.end()) return;
  std::erase_if(found->second, [&](std::uint64_t number) {
    Gap* const gap = at(number);
    if (gap == nullptr) return true;
    if (gap->condition != which || (status.channel && gap->channel != status.channel)) return false;
    gap->until = event.ts_recv;
    return true;
  });
}

void GapReport::heal(const Event& event, const Status& status) {
  const auto found = numbered_.find({std::string{event.venue}, std::string{event.symbol}});
  if (found == numbered_.end() || !status.from_sequence || !status.to_sequence) return;
  for (const std::uint64_t number : found->second) {
    Gap* const gap = at(number);
    if (gap == nullptr || gap->channel != status.channel) continue;
    const std::int64_t from = std::max(*gap->from_sequence, *status.from_sequence);
    const std::int64_t to = std::min(*gap->to_sequence, *status.to_sequence);
    if (from > to) continue;
    gap->healed += to - from + 1;
    gap->healed_by = status.reason;
  }
}

}  // namespace mp::pipeline
