#include "config/feed_changes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mp::config {
namespace {

using Names = std::vector<std::string> Feed::*;

// Takes a name out of a feed. With channels, the others of that name become a feed of their own in
// `rest`. False: the feed has no such name, or none of these channels.
bool take(Feed& feed, Names names, const std::string& name, const std::vector<Channel>& channels,
          std::vector<Feed>& rest) {
  auto& list = feed.*names;
  const auto found = std::ranges::find(list, name);
  if (found == list.end()) return false;
  Feed kept{.venue = feed.venue, .interval = feed.interval};
  for (const auto channel : feed.channels) {
    if (!channels.empty() && std::ranges::find(channels, channel) == channels.end())
      kept.channels.push_back(channel);
  }
  if (kept.channels.size() == feed.channels.size()) return false;
  list.erase(found);
  if (kept.channels.empty()) return true;
  (kept.*names).push_back(name);
  rest.push_back(std::move(kept));
  return true;
}

Result<void> take_all(std::vector<Feed>& feeds, const Feed& unwanted, Names names,
                      const std::vector<Channel>& channels) {
  for (const auto& name : unwanted.*names) {
    std::vector<Feed> rest;
    bool found = false;
    for (auto& feed : feeds) {
      if (feed.venue == unwanted.venue) found |= take(feed, names, name, channels, rest);
    }
    if (!found) {
      return Error{ErrorKind::config,
                   fmt::format("{}:{} is not collected under this name{}; expected one as it was "
                               "configured or added",
                               unwanted.venue, name,
                               channels.empty() ? "" : ", or not with these channels")};
    }
    std::ranges::move(rest, std::back_inserter(feeds));
  }
  return {};
}

}  // namespace

Result<std::vector<Feed>> with_feeds(std::vector<Feed> feeds, std::span<const std::string> words,
                                     const Known& known) {
  for (const auto& each : words) {
    auto feed = parse_feed(each, known);
    if (!feed) return feed.error();
    feeds.push_back(feed.take());
  }
  return feeds;
}

Result<std::vector<Feed>> without_feeds(std::vector<Feed> feeds, std::span<const std::string> words,
                                        const Known& known) {
  for (const auto& each : words) {
    const auto unwanted = parse_feed(each, known);
    if (!unwanted) return unwanted.error();
    const bool all = each.rfind('@') == std::string::npos;
    const auto channels = all ? std::vector<Channel>{} : unwanted->channels;
    for (const Names names : {&Feed::instruments, &Feed::symbols}) {
      if (const auto taken = take_all(feeds, *unwanted, names, channels); !taken)
        return taken.error();
    }
  }
  std::erase_if(feeds,
                [](const Feed& feed) { return feed.instruments.empty() && feed.symbols.empty(); });
  return feeds;
}

}  // namespace mp::config
