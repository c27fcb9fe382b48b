#include "pipeline/monitor.hpp"

#include <algorithm>
#include <array>

#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {

std::string_view name_of(StreamState state) {
  constexpr std::array<std::string_view, 5> kNames = {"LIVE", "WAITING", "GAP", "DOWN", "REFUSED"};
  return kNames[static_cast<std::size_t>(state)];
}

Monitor::Line& Monitor::line_of(const Event& event) {
  key_.assign(event.venue).append(" ").append(event.symbol);
  const auto found = lines_.find(key_);
  if (found != lines_.end()) return found->second;
  Line& line = lines_[key_];
  line.row.venue = event.venue;
  return line;
}

void Monitor::on_status(Line& line, const Status& status) {
  const auto set = [&](StreamState state) {
    if (status.channel) {
      line.streams[static_cast<std::size_t>(*status.channel)] = state;
      return;
    }
    for (auto& stream : line.streams) {
      if (stream) stream = state;
    }
  };
  switch (status.condition) {
    case Condition::gap:
      ++line.row.gaps;
      ++gaps_;
      // What is missing of other streams does not spoil what comes next.
      if (status.channel == Channel::book) set(StreamState::gap);
      if (!status.channel && status.reason != kMalformedReason) line.incomplete = true;
      break;
    case Condition::disconnected:
      if (status.reason == kNotWantedReason && status.channel) {
        line.streams[static_cast<std::size_t>(*status.channel)].reset();
        line.ended =
            std::ranges::none_of(line.streams, [](const auto& each) { return each.has_value(); });
        break;
      }
      set(StreamState::down);
      break;
    case Condition::connected:
      line.ended = false;
      line.incomplete = false;
      set(StreamState::waiting);
      break;
    case Condition::rejected:
      set(StreamState::refused);
      break;
    case Condition::resynced:
      line.incomplete = false;
      set(StreamState::live);
      break;
    case Condition::subscribed:
    case Condition::healed:
      break;
  }
}

// A quiet stream does not keep an instrument waiting: all of them must be, or its book.
StreamState Monitor::state_of(const Line& line) {
  auto worst = line.incomplete ? StreamState::gap : StreamState::live;
  bool any_live = false;
  for (const auto& stream : line.streams) {
    if (!stream) continue;
    any_live = any_live || *stream == StreamState::live;
    if (*stream != StreamState::waiting) worst = std::max(worst, *stream);
  }
  const auto& book = line.streams[static_cast<std::size_t>(Channel::book)];
  if (worst == StreamState::live && (!any_live || book == StreamState::waiting))
    return StreamState::waiting;
  return worst;
}

// As far as events tell.
std::string_view Monitor::reason_of(const Line& line) {
  const StreamState state = state_of(line);
  if (state == StreamState::gap) return "its book is not in step";
  if (state != StreamState::waiting) return {};
  for (const auto& stream : line.streams) {
    if (stream == StreamState::live) return "its book has not come yet";
  }
  return "nothing has come yet";
}

void Monitor::on_event(const Event& event, Timestamp now) {
  ++events_;
  if (!rows_at_) rows_at_ = now;
  if (event.symbol.empty()) {
    // About a whole session: its streams have events of their own, but for a gap of none that is
    // known.
    const auto* status = std::get_if<Status>(&event.body);
    if (status != nullptr && status->condition == Condition::gap) ++gaps_;
    return;
  }
  Line& line = line_of(event);
  MonitorRow& row = line.row;
  ++row.events;
  if (row.instrument.empty() || !event.instrument.empty()) {
    row.instrument = event.instrument.empty() ? event.symbol : event.instrument;
  }
  if (const auto* status = std::get_if<Status>(&event.body)) {
    on_status(line, *status);
    return;
  }
  if (event.channel() == Channel::instrument) return;
  line.latency.record(now - event.ts_recv);
  auto& state = line.streams[event.body.index()];
  if (state != StreamState::gap) state = StreamState::live;
  if (const auto* quote = std::get_if<Quote>(&event.body)) {
    row.bid = quote->bid_price;
    row.ask = quote->ask_price;
  }
}

MonitorRow Monitor::row_of(Line& line, double seconds) {
  MonitorRow row = line.row;
  row.state = state_of(line);
  row.reason = reason_of(line);
  const auto fresh = static_cast<double>(row.events - line.events_before);
  row.events_per_second = seconds > 0 ? fresh / seconds : 0;
  line.events_before = row.events;
  if (row.bid && row.ask && !row.bid->is_zero()) {
    const double bid = to_double(row.bid->decimal);
    row.spread_basis_points = (to_double(row.ask->decimal) - bid) / bid * 1e4;
  }
  const auto latency = line.latency.snapshot();
  const auto recent = latency.since(line.latency_before);
  row.latency_p50 = recent.percentile(0.50);
  row.latency_p99 = recent.percentile(0.99);
  line.latency_before = latency;
  return row;
}

std::vector<MonitorRow> Monitor::rows(Timestamp now, const std::vector<Waiting>& waiting) {
  const double seconds = rows_at_ ? std::chrono::duration<double>(now - *rows_at_).count() : 0.0;
  rows_at_ = now;
  std::map<std::string_view, MonitorRow> by_key;
  for (auto& [key, line] : lines_) {
    if (!line.ended) by_key.emplace(key, row_of(line, seconds));
  }
  std::vector<std::string> keys;  // of what no event was about
  keys.reserve(waiting.size());
  for (const auto& each : waiting) {
    const auto& key =
        keys.emplace_back(each.venue + " " + (each.symbol.empty() ? each.name : each.symbol));
    const auto [found, is_new] = by_key.try_emplace(key);
    MonitorRow& row = found->second;
    if (is_new) {
      row.venue = each.venue;
      row.instrument = each.name;
      row.state = each.state;
    }
    // The feed's word is up to a second old: what lives by now does not wait.
    if (row.state != StreamState::live) row.reason = each.reason;
  }
  std::vector<MonitorRow> out;
  out.reserve(by_key.size());
  for (auto& [key, row] : by_key) out.push_back(std::move(row));
  return out;
}

}  // namespace mp::pipeline
