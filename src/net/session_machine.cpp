#include "net/session_machine.hpp"

#include <algorithm>
#include <utility>

#include "core/back_off.hpp"

namespace mp::net {
namespace {

using Input = SessionInput::Kind;
using Action = SessionAction::Kind;

// Refusals that time alone will not mend are retried slowly: a certificate, a moved or forbidden
// address. 408, 425 and 429 say "later", and 5xx is the server's own trouble.
bool needs_a_person(const Loss& loss) {
  if (loss.reason == LossReason::certificate) return true;
  if (loss.reason != LossReason::handshake_status) return false;
  const int status = loss.http_status;
  return status < 500 && status != 408 && status != 425 && status != 429;
}

// A rotation comes this long before the venue's limit, give or take a half of it.
Milliseconds rotation_margin(Milliseconds lifetime) {
  return std::min(Milliseconds{std::chrono::minutes{10}}, lifetime / 10);
}

// A session that lived to half its lifetime was healthy, however short that is.
Milliseconds healthy_after(const SessionRules& rules) {
  if (rules.lifetime.count() == 0) return rules.healthy_after;
  return std::min(rules.healthy_after, rules.lifetime / 2);
}

SteadyTime never() {
  return SteadyTime::max();
}

}  // namespace

SessionMachine::SessionMachine(SessionRules rules) : rules_(std::move(rules)) {
  MP_ASSERT(rules_.backoff_first.count() > 0);
  MP_ASSERT(rules_.backoff_max >= rules_.backoff_first);
  if (rules_.messages_max == 0) {
    rules_.messages_max = 1;
    rules_.messages_per = rules_.between_requests;
  }
}

SessionActions SessionMachine::next(const SessionInput& input, SteadyTime now) {
  SessionActions actions;
  switch (input.kind) {
    case Input::start:
      MP_ASSERT(state_ == SessionState::idle);
      start_connecting(now, actions);
      break;
    case Input::tick:
      on_tick(now, input.random, actions);
      break;
    case Input::connected:
      MP_ASSERT(state_ == SessionState::connecting);
      on_open(input, now);
      break;
    case Input::received:
      on_received(input, now, actions);
      break;
    case Input::queued:
      if (requests_ == 0) requested_ = now;
      requests_ = input.requests;
      on_tick(now, input.random, actions);
      break;
    case Input::connect_failed:
    case Input::lost:
    case Input::closed:
      on_end(input, now, actions);
      break;
    case Input::reconnect:
      if (state_ == SessionState::open) start_closing(LossReason::requested, now, actions);
      break;
    case Input::stop:
      on_stop(now, actions);
      break;
  }
  return actions;
}

void SessionMachine::start_connecting(SteadyTime now, SessionActions& actions) {
  state_ = SessionState::connecting;
  actions.add({.kind = Action::connect, .until = now + rules_.connect_deadline});
}

void SessionMachine::start_closing(LossReason reason, SteadyTime now, SessionActions& actions) {
  state_ = SessionState::closing;
  closing_for_ = reason;
  const auto kind = reason == LossReason::rotated ? Action::rotate : Action::close;
  actions.add({.kind = kind, .until = now + rules_.close_deadline});
}

void SessionMachine::on_open(const SessionInput& input, SteadyTime now) {
  state_ = SessionState::open;
  opened_ = now;
  last_received_ = now;
  last_text_ping_ = now;
  last_sent_ = now - rules_.between_requests;
  sent_.assign(rules_.messages_max, now - rules_.messages_per);
  oldest_sent_ = 0;
  message_begun_ = never();
  probing_ = false;
  requests_ = 0;
  rotate_at_ = never();
  if (rules_.lifetime.count() > 0) {
    const Milliseconds margin = rotation_margin(rules_.lifetime);
    rotate_at_ = now + rules_.lifetime - margin - margin / 2 + spread(margin, input.random);
  }
}

void SessionMachine::on_received(const SessionInput& input, SteadyTime now,
                                 SessionActions& actions) {
  if (state_ != SessionState::open) return;
  last_received_ = now;
  probing_ = false;
  if (input.progress != MessageProgress::continued) {
    message_begun_ = input.progress == MessageProgress::begun ? now : never();
  }
  for (std::size_t i = 0; i < std::min(input.answers_sent, sent_.size()); ++i) note_sent(now);
  tick_open(now, input.random, actions);
}

void SessionMachine::on_end(const SessionInput& input, SteadyTime now, SessionActions& actions) {
  const bool was_open = state_ == SessionState::open || state_ == SessionState::closing;
  MP_ASSERT(was_open || state_ == SessionState::connecting);
  const bool planned = state_ == SessionState::closing;
  MP_ASSERT(planned || input.loss != nullptr);
  const LossReason reason = planned ? closing_for_ : input.loss->reason;
  requests_ = 0;
  if (stopping_) {
    state_ = SessionState::stopped;
    actions.add({.kind = Action::report_lost, .reason = LossReason::stopped});
    actions.add({.kind = Action::finish});
    return;
  }
  const bool healthy = was_open && now - opened_ >= healthy_after(rules_);
  if (healthy) failures_ = 0;
  // What we planned ourselves is done at once, as long as it does not become a loop.
  const bool at_once = planned && failures_ == 0;
  const Milliseconds delay = at_once ? Milliseconds{0} : delay_after(input, reason);
  if (!at_once || !healthy) ++failures_;
  state_ = SessionState::waiting;
  retry_at_ = now + delay;
  actions.add({.kind = Action::report_lost, .reason = reason, .retry_in = delay});
}

// Full jitter: anything between nothing and the current step, so that the sessions that one event
// has thrown out do not come back together.
Milliseconds SessionMachine::delay_after(const SessionInput& input, LossReason reason) const {
  const BackOff pauses{.first = rules_.backoff_first, .most = rules_.backoff_max};
  Milliseconds delay = spread(pauses.longest(failures_), input.random);
  if (input.loss == nullptr || input.loss->reason != reason) return delay;
  if (needs_a_person(*input.loss)) {
    delay = spread_upper(rules_.slow_retry, input.random);
  }
  if (input.loss->retry_after) {
    // The server's word is a minimum; the jitter comes on top of it.
    delay += std::min(*input.loss->retry_after, rules_.retry_after_max);
  }
  return delay;
}

void SessionMachine::on_stop(SteadyTime now, SessionActions& actions) {
  stopping_ = true;
  switch (state_) {
    case SessionState::idle:
    case SessionState::waiting:
      state_ = SessionState::stopped;
      actions.add({.kind = Action::finish});
      break;
    case SessionState::open:
      start_closing(LossReason::stopped, now, actions);
      break;
    case SessionState::connecting:  // its failure ends the session
    case SessionState::closing:
    case SessionState::stopped:
      break;
  }
}

void SessionMachine::on_tick(SteadyTime now, std::uint32_t random, SessionActions& actions) {
  if (state_ == SessionState::open) return tick_open(now, random, actions);
  if (state_ == SessionState::waiting && now >= retry_at_) start_connecting(now, actions);
}

void SessionMachine::tick_open(SteadyTime now, std::uint32_t random, SessionActions& actions) {
  const bool unanswered = probing_ && now >= probe_sent_ + rules_.probe_deadline;
  if (unanswered || now >= message_due()) {
    actions.add({.kind = Action::drop});
    const Loss stale{LossReason::stale, {}};
    const SessionInput input{.kind = Input::lost, .loss = &stale, .random = random};
    return on_end(input, now, actions);
  }
  if (now >= rotate_at_) return start_closing(LossReason::rotated, now, actions);
  if (!probing_ && now >= stale_due()) {
    probing_ = true;
    probe_sent_ = now;
    last_sent_ = now;
    note_sent(now);
    actions.add({.kind = Action::send_probe});
  }
  if (now >= ping_due() && now >= sendable(ping_due())) {
    last_text_ping_ = now;
    last_sent_ = now;
    note_sent(now);
    actions.add({.kind = Action::send_text_ping});
  }
  if (requests_ != 0 && now >= sendable(requested_)) {
    --requests_;
    last_sent_ = now;
    requested_ = now;
    note_sent(now);
    actions.add({.kind = Action::send_request});
  }
}

void SessionMachine::note_sent(SteadyTime now) {
  sent_[oldest_sent_] = now;
  oldest_sent_ = (oldest_sent_ + 1) % sent_.size();
}

// When a message of ours may go that has been wanted for some time. Pongs may fill the window, but
// a server that pings without end must not keep us from asking for anything.
SteadyTime SessionMachine::sendable(SteadyTime wanted_since) const {
  const SteadyTime room = sent_[oldest_sent_] + rules_.messages_per;
  const SteadyTime patience = std::max(wanted_since, last_sent_) + rules_.messages_per;
  return std::max(last_sent_ + rules_.between_requests, std::min(room, patience));
}

SteadyTime SessionMachine::message_due() const {
  const bool incomplete = message_begun_ != never() && rules_.message_deadline.count() != 0;
  return incomplete ? message_begun_ + rules_.message_deadline : never();
}

SteadyTime SessionMachine::ping_due() const {
  const PingRule& ping = rules_.ping;
  if (ping.text.empty() || ping.silence.count() == 0) return never();
  const SteadyTime since =
      ping.pace == PingPace::regular ? last_text_ping_ : std::max(last_text_ping_, last_received_);
  return since + ping.silence;
}

SteadyTime SessionMachine::stale_due() const {
  if (rules_.stale_after.count() == 0) return never();
  return last_received_ + rules_.stale_after;
}

SteadyTime SessionMachine::wake_at() const {
  if (state_ == SessionState::waiting) return retry_at_;
  if (state_ != SessionState::open) return never();
  SteadyTime at =
      std::min(rotate_at_, probing_ ? probe_sent_ + rules_.probe_deadline : stale_due());
  at = std::min(at, message_due());
  if (const SteadyTime ping = ping_due(); ping != never())
    at = std::min(at, std::max(ping, sendable(ping)));
  if (requests_ != 0) at = std::min(at, sendable(requested_));
  return at;
}

}  // namespace mp::net
