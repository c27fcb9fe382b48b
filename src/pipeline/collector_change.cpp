// Which shard collects what, at first and when something else is wanted.
#include <algorithm>
#include <iterator>
#include <map>

#include "pipeline/collector.hpp"

namespace mp::pipeline {
namespace {

const FeedConfig* feed_named(const std::vector<FeedConfig>& feeds, std::string_view venue) {
  const auto found = std::ranges::find(feeds, venue, &FeedConfig::venue);
  return found == feeds.end() ? nullptr : &*found;
}

void add_to(std::vector<WantedStream>& all, std::vector<WantedStream> more) {
  std::ranges::move(more, std::back_inserter(all));
  std::ranges::sort(all);
}

}  // namespace

// What has a home stays there.
std::vector<std::vector<FeedConfig>> Collector::spread(const std::vector<FeedConfig>& feeds) {
  if (shard_count_ == 1) return {feeds};
  auto spread = assign_feeds(
      feeds, shard_count_,
      [this](std::string_view venue, std::string_view instrument) {
        return notes_->load_of(venue, instrument);
      },
      homes_);
  homes_.merge(homes_of(spread));
  return spread;
}

// Feeds of running shards hold on to theirs, and none of them looks for another.
Result<std::vector<Collector::VenueChange>> Collector::change(
    const std::vector<FeedConfig>& feeds) {
  add_budgets(feeds);
  const auto wanted = spread(feeds);
  struct New {
    Shard* shard;
    std::unique_ptr<Feed> feed;
  };
  std::vector<New> fresh;
  std::map<std::string, VenueChange> changes;
  std::vector<std::vector<std::string>> served(shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) served[i] = shards_[i]->venues();
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    for (const FeedConfig& feed : wanted[i]) {
      if (std::ranges::find(served[i], feed.venue) != served[i].end()) continue;
      auto made = shards_[i]->make_feed(feed);
      if (!made) return made.error();
      fresh.push_back({.shard = shards_[i].get(), .feed = made.take()});
    }
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    for (const auto& venue : served[i]) {
      const FeedConfig* const feed = feed_named(wanted[i], venue);
      auto done = shards_[i]->want(
          venue, feed == nullptr ? WantsOfShard{} : WantsOfShard{feed->wants, feed->homes});
      VenueChange& change = changes[venue];
      change.venue = venue;
      add_to(change.added, std::move(done.added));
      add_to(change.removed, std::move(done.removed));
    }
  }
  for (New& each : fresh) add_feed(each.shard->adopt(std::move(each.feed)));
  std::vector<VenueChange> out;
  for (auto& [venue, change] : changes) out.push_back(std::move(change));
  return out;
}

}  // namespace mp::pipeline
