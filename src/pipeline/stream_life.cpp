#include "pipeline/stream_life.hpp"

#include <algorithm>

#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {
namespace {

// What venues send; the others are our own words.
bool is_stream(std::size_t channel) {
  return channel != static_cast<std::size_t>(Channel::status) &&
         channel != static_cast<std::size_t>(Channel::instrument);
}

}  // namespace

std::string_view name_of(StreamState state) {
  constexpr std::array<std::string_view, 5> kNames = {"LIVE", "WAITING", "GAP", "DOWN", "REFUSED"};
  return kNames[static_cast<std::size_t>(state)];
}

void StreamLife::say(const Status& status, StreamState state, const Numbers& now) {
  const auto set = [&](std::size_t channel) {
    said_[channel] = state;
    then_[channel] = now[channel];
  };
  if (status.channel) return set(static_cast<std::size_t>(*status.channel));
  for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
    if (is_stream(channel) && this->state(static_cast<Channel>(channel), now)) set(channel);
  }
}

bool StreamLife::any_stream(const Numbers& now) const {
  bool any = false;
  for (std::size_t channel = 0; channel < kChannelCount; ++channel)
    any = any || state(static_cast<Channel>(channel), now).has_value();
  return any;
}

void StreamLife::count_missing(const Status& status) {
  if (status.condition == Condition::gap) {
    ++gaps_;
    if (status.missing && *status.missing > 0)
      missing_ += static_cast<std::uint64_t>(*status.missing);
  } else if (status.condition == Condition::healed && status.from_sequence && status.to_sequence) {
    const auto came = *status.to_sequence - *status.from_sequence + 1;
    missing_ -= std::min(missing_, static_cast<std::uint64_t>(std::max<std::int64_t>(came, 0)));
  }
}

void StreamLife::on_status(const Status& status, const Numbers& now) {
  count_missing(status);
  switch (status.condition) {
    case Condition::gap:
      // What is missing of other streams does not spoil what comes next.
      if (status.channel == Channel::book) say(status, StreamState::gap, now);
      if (!status.channel && status.reason != kMalformedReason) incomplete_ = true;
      break;
    case Condition::disconnected:
      if (status.reason == kNotWantedReason && status.channel) {
        const auto channel = static_cast<std::size_t>(*status.channel);
        said_[channel].reset();
        then_[channel] = now[channel];
        ended_ = !any_stream(now);
        break;
      }
      say(status, StreamState::down, now);
      break;
    case Condition::connected:
      ended_ = false;
      incomplete_ = false;
      say(status, StreamState::waiting, now);
      break;
    case Condition::rejected:
      say(status, StreamState::refused, now);
      break;
    case Condition::resynced:
      incomplete_ = false;
      say(status, StreamState::live, now);
      break;
    case Condition::subscribed:
    case Condition::healed:
      break;
  }
}

std::optional<StreamState> StreamLife::state(Channel channel, const Numbers& now) const {
  const auto at = static_cast<std::size_t>(channel);
  if (!is_stream(at)) return std::nullopt;
  // Events of a book that is not in step are none that could be used.
  if (now[at] > then_[at] && said_[at] != StreamState::gap) return StreamState::live;
  return said_[at];
}

StreamState StreamLife::state(const Numbers& now) const {
  auto worst = incomplete_ ? StreamState::gap : StreamState::live;
  bool any_live = false;
  for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
    const auto stream = state(static_cast<Channel>(channel), now);
    if (!stream) continue;
    any_live = any_live || *stream == StreamState::live;
    if (*stream != StreamState::waiting) worst = std::max(worst, *stream);
  }
  const bool no_book = state(Channel::book, now) == StreamState::waiting;
  return worst == StreamState::live && (!any_live || no_book) ? StreamState::waiting : worst;
}

std::string_view StreamLife::reason(const Numbers& now) const {
  const StreamState whole = state(now);
  if (whole == StreamState::gap) return "its book is not in step";
  if (whole != StreamState::waiting) return {};
  for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
    if (state(static_cast<Channel>(channel), now) == StreamState::live)
      return "its book has not come yet";
  }
  return "nothing has come yet";
}

}  // namespace mp::pipeline
