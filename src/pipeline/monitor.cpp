#include "pipeline/monitor.hpp"

#include <algorithm>
#include <array>

#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {

std::string_view name_of(StreamState state) {
  constexpr std::array<std::string_view, 4> kNames = {"WAITING", "LIVE", "GAP", "DOWN"};
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
  switch (status.condition) {
    case Condition::gap:
      ++line.row.gaps;
      ++gaps_;
      // Behind frames that could not be read, all is right again; a book is not until it says so.
      if (status.channel || status.reason != kMalformedReason) line.row.state = StreamState::gap;
      break;
    case Condition::disconnected:
      line.row.state = StreamState::down;
      break;
    case Condition::connected:
    case Condition::subscribed:
      if (line.row.state == StreamState::down) line.row.state = StreamState::waiting;
      break;
    case Condition::resynced:
      line.row.state = StreamState::live;
      break;
    case Condition::rejected:
      break;
  }
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
  if (row.state == StreamState::waiting || row.state == StreamState::down) {
    row.state = StreamState::live;
  }
  if (const auto* quote = std::get_if<Quote>(&event.body)) {
    row.bid = quote->bid_price;
    row.ask = quote->ask_price;
  }
}

std::vector<MonitorRow> Monitor::rows(Timestamp now) {
  const double seconds = rows_at_ ? std::chrono::duration<double>(now - *rows_at_).count() : 0.0;
  rows_at_ = now;
  std::vector<MonitorRow> out;
  for (auto& [key, line] : lines_) {
    MonitorRow row = line.row;
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
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace mp::pipeline
