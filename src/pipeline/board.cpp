#include "pipeline/board.hpp"

#include <algorithm>
#include <utility>

namespace mp::pipeline {
namespace {

std::optional<double> spread_of(const InstrumentView& view) {
  if (!view.bid || !view.ask || view.bid->price().is_zero()) return std::nullopt;
  const double bid = to_double(view.bid->price().decimal);
  return (to_double(view.ask->price().decimal) - bid) / bid * 1e4;
}

}  // namespace

BoardRow Board::row_of(InstrumentView view, const std::string& key, Timestamp now) {
  Before& before = before_[key];
  BoardRow row{.view = std::move(view)};
  const std::uint64_t events = row.view.events;
  const auto fresh = static_cast<double>(events - std::min(events, before.events));
  const std::chrono::duration<double> time = rows_at_ ? now - *rows_at_ : Nanoseconds{0};
  if (time.count() > 0) row.events_per_second = fresh / time.count();
  if (events != before.events) before.changed = now;
  before.events = events;
  row.changed = before.changed;
  row.spread_basis_points = spread_of(row.view);
  return row;
}

std::vector<BoardRow> Board::rows(std::vector<InstrumentView> views,
                                  const std::vector<Waiting>& waiting, const Latencies& latencies,
                                  Timestamp now) {
  std::map<std::string, BoardRow, std::less<>> by_key;
  for (auto& view : views) {
    std::string key = view.venue + " " + view.symbol;
    auto row = row_of(std::move(view), key, now);
    by_key.emplace(std::move(key), std::move(row));
  }
  rows_at_ = now;
  for (const auto& each : waiting) {
    const auto [found, is_new] =
        by_key.try_emplace(each.venue + " " + (each.symbol.empty() ? each.name : each.symbol));
    InstrumentView& view = found->second.view;
    if (is_new) {
      view.venue = each.venue;
      view.symbol = each.symbol;
      view.instrument = each.name;
      view.state = each.state;
    }
    // The feed's word is up to a second old: what lives by now does not wait.
    if (view.state != StreamState::live) view.reason = each.reason;
  }
  std::vector<BoardRow> out;
  out.reserve(by_key.size());
  for (auto& [key, row] : by_key) out.push_back(std::move(row));
  add_latencies(latencies, out);
  return out;
}

void Board::add_latencies(const Latencies& latencies, std::vector<BoardRow>& rows) {
  for (const auto& [venue, latency] : latencies) {
    const auto recent = latency.since(latencies_before_[venue]);
    const auto p50 = recent.percentile(0.50);
    const auto p99 = recent.percentile(0.99);
    for (auto& row : rows) {
      if (row.view.venue != venue) continue;
      row.latency_p50 = p50;
      row.latency_p99 = p99;
    }
  }
  latencies_before_ = latencies;
}

}  // namespace mp::pipeline
