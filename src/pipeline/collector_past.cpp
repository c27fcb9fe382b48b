// What a collector knows of earlier runs when it starts: what they spent, told, and left open.
#include "journal/read_present.hpp"
#include "net/clock.hpp"
#include "pipeline/collector.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {

// Without the file each process has its own budgets: worse manners, and no reason not to collect.
void Collector::add_budgets(const std::vector<FeedConfig>& feeds) {
  if (!budget_file_ && !feeds.empty() && !feeds.front().budget_file.empty()) {
    auto file = BudgetFile::open(feeds.front().budget_file);
    if (file) {
      budget_file_ = file.take();
    } else {
      log_.warn("budgets_not_shared", {{"problem", file.error().message}});
    }
  }
  if (!all_connects_) {
    all_connects_ = std::make_unique<net::ConnectPacer>(
        kAllConnects, nullptr, budget_file_ ? &budget_file_->all_connects() : nullptr);
  }
  for (const auto& feed : feeds) {
    const auto adapter = venue::make_adapter(feed.venue);
    if (!adapter) continue;
    const auto& limits = feed.limits ? *feed.limits : adapter->traits().limits;
    VenueBudget::Shared shared = shared_of(budget_file_.get(), feed, limits);
    shared.connects = all_connects_.get();
    shared.calls = &all_calls_;
    budgets_.try_emplace(feed.venue, limits, shared);
  }
}

// What the journals have beyond the notes, so that numbers go on and a run that ended without a
// word is marked.
Result<void> Collector::recall() {
  for (const Source& source : sources_) {
    if (auto recalled = recall(source); !recalled) return recalled;
  }
  mark_ends();
  for (const Source& source : sources_)
    notes_->put({.shard = source.number, .next_index = source.next_index(), .at = net::now()}, {});
  if (const auto written = notes_->write(); !written) {
    log_.warn("notes_not_written", {{"problem", written.error().message}});
  }
  return {};
}

Result<void> Collector::recall(const Source& source) {
  if (source.next_index() == 0) return {};
  const auto from = notes_->reach(source.number, source.next_index());
  auto opened = journal::Reader::open({.location = source.location, .from_index = from});
  if (!opened) return opened.error();
  return journal::read_present(**opened, [this](const Event& event) {
    notes_->recall(event);
    return true;
  });
}

void Collector::mark_ends() {
  const Timestamp now = net::now();
  std::size_t ended = 0;
  notes_->end_all(now, [&](const StreamNotes::Ended& each) {
    shards_.front()->append_end(each, now);
    ++ended;
  });
  if (ended == 0) return;
  log_.warn("crash_marked", {{"streams", ended},
                             {"problem",
                              "the last run ended without a word; what was connected is marked as "
                              "disconnected since then"}});
}

}  // namespace mp::pipeline
