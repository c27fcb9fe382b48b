// L4. Wants: from what a user wants of a venue and what the venue lists to subscriptions. No I/O
// but the log.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/instrument.hpp"
#include "core/result.hpp"
#include "obs/log.hpp"
#include "pipeline/feed_config.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

// Of a venue, and which shard collects what of it: FeedConfig.
struct WantsOfShard {
  std::vector<Want> wants;
  std::map<std::string, std::uint32_t, std::less<>> homes;
};

class Wants {
 public:
  // All outlive it.
  Wants(const FeedConfig& config, const venue::Adapter& adapter, const Catalog& catalog,
        obs::Logger& log);

  // Subscriptions that the catalogue has by now and that were not answered before, each once, of
  // this shard. `all_listed`: what is not in the catalogue is not there; else it may still come.
  [[nodiscard]] std::vector<venue::Subscription> resolve(bool all_listed);

  // From now on this is wanted and nothing else. The subscriptions of resolve() that this ends;
  // those that it adds are resolve()'s.
  [[nodiscard]] std::vector<venue::Subscription> change(WantsOfShard wanted, bool all_listed);
  // Whether something that resolve() gave, and no change() has ended, has that channel.
  [[nodiscard]] bool has(std::string_view symbol, Channel channel) const;

  // One sentence for each instrument that the venue does not have. What comes after close() is only
  // logged.
  [[nodiscard]] const std::vector<Error>& refusals() const { return refusals_; }
  void close() { closed_ = true; }

  // Names of this shard that no listing has named, each with the sentence for which it never will;
  // without one while that is not known.
  [[nodiscard]] const std::map<std::string, std::string>& unlisted() const { return unlisted_; }

 private:
  void expect_all();
  [[nodiscard]] bool has(const std::string& symbol) const;
  [[nodiscard]] std::vector<venue::Subscription> resolve_all(bool all_listed);
  void resolve(const Want& want, bool all_listed, std::vector<venue::Subscription>& out);
  [[nodiscard]] std::vector<const Catalog::Entry*> entries_of(const Want& want, bool all_listed);
  [[nodiscard]] std::vector<const Catalog::Entry*> matching(const std::string& name) const;
  [[nodiscard]] const Catalog::Entry* named(const std::string& name) const;
  [[nodiscard]] bool is_elsewhere(const std::string& name) const;
  void find_home(const std::string& name, const std::string& symbol);
  void missing(const std::string& name, bool all_listed, std::string problem);
  void say_unless_trading(const Catalog::Entry& entry);

  const FeedConfig& config_;
  WantsOfShard wanted_;
  const venue::Adapter& adapter_;
  const Catalog& catalog_;
  obs::Logger& log_;
  std::map<std::string, std::uint32_t, std::less<>> symbol_homes_;  // with FeedConfig::homes
  std::vector<Error> refusals_;
  bool closed_ = false;
  std::map<std::string, std::string> unlisted_;
  std::set<std::string, std::less<>> told_;  // names that something was said of
  std::set<std::tuple<std::string, Channel, std::string>> answered_;  // symbol, channel, interval
};

}  // namespace mp::pipeline
