// What a feed waits for, and why.
#include <map>

#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"

namespace mp::pipeline {
namespace {

std::string with_problem(std::string text, std::string_view problem) {
  if (!problem.empty()) text.append(": ").append(problem);
  return text;
}

std::string_view message_of(const std::optional<Error>& problem) {
  return problem ? std::string_view{problem->message} : std::string_view{};
}

}  // namespace

void FeedMachine::tell_state(const Now& now, FeedState& out) const {
  out.waiting.clear();
  for (const auto& [name, refusal] : wants_.unlisted()) {
    const bool refused = !refusal.empty();
    out.waiting.push_back(
        {.venue = config_.venue,
         .symbol = "",
         .name = name,
         .state = refused ? StreamState::refused : StreamState::waiting,
         .reason =
             refused ? refusal : with_problem("no listing has named it yet", listing_trouble())});
  }
  std::map<std::string_view, Waiting> by_symbol;
  for (std::size_t session = 0; session < places_.size(); ++session) {
    for (const auto& planned : sessions_.sessions()[session]) {
      for (const auto& each : planned.subscriptions) {
        auto waits = why_waits(session, planned, each);
        if (waits.reason.empty()) continue;
        const auto [known, is_new] = by_symbol.try_emplace(each.symbol, waits);
        if (!is_new && known->second.state < waits.state) known->second = std::move(waits);
      }
    }
  }
  for (auto& [symbol, waits] : by_symbol) out.waiting.push_back(std::move(waits));
  out.problem = problem();
  tell_health(now, out.health);
}

// Of the listings, while some are missing.
std::string_view FeedMachine::listing_trouble() const {
  const bool missing = !work_.any_listing_came() || work_.listings_missing() > 0;
  return missing ? message_of(listing_problem_) : std::string_view{};
}

// Without a reason where nothing is known to stand in the way.
Waiting FeedMachine::why_waits(std::size_t session, const PlannedTopic& planned,
                               const venue::Subscription& wanted) const {
  const Stream* const stream = engine_.streams().find(wanted.symbol);
  const bool named = stream != nullptr && !stream->instrument.empty();
  Waiting out{.venue = config_.venue,
              .symbol = wanted.symbol,
              .name = named ? stream->instrument : wanted.symbol,
              .reason = ""};
  if (places_[session].empty()) {
    out.reason = with_problem("no connection is left for it", too_few_connections());
    return out;
  }
  bool any_open = false;
  const Leg::Refused* refused = nullptr;
  const Leg* closed = nullptr;
  for (const auto& leg : legs_) {
    if (leg->session_ != session) continue;
    any_open = any_open || leg->is_open();
    if (!leg->is_open()) closed = leg.get();
    const auto found = leg->refused_.find(planned.topic);
    if (found != leg->refused_.end()) refused = &found->second;
  }
  if (!any_open) {
    out.reason = with_problem("connecting", closed == nullptr ? "" : closed->problem_);
  } else if (refused != nullptr) {
    out.state = StreamState::refused;
    out.reason = with_problem("the venue refuses it", refused->words);
  } else if (wanted.channel == Channel::book && stream != nullptr && stream->book &&
             !stream->book->in_step()) {
    out.reason = with_problem("its book waits for a snapshot", message_of(call_problem_));
  }
  return out;
}

// Of a connection, a refusal or a call: none while anything may come.
std::string FeedMachine::problem() const {
  std::string_view found;
  for (const auto& leg : legs_) {
    if (leg->is_open() && leg->refused_.empty()) return {};
    for (const auto& [topic, refused] : leg->refused_) found = refused.words;
    if (!leg->is_open() && !leg->problem_.empty()) found = leg->problem_;
  }
  if (found.empty() && legs_.empty()) found = listing_trouble();
  if (found.empty() && legs_.empty()) found = message_of(call_problem_);
  if (found.empty() && legs_.empty() && !refusals().empty()) found = refusals().front().message;
  return std::string{found};
}

}  // namespace mp::pipeline
