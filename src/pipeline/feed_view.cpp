// What a feed has, for screens.
#include <algorithm>
#include <utility>

#include "net/clock.hpp"
#include "pipeline/feed.hpp"

namespace mp::pipeline {
namespace {

constexpr std::size_t kStatusesMax = 500;

}  // namespace

void Feed::note_status(const Event& event) {
  const auto& status = std::get<Status>(event.body);
  StatusView view{.ts = event.ts_recv,
                  .venue = std::string{event.venue},
                  .symbol = std::string{event.symbol},
                  .instrument = std::string{event.instrument},
                  .channel = status.channel,
                  .condition = status.condition,
                  .reason = std::string{status.reason},
                  .from = status.from_sequence,
                  .to = status.to_sequence,
                  .missing = status.missing,
                  .since = status.since};
  const std::lock_guard guard{state_mutex_};
  if (statuses_.size() >= kStatusesMax) statuses_.pop_front();
  statuses_.push_back(std::move(view));
}

std::vector<StatusView> Feed::statuses() const {
  const std::lock_guard guard{state_mutex_};
  return {statuses_.begin(), statuses_.end()};
}

bool Feed::view(std::size_t from, std::size_t count, std::vector<InstrumentView>& out) const {
  const Engine& engine = std::as_const(machine_).engine();
  const auto& streams = engine.streams().all();
  const std::size_t end = std::min(streams.size(), from + count);
  for (std::size_t at = from; at < end; ++at) {
    const Stream& stream = streams[at];
    // An index that came along, or what is no longer wanted, is none of the user's.
    if (stream.symbol.empty() || stream.asked.empty() || stream.life.ended()) continue;
    out.push_back(engine.view(stream));
  }
  return end < streams.size();
}

std::optional<BookView> Feed::book_view(std::string_view name, std::size_t depth) {
  const Stream* const stream = machine_.engine().stream_named(name);
  if (stream == nullptr) return std::nullopt;
  return machine_.engine().book_view(*stream, depth);
}

std::vector<TradeView> Feed::trades_since(std::string_view name, std::uint64_t after) {
  Stream* const stream = machine_.engine().stream_named(name);
  if (stream == nullptr) return {};
  const auto now = net::now();
  if (!stream->tape) stream->tape = std::make_unique<Tape>(now);
  return stream->tape->since(after, now);
}

std::vector<Bar> Feed::bars_of(std::string_view name) {
  const Stream* const stream = machine_.engine().stream_named(name);
  return stream == nullptr || !stream->bars ? std::vector<Bar>{} : stream->bars->all();
}

bool Feed::resync(std::string_view name) {
  Stream* const stream = machine_.engine().stream_named(name);
  if (stream == nullptr || !stream->book) return false;
  machine_.resync(*stream, {net::steady_now(), net::now()});
  publish();
  return true;
}

}  // namespace mp::pipeline
