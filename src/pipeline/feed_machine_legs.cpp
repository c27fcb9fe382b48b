// The connections of a feed: what is asked for on each, who succeeds whom, and what the venue says
// to it.
#include <fmt/format.h>

#include <algorithm>

#include "core/assert.hpp"
#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"

namespace mp::pipeline {
namespace {

constexpr std::size_t kAskedMax = 4096;  // requests that wait for their answers
// A welcome that does not come must not keep us silent for ever.
constexpr std::chrono::seconds kWelcomeWait{3};
constexpr std::chrono::seconds kTendEvery{1};
// An answer to a subscription is missed after so long, and after four times longer each time.
constexpr std::chrono::milliseconds kUnansweredFirst{5'000};
constexpr std::chrono::milliseconds kUnansweredMax{3'600'000};
// A successor and the leg before it are both heard for so long after the last request has gone out,
// and for longer while the successor lacks a book.
constexpr std::chrono::seconds kOverlap{3};
constexpr std::chrono::seconds kOverlapMax{60};
// A topic that was refused is asked for again after so long, and longer each time. What the venue
// has granted before it will grant again.
constexpr std::chrono::seconds kRefusedFirst{2};
constexpr std::chrono::seconds kRefusedNew{30};
constexpr std::chrono::seconds kRefusedMax{3600};

// A successor is opened this long before the venue ends the session: a tenth of its life, of a day
// ten minutes, give or take a half.
std::chrono::milliseconds before_end(std::chrono::milliseconds lifetime, std::uint64_t random) {
  const std::chrono::milliseconds most = std::chrono::minutes{10};
  const auto margin = std::min(most, lifetime / 10);
  return margin +
         std::chrono::milliseconds{margin.count() / 2 * std::int64_t(random % 1024) / 1024};
}

}  // namespace

void FeedMachine::for_each_subscription(const Leg& leg, auto&& visit) const {
  for (const auto& topic : sessions_.sessions()[leg.session_]) {
    for (const auto& subscription : topic.subscriptions) visit(subscription);
  }
}

FeedMachine::Leg& FeedMachine::open_leg(std::size_t session, std::size_t place) {
  Place& at = places_[session][place];
  std::string name = config_.shard == 0
                         ? fmt::format("{}.{}", config_.venue, session)
                         : fmt::format("{}.{}.{}", config_.venue, config_.shard, session);
  if (place > 0) name += static_cast<char>('a' + place);
  if (at.opened > 0) name += fmt::format("~{}", at.opened);
  ++at.opened;
  Leg& leg = *legs_.emplace_back(std::make_unique<Leg>(std::move(name), session, place,
                                                       venue::RequestWriter{adapter_, limits_}));
  hands_.open(leg);
  return leg;
}

const std::string& FeedMachine::path_of(const Leg& leg) const {
  return sessions_.sessions()[leg.session_].front().topic.path;
}

std::vector<FeedMachine::Leg*> FeedMachine::legs_that_carry(
    const venue::Subscription& subscription) {
  std::vector<Leg*> out;
  for (const auto& leg : legs_) {
    if (!leg->is_open()) continue;
    bool carries = false;
    for_each_subscription(*leg, [&](const auto& each) { carries |= each == subscription; });
    if (carries) out.push_back(leg.get());
  }
  return out;
}

void FeedMachine::connected(Leg& leg, const Now& now) {
  now_ = now.steady;
  ++counters_.connects;
  leg.reading_ = engine_.open_session();
  leg.requests_ = venue::RequestWriter{adapter_, limits_};
  leg.asked_.clear();
  leg.answered_.clear();
  leg.books_lost_ = false;
  leg.asked_for_all_ = false;
  leg.connected_ = leg.asked_until_ = now.steady;
  const std::chrono::milliseconds lifetime = limits_.session_lifetime;
  leg.renew_at_ = lifetime.count() == 0 ? net::SteadyTime::max()
                                        : now.steady + lifetime - before_end(lifetime, random_());
  log_.info("connected", {{"venue", config_.venue},
                          {"session", leg.name()},
                          {"topics", sessions_.sessions()[leg.session_].size()}});
  for (auto& text : leg.requests_.hello(now.utc)) hands_.send(leg, std::move(text));
  if (!adapter_.traits().requests.after_welcome) ask_for_all(leg, now);
  for_each_subscription(leg, [&](const venue::Subscription& each) {
    engine_.on_connected({.symbol = each.symbol,
                          .channel = each.channel,
                          .reason = "",
                          .session = leg.reading_->id()},
                         now.utc);
  });
  tend_now_ = true;
  hands_.wake();
}

void FeedMachine::ask(Leg& leg, const std::vector<venue::Topic>& topics, const Now& now,
                      unsigned times) {
  using Verb = venue::RequestWriter::Verb;
  const auto patience = std::min<std::chrono::milliseconds>(
      kUnansweredMax, kUnansweredFirst * (1U << (2 * std::min(times, 8U))));
  for (auto& request : leg.requests_.write(Verb::subscribe, topics, now.utc)) {
    hands_.send(leg, std::move(request.text));
    leg.asked_until_ = std::max(leg.asked_until_, now.steady) + limits_.requests.pace();
    if (leg.asked_.size() == kAskedMax) leg.asked_.erase(leg.asked_.begin());
    Leg::Asked asked{.topics = std::move(request.topics),
                     .events = {},
                     .times = times,
                     .due = leg.asked_until_ + patience};
    for (const auto& topic : asked.topics) asked.events.push_back(events_of(leg, topic));
    leg.asked_.emplace(request.id, std::move(asked));
  }
}

void FeedMachine::ask_for_all(Leg& leg, const Now& now) {
  if (std::exchange(leg.asked_for_all_, true)) return;
  std::vector<venue::Topic> topics;
  for (const auto& planned : sessions_.sessions()[leg.session_]) topics.push_back(planned.topic);
  ask(leg, topics, now);
}

const venue::Reading& FeedMachine::on_frame(Leg& leg, std::string_view frame, Timestamp ts_recv) {
  reading_leg_ = &leg;
  reading_ = engine_.on_frame(*leg.reading_, frame, ts_recv);
  const bool usual = reading_.verdict == venue::Verdict::data && reading_.reply.empty() &&
                     !reading_.reconnect_soon && !reading_.broken;
  if (!usual) on_notice(leg, ts_recv);
  reading_leg_ = nullptr;
  return reading_;
}

// Whatever a frame means for the connection itself.
void FeedMachine::on_notice(Leg& leg, Timestamp ts_recv) {
  const Now now{now_, ts_recv};
  if (!reading_.reply.empty()) hands_.send_now(leg, reading_.reply);
  if (reading_.ready) ask_for_all(leg, now);
  if (reading_.answers) on_answer(leg, now);
  if (reading_.broken) hands_.renew(leg, reading_.problem);
  if (!reading_.reconnect_soon) return;
  log_.info("session_ends_soon", {{"venue", config_.venue}, {"session", leg.name()}});
  leg.renew_at_ = now_;
  tend_now_ = true;
  hands_.wake();
}

// The venue answered a request of ours by its number. Of several topics that were refused together,
// the good ones are to go on: halves are asked for again, down to the bad one.
void FeedMachine::on_answer(Leg& leg, const Now& now) {
  const auto found = leg.asked_.find(*reading_.answers);
  if (found == leg.asked_.end()) return;
  const std::vector<venue::Topic> topics = std::move(found->second.topics);
  leg.asked_.erase(found);
  leg.answered_.insert(topics.begin(), topics.end());
  answers_ = true;
  const bool rejected = reading_.verdict == venue::Verdict::rejected;
  if (rejected && topics.size() > 1) {
    const auto middle = topics.begin() + static_cast<std::ptrdiff_t>(topics.size() / 2);
    ask(leg, {topics.begin(), middle}, now);
    ask(leg, {middle, topics.end()}, now);
    return;
  }
  const auto condition = rejected ? Condition::rejected : Condition::subscribed;
  for (const auto& topic : topics) tell(leg, topic, condition, now.utc);
}

void FeedMachine::tell(const Leg& leg, const venue::Topic& topic, Condition condition,
                       Timestamp now) {
  const auto& topics = sessions_.sessions()[leg.session_];
  const auto planned = std::ranges::find(topics, topic, &PlannedTopic::topic);
  if (planned == topics.end()) return;
  for (const auto& each : planned->subscriptions) {
    engine_.on_answered(
        condition, {.symbol = each.symbol, .channel = each.channel, .reason = reading_.problem},
        now);
  }
}

// A subscription was acknowledged or refused, by the number of its request or by its name.
void FeedMachine::was_answered(const Stream& stream, const Status& status) {
  if (reading_leg_ == nullptr) return;
  Leg& leg = *reading_leg_;
  for (const auto& planned : sessions_.sessions()[leg.session_]) {
    const bool meant = std::ranges::any_of(planned.subscriptions, [&](const auto& each) {
      return each.symbol == stream.symbol && each.channel == status.channel;
    });
    if (!meant) continue;
    leg.answered_.insert(planned.topic);
    answers_ = true;
    if (status.condition == Condition::rejected) {
      refused(leg, planned.topic);
    } else {
      leg.refused_.erase(planned.topic);
      granted_.insert(planned.topic);
    }
  }
}

// Asked for again, later and later: what stands in the way may end, and somebody waits for it.
void FeedMachine::refused(Leg& leg, const venue::Topic& topic) {
  auto& state = leg.refused_[topic];
  if (state.again > now_ && state.again != net::SteadyTime::max()) return;  // once for a topic
  const std::chrono::milliseconds first = granted_.contains(topic) ? kRefusedFirst : kRefusedNew;
  const std::chrono::milliseconds most = kRefusedMax;
  const auto ceiling = std::min(most, first * (1U << std::min(state.times, 12U)));
  ++state.times;
  state.again = now_ + ceiling / 2 +
                std::chrono::milliseconds{static_cast<std::int64_t>(random_() % 1024) *
                                          ceiling.count() / 2048};
}

void FeedMachine::lost(Leg& leg, std::string_view reason, const Now& now) {
  now_ = now.steady;
  if (leg.is_open()) tell_malformed(leg, Malformed::all, now.utc);
  const auto reading = std::exchange(leg.reading_, nullptr);
  if (!reading) return;
  ++counters_.disconnects;
  leg.asked_for_all_ = false;
  for_each_subscription(leg, [&](const venue::Subscription& each) {
    engine_.on_disconnected({.symbol = each.symbol,
                             .channel = each.channel,
                             .reason = reason,
                             .session = reading->id()},
                            now.utc);
    if (each.channel != Channel::book) return;
    auto* const stream = engine_.streams().find(each.symbol);
    if (stream != nullptr && legs_that_carry(each).empty()) work_.drop_repairs(*stream);
  });
  tend_now_ = true;
  hands_.wake();
}

void FeedMachine::ended(Leg& leg) {
  for (auto& session : places_) {
    for (Place& place : session) {
      if (place.leg == &leg) place.leg = std::exchange(place.successor, nullptr);
      if (place.successor == &leg) place.successor = nullptr;
    }
  }
  std::erase_if(legs_, [&](const auto& each) { return each.get() == &leg; });
  hands_.wake();
}

std::string FeedMachine::text_ping(Leg& leg, Timestamp now) {
  return leg.requests_.ping(now);
}

// --- what is due ---

void FeedMachine::tend_legs(const Now& now) {
  tend_at_ = now.steady + kTendEvery;
  for (std::size_t i = 0; i < legs_.size(); ++i) {
    if (legs_[i]->is_open()) tend(*legs_[i], now);
  }
  tend_books(now);
  for (std::size_t session = 0; session < places_.size(); ++session) {
    for (std::size_t place = 0; place < places_[session].size(); ++place)
      tend_place(session, place, now);
  }
}

void FeedMachine::tend(Leg& leg, const Now& now) {
  if (!leg.asked_for_all_ && now.steady >= leg.connected_ + kWelcomeWait) ask_for_all(leg, now);
  std::vector<venue::Topic> again;
  for (auto& [topic, state] : leg.refused_) {
    if (now.steady < state.again) continue;
    again.push_back(topic);
    state.again = net::SteadyTime::max();  // until it is answered
  }
  // One in a request: the next refusal is to name its topic.
  for (const auto& topic : again) ask(leg, {topic}, now);
  ask_unanswered(leg, now);
  tell_malformed(leg, Malformed::due, now.utc);
  renew_lost_books(leg, now);
}

// A leg whose end is near gets a successor; both are heard until that has caught up.
void FeedMachine::tend_place(std::size_t session, std::size_t place, const Now& now) {
  Leg* const leg = places_[session][place].leg;
  Leg* const next = places_[session][place].successor;
  if (leg == nullptr || leg->retired_) return;
  if (next == nullptr) {
    if (leg->is_open() && now.steady >= leg->renew_at_)
      places_[session][place].successor = &open_leg(session, place);
    return;
  }
  if (!next->is_open()) return;
  const auto since = next->asked_until_;
  const bool caught_up =
      !leg->is_open() || (now.steady >= since + kOverlap &&
                          (now.steady >= since + kOverlapMax || has_books_of(*next, *leg)));
  if (!caught_up) return;
  places_[session][place] = {
      .leg = next, .successor = nullptr, .opened = places_[session][place].opened};
  log_.info("session_succeeded",
            {{"venue", config_.venue}, {"session", leg->name()}, {"by", next->name()}});
  leg->retired_ = true;
  hands_.retire(*leg);
}

// Every book that is right on the one is right on the other.
bool FeedMachine::has_books_of(const Leg& next, const Leg& before) const {
  bool all = true;
  for_each_subscription(before, [&](const venue::Subscription& each) {
    if (each.channel != Channel::book) return;
    const Stream* const stream = engine_.streams().find(each.symbol);
    if (stream == nullptr || !engine_.is_valid(*stream, before.reading_->id())) return;
    all = all && engine_.is_valid(*stream, next.reading_->id());
  });
  return all;
}

}  // namespace mp::pipeline
