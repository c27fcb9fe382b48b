// What a collector has, for screens: each shard is asked on its own thread, some streams at a time,
// so that messages never wait for long.
#include <algorithm>
#include <iterator>
#include <memory>

#include "pipeline/collector.hpp"

namespace mp::pipeline {
namespace {

constexpr std::size_t kStreamsAtOnce = 256;

// A part of the streams of a shard's feed; what is left of it.
struct Part {
  std::vector<InstrumentView> views;
  bool feed_is_there = false;
  bool more = false;
};

std::optional<Part> part_of(Shard& shard, std::size_t feed, std::size_t from) {
  auto part = std::make_shared<Part>();
  const bool answered = shard.look([part, feed, from](Shard& it) {
    if (feed >= it.feeds().size()) return;
    part->feed_is_there = true;
    part->more = it.feeds()[feed]->view(from, kStreamsAtOnce, part->views);
  });
  if (!answered) return std::nullopt;
  return std::move(*part);
}

void add_views(Shard& shard, std::vector<InstrumentView>& out) {
  for (std::size_t feed = 0;; ++feed) {
    for (std::size_t from = 0;; from += kStreamsAtOnce) {
      auto part = part_of(shard, feed, from);
      if (!part || !part->feed_is_there) return;
      std::ranges::move(part->views, std::back_inserter(out));
      if (!part->more) break;
    }
  }
}

}  // namespace

std::vector<InstrumentView> Collector::instruments() const {
  std::vector<InstrumentView> out;
  for (const auto& shard : shards_) add_views(*shard, out);
  return out;
}

template <class Answer>
std::optional<Answer> Collector::ask(std::string_view venue,
                                     std::function<std::optional<Answer>(Feed&)> question) const {
  for (const auto& shard : shards_) {
    auto answer = std::make_shared<std::optional<Answer>>();
    const bool answered = shard->look([answer, question, venue = std::string{venue}](Shard& it) {
      for (const auto& feed : it.feeds()) {
        if (feed->venue() == venue && !*answer) *answer = question(*feed);
      }
    });
    if (answered && *answer) return std::move(*answer);
  }
  return std::nullopt;
}

std::optional<BookView> Collector::book(std::string_view venue, std::string_view name,
                                        std::size_t depth) const {
  return ask<BookView>(
      venue, [name = std::string{name}, depth](Feed& feed) { return feed.book_view(name, depth); });
}

std::vector<TradeView> Collector::trades(std::string_view venue, std::string_view name,
                                         std::uint64_t after) const {
  auto found = ask<std::vector<TradeView>>(
      venue,
      [name = std::string{name}, after](Feed& feed) -> std::optional<std::vector<TradeView>> {
        auto trades = feed.trades_since(name, after);
        if (trades.empty()) return std::nullopt;  // perhaps it is another shard's
        return trades;
      });
  return found ? std::move(*found) : std::vector<TradeView>{};
}

std::vector<Bar> Collector::bars(std::string_view venue, std::string_view name) const {
  auto found = ask<std::vector<Bar>>(
      venue, [name = std::string{name}](Feed& feed) -> std::optional<std::vector<Bar>> {
        auto bars = feed.bars_of(name);
        if (bars.empty()) return std::nullopt;
        return bars;
      });
  return found ? std::move(*found) : std::vector<Bar>{};
}

bool Collector::resync(std::string_view venue, std::string_view name) {
  return ask<bool>(venue,
                   [name = std::string{name}](Feed& feed) {
                     return feed.resync(name) ? std::optional{true} : std::nullopt;
                   })
      .has_value();
}

bool Collector::answers() const {
  return std::ranges::all_of(shards_, [](const auto& shard) { return shard->look([](Shard&) {}); });
}

std::map<std::string, obs::LatencySnapshot> Collector::latencies() const {
  std::map<std::string, obs::LatencySnapshot> out;
  for (const auto* feed : feeds()) out[feed->venue()] += feed->counters().journalled.snapshot();
  return out;
}

std::vector<StageView> Collector::stages() const {
  std::vector<StageView> out;
  const auto add = [&out](obs::Stage stage, std::string_view of, std::uint64_t every,
                          const obs::StageTimes& times) {
    const auto known = std::ranges::find_if(
        out, [&](const StageView& each) { return each.stage == stage && each.of == of; });
    if (known != out.end()) return void(known->taken += times.snapshot());
    out.push_back(
        {.stage = stage, .of = std::string{of}, .every = every, .taken = times.snapshot()});
  };
  for (const auto* feed : feeds()) {
    const FrameStageTimes& times = feed->counters().stages;
    add(obs::Stage::decode, feed->venue(), FrameStages::kEvery, times.decode);
    add(obs::Stage::book, feed->venue(), FrameStages::kEvery, times.book);
    add(obs::Stage::append, feed->venue(), FrameStages::kEvery, times.append);
  }
  for (const Delivery& delivery : deliveries_) {
    const SinkStages& stages = delivery.runner->stages();
    add(obs::Stage::encode, delivery.runner->name(), SinkStages::kEncodeEvery, stages.encode());
    add(obs::Stage::write, delivery.runner->name(), 1, stages.write());
  }
  return out;
}

std::vector<JournalView> Collector::journals() const {
  std::vector<JournalView> out;
  for (const auto& shard : shards_) {
    auto view = std::make_shared<JournalView>();
    if (shard->look([view](Shard& it) { *view = it.journal_view(); })) out.push_back(*view);
  }
  return out;
}

std::vector<StatusView> Collector::statuses(std::size_t count) const {
  std::vector<StatusView> out;
  for (const auto* feed : feeds()) {
    const auto of_feed = feed->statuses();
    std::vector<StatusView> merged;
    std::ranges::merge(out, of_feed, std::back_inserter(merged), {}, &StatusView::ts,
                       &StatusView::ts);
    out = std::move(merged);
  }
  if (out.size() > count) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(count));
  return out;
}

std::vector<SinkView> Collector::sinks() const {
  const auto all = journals();
  std::vector<SinkView> out;
  for (const Delivery& delivery : deliveries_) {
    const auto counters = delivery.runner->counters();
    const auto upkeep = delivery.runner->upkeep();
    out.push_back(
        {.name = std::string{delivery.runner->name()},
         .shard = delivery.from->number,
         .is_open = !delivery.runner->not_open(),
         .problem = delivery.runner->problem(),
         .delivered = counters.acked,
         .dead_letters = counters.discarded[static_cast<std::size_t>(Discard::refused)] +
                         counters.discarded[static_cast<std::size_t>(Discard::unlettered)],
         .missed = counters.lost,
         .batches = counters.batches,
         .retries = counters.retries,
         .upkeep_failures = upkeep.failures,
         .upkeep_problem = upkeep.problem});
    for (const auto& journal : all) {
      if (journal.shard != delivery.from->number) continue;
      const auto taken = std::max(counters.dealt, counters.cursor);
      out.back().lag = journal.next_index - std::min(journal.next_index, taken);
      out.back().unconfirmed = taken - counters.cursor;
    }
  }
  return out;
}

}  // namespace mp::pipeline
