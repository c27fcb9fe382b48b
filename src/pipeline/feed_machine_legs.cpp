// The connections of a feed: what is asked for on each, who succeeds whom, and what the venue says
// to it.
#include <fmt/format.h>

#include <algorithm>

#include "core/back_off.hpp"
#include "net/loss.hpp"
#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"
#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {
namespace {

constexpr std::size_t kAskedMax = 4096;  // requests that wait for their answers
// A welcome that does not come must not keep us silent for ever.
constexpr std::chrono::seconds kWelcomeWait{3};
constexpr std::chrono::seconds kTendEvery{1};
// An answer to a subscription is missed after so long, and after four times longer each time; of
// what the venue has granted before, twice: so nothing is away longer than the venue was.
constexpr BackOff kUnansweredPauses{
    .first = std::chrono::seconds{5}, .most = std::chrono::hours{1}, .doublings = 2};
constexpr BackOff kUnansweredGrantedPauses{.first = std::chrono::seconds{5},
                                           .most = std::chrono::hours{1}};
// A successor and the leg before it are both heard for so long after the last request has gone out,
// and for longer while the successor lacks a book.
constexpr std::chrono::seconds kOverlap{3};
constexpr std::chrono::seconds kOverlapMax{60};
// A topic that was refused is asked for again after so long, and longer each time. What the venue
// has granted before it will grant again.
constexpr BackOff kGrantedPauses{.first = std::chrono::seconds{2}, .most = std::chrono::hours{1}};
constexpr BackOff kRefusedTopicPauses{.first = std::chrono::seconds{30},
                                      .most = std::chrono::hours{1}};

// A successor is opened before the venue ends the session: a tenth of its life before, of a day ten
// minutes, and up to a half of that earlier.
std::chrono::milliseconds before_end(std::chrono::milliseconds lifetime, std::uint32_t random) {
  const std::chrono::milliseconds most = std::chrono::minutes{10};
  const auto margin = std::min(most, lifetime / 10);
  return margin + spread(margin / 2, random);
}

// A request takes the place of all before it: whoever asks for one topic must ask for all.
bool asks_for_all_at_once(const venue::Requests& requests, const venue::Limits& limits) {
  return !requests.can_end() && limits.topics_per_request >= limits.topics_per_session;
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
  hands_.open(leg, random_());
  return leg;
}

const std::string& FeedMachine::path_of(const Leg& leg) const {
  return sessions_.sessions()[leg.session_].front().topic.path;
}

std::vector<FeedMachine::Leg*> FeedMachine::legs_with_book(const Stream& stream) {
  std::vector<Leg*> out;
  for (const auto& leg : legs_) {
    if (leg->is_open() && stream.is_carried(Channel::book, leg->reading_->id()))
      out.push_back(leg.get());
  }
  return out;
}

void FeedMachine::connected(Leg& leg, const Now& now) {
  now_ = now.steady;
  ++counters_.connects;
  ++leg.tally_.connects;
  leg.reading_ = engine_.open_session();
  leg.requests_ = venue::RequestWriter{adapter_, limits_};
  leg.asked_.clear();
  leg.answered_.clear();
  for (const auto& other : legs_) {
    if (other->session_ != leg.session_) continue;
    for (auto& [id, asked] : other->asked_) asked.alone = false;
  }
  leg.problem_.clear();
  leg.books_lost_ = false;
  leg.asked_for_all_ = false;
  leg.connected_ = leg.asked_until_ = now.steady;
  leg.heard_ = now.utc;
  leg.silence_.begin(leg.data_, now.steady);
  leg.staleness_.begin();
  leg.stale_ = false;
  leg.mute_told_ = false;
  leg.pinged_.reset();
  const std::chrono::milliseconds lifetime = limits_.session_lifetime;
  leg.renew_at_ = lifetime.count() == 0 ? net::SteadyTime::max()
                                        : now.steady + lifetime - before_end(lifetime, chance());
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

void FeedMachine::ask(Leg& leg, std::vector<venue::Topic> topics, const Now& now, unsigned times) {
  using Verb = venue::RequestWriter::Verb;
  if (asks_for_all_at_once(adapter_.traits().requests, limits_)) topics = topics_of(leg);
  const bool granted =
      std::ranges::all_of(topics, [&](const auto& topic) { return granted_.contains(topic); });
  const auto patience = (granted ? kUnansweredGrantedPauses : kUnansweredPauses).longest(times);
  for (auto& request : leg.requests_.write(Verb::subscribe, topics, now.utc)) {
    hands_.send(leg, std::move(request.text));
    leg.asked_until_ = std::max(leg.asked_until_, now.steady) + limits_.requests.pace();
    if (leg.asked_.size() == kAskedMax) leg.asked_.erase(leg.asked_.begin());
    Leg::Asked asked{.topics = std::move(request.topics),
                     .events = {},
                     .alone = is_alone(leg),
                     .times = times,
                     .due = leg.asked_until_ + patience};
    for (const auto& topic : asked.topics) {
      asked.events.push_back(events_of(leg, topic));
      leg.answered_.erase(topic);  // an earlier refusal answers nothing now
    }
    leg.asked_.emplace(request.id, std::move(asked));
  }
}

// No other connection that carries the same is open.
bool FeedMachine::is_alone(const Leg& leg) const {
  return std::ranges::none_of(legs_, [&](const auto& other) {
    return other.get() != &leg && other->session_ == leg.session_ && other->is_open();
  });
}

void FeedMachine::unsubscribe(Leg& leg, const std::vector<venue::Topic>& topics, const Now& now) {
  using Verb = venue::RequestWriter::Verb;
  for (auto& request : leg.requests_.write(Verb::unsubscribe, topics, now.utc))
    hands_.send(leg, std::move(request.text));
}

// Ends what it has of them first.
void FeedMachine::ask_anew(Leg& leg, const std::vector<venue::Topic>& topics, const Now& now) {
  unsubscribe(leg, topics, now);
  ask(leg, topics, now);
}

void FeedMachine::ask_for_all(Leg& leg, const Now& now) {
  if (!std::exchange(leg.asked_for_all_, true)) ask(leg, topics_of(leg), now);
}

std::vector<venue::Topic> FeedMachine::topics_of(const Leg& leg) const {
  std::vector<venue::Topic> topics;
  for (const auto& planned : sessions_.sessions()[leg.session_]) topics.push_back(planned.topic);
  return topics;
}

void FeedMachine::on_frame(Leg& leg, std::string_view frame, Timestamp ts_recv) {
  reading_leg_ = &leg;
  leg.heard_ = ts_recv;
  const venue::Reading reading = engine_.on_frame(*leg.reading_, frame, ts_recv);
  const bool data = reading.verdict == venue::Verdict::data;
  if (data) ++leg.data_;
  const bool usual = data && reading.reply.empty() && !reading.reconnect_soon && !reading.broken;
  if (!usual) on_notice(leg, reading, ts_recv);
  reading_leg_ = nullptr;
}

// Whatever a frame means for the connection itself.
void FeedMachine::on_notice(Leg& leg, const venue::Reading& reading, Timestamp ts_recv) {
  const Now now{now_, ts_recv};
  hear_pong(leg, reading, ts_recv);
  if (!reading.reply.empty()) hands_.send_now(leg, reading.reply);
  if (reading.ready) ask_for_all(leg, now);
  if (reading.answers) on_answer(leg, reading, now);
  if (reading.broken) hands_.renew(leg, reading.problem);
  if (!reading.reconnect_soon) return;
  log_.info("session_ends_soon", {{"venue", config_.venue}, {"session", leg.name()}});
  leg.renew_at_ = now_;
  tend_now_ = true;
  hands_.wake();
}

// The venue answered a request of ours by its number. Of several topics that were refused together,
// the good ones are to go on: halves are asked for again, down to the bad one.
void FeedMachine::on_answer(Leg& leg, const venue::Reading& reading, const Now& now) {
  const auto found = leg.asked_.find(*reading.answers);
  if (found == leg.asked_.end()) return;
  const std::vector<venue::Topic> topics = std::move(found->second.topics);
  leg.asked_.erase(found);
  leg.answered_.insert(topics.begin(), topics.end());
  answers_ = true;
  const bool rejected = reading.verdict == venue::Verdict::rejected;
  if (rejected && topics.size() > 1) {
    const auto middle = topics.begin() + static_cast<std::ptrdiff_t>(topics.size() / 2);
    ask(leg, {topics.begin(), middle}, now);
    ask(leg, {middle, topics.end()}, now);
    return;
  }
  const auto condition = rejected ? Condition::rejected : Condition::subscribed;
  for (const auto& topic : topics) {
    const PlannedTopic* const planned = planned_topic(leg, topic);
    if (planned == nullptr) continue;
    for (const auto& each : planned->subscriptions) {
      engine_.tell(condition,
                   {.symbol = each.symbol, .channel = each.channel, .reason = reading.problem},
                   now.utc);
    }
  }
}

// Null where the session does not carry it.
const PlannedTopic* FeedMachine::planned_topic(const Leg& leg, const venue::Topic& topic) const {
  const auto& topics = sessions_.sessions()[leg.session_];
  const auto planned = std::ranges::find(topics, topic, &PlannedTopic::topic);
  return planned == topics.end() ? nullptr : &*planned;
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
      refused(leg, planned.topic, status.reason);
    } else {
      leg.refused_.erase(planned.topic);
      granted_.insert(planned.topic);
    }
  }
}

// Asked for again, later and later: what stands in the way may end, and somebody waits for it.
void FeedMachine::refused(Leg& leg, const venue::Topic& topic, std::string_view words) {
  auto& state = leg.refused_[topic];
  state.words = words;
  if (state.again > now_ && state.again != net::SteadyTime::max()) return;  // once for a topic
  const BackOff& pauses = granted_.contains(topic) ? kGrantedPauses : kRefusedTopicPauses;
  state.again = now_ + spread_upper(pauses.longest(state.times++), chance());
}

void FeedMachine::lost(Leg& leg, std::string_view reason, const Now& now, std::string_view problem,
                       std::chrono::milliseconds retry_in) {
  now_ = now.steady;
  leg.retry_at_ = now.steady + retry_in;
  const bool renewed = reason == net::name_of(net::LossReason::requested);
  if (std::exchange(leg.stale_, false) && renewed) reason = kStaleReason;
  if (!problem.empty()) leg.problem_ = problem;
  if (leg.is_open()) tell_malformed(leg, Malformed::all, now.utc);
  const auto reading = std::exchange(leg.reading_, nullptr);
  if (!reading) return;
  ++counters_.disconnects;
  ++leg.tally_.disconnects;
  leg.tally_.race += reading->race();
  leg.asked_for_all_ = false;
  for_each_subscription(leg, [&](const venue::Subscription& each) {
    engine_.on_disconnected({.symbol = each.symbol,
                             .channel = each.channel,
                             .reason = reason,
                             .session = reading->id(),
                             .since = std::min(leg.heard_, now.utc)},  // the clock may go back
                            now.utc);
    if (each.channel != Channel::book) return;
    const auto* const stream = engine_.streams().find(each.symbol);
    if (stream != nullptr && !stream->is_carried(Channel::book)) work_.drop_repairs(*stream);
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
  if (Leg* const heir = places_[leg.session_][leg.place_].leg) heir->tally_ += tally_of(leg);
  std::erase_if(legs_, [&](const auto& each) { return each.get() == &leg; });
  hands_.wake();
}

std::string FeedMachine::text_ping(Leg& leg, Timestamp now) {
  leg.pinged_ = now;
  return leg.requests_.ping(now);
}

// --- what is due ---

void FeedMachine::tend_legs(const Now& now) {
  tend_at_ = now.steady + kTendEvery;
  mind_clock(now);
  for (const std::size_t session : open_sessions()) {
    for (const auto& planned : sessions_.sessions()[session]) {
      for (const auto& each : planned.subscriptions) {
        if (each.channel == Channel::book) expect_book(each.symbol);
      }
    }
  }
  for (std::size_t i = 0; i < legs_.size(); ++i) {
    if (legs_[i]->is_open()) tend(*legs_[i], now);
  }
  mind_topics(now);
  tend_books(now);
  for (std::size_t session = 0; session < places_.size(); ++session) {
    for (std::size_t place = 0; place < places_[session].size(); ++place)
      tend_place(session, place, now);
  }
  note_availability(now);
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
  mind_silence(leg, now);
  mind_staleness(leg, now);
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
