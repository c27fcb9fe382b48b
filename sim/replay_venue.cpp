#include "sim/replay_venue.hpp"

#include <algorithm>
#include <utility>

#include "codec/json_encode.hpp"
#include "sim/text.hpp"

namespace mp::sim {
namespace {

constexpr std::chrono::seconds kPingEvery{20};
constexpr std::uint16_t kNormalClosure = 1000;

std::string error_body(std::string_view sentence) {
  std::string body = "{\"error\":";
  codec::append_json_string(sentence, body);
  return body + "}";
}

void for_each(const Faults::Hits& hits, auto&& visit) {
  if (hits.drop) visit(FaultAction::drop);
  if (hits.twice) visit(FaultAction::twice);
  if (hits.swap) visit(FaultAction::swap);
  if (hits.corrupt) visit(FaultAction::corrupt);
  if (hits.delay) visit(FaultAction::delay);
  if (hits.mute) visit(FaultAction::mute);
  if (hits.cut) visit(FaultAction::cut);
  if (hits.close_code) visit(FaultAction::close);
}

}  // namespace

ReplayVenue::ReplayVenue(Recording recording, ReplayConfig config)
    : recording_(std::move(recording)),
      config_(std::move(config)),
      answers_(std::move(recording_.answers)),
      faults_(config_.faults),
      ledger_(config_.ledger_file),
      served_(recording_.connections.size()) {}

DoorRules ReplayVenue::door() const {
  return {.ping_every = kPingEvery};
}

void ReplayVenue::listens(std::uint16_t port) {
  ws_url_ = "wss://127.0.0.1:" + std::to_string(port);
}

HttpAnswer ReplayVenue::http(std::string_view target, Timestamp /*now*/) {
  if (const auto status = faults_.at_rest_call()) {
    ++counters_.faults[static_cast<std::size_t>(FaultAction::http_status)];
    return answer(target,
                  {.target = {},
                   .line = 0,
                   .status = *status,
                   .fault = std::string(fault_name(FaultAction::http_status))},
                  error_body("a fault of the plan"));
  }
  // Before what was recorded, because that leads to the venue.
  if (auto token = token_answer(path_of(target), ws_url_))
    return answer(target, {.target = {}, .fault = {}}, *std::move(token));
  if (const RecordedAnswer* found = answers_.take(target))
    return answer(target, {.target = {}, .line = found->line, .fault = {}}, found->body);
  ++counters_.not_found;
  return answer(target, {.target = {}, .status = 404, .fault = {}},
                error_body("the recording has no answer to " + std::string(target)));
}

HttpAnswer ReplayVenue::answer(std::string_view target, SentAnswer sent, std::string body) {
  sent.target = target;
  sent.bytes = body.size();
  HttpAnswer out;
  out.status = sent.status;
  out.body = std::move(body);
  out.mark = note({.sent = std::move(sent)});
  return out;
}

bool ReplayVenue::connect(ConnectionId id, std::string_view target) {
  refusal_status_ = 503;  // also for a recording without frames
  if (const auto status = faults_.at_upgrade()) {
    refusal_status_ = *status;
    ++counters_.faults[static_cast<std::size_t>(FaultAction::refuse)];
    ledger_.add(SentAnswer{.target = std::string(target),
                           .status = *status,
                           .fault = std::string(fault_name(FaultAction::refuse))});
    return false;
  }
  const auto& connections = recording_.connections;
  if (connections.empty()) return false;
  const auto other_path = [&](std::size_t i) {
    return path_of(connections[i].target) != path_of(target);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < connections.size(); ++i) {
    if (std::pair(other_path(i), served_[i]) < std::pair(other_path(best), served_[best])) best = i;
  }
  ++served_[best];
  sessions_[id] = {.id = id,
                   .connection = best,
                   .number = ++counters_.sessions,
                   .running = !connections[best].waits_for_request,
                   .began = {},
                   .quiet_until = {},
                   .mute_until = {},
                   .delayed = {}};
  return true;
}

void ReplayVenue::receive(ConnectionId id, std::string_view text, Timestamp now,
                          std::vector<Frame>& out) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  if (auto pong = pings_.answer_to(text)) {
    if (!is_mute(id, now))
      out.push_back({.connection = id, .text = *std::move(pong), .entries = {}});
    return;
  }
  found->second.running = true;
}

void ReplayVenue::queued(ConnectionId id, std::size_t bytes) {
  if (const auto found = sessions_.find(id); found != sessions_.end())
    found->second.queued_bytes = bytes;
}

bool ReplayVenue::is_mute(ConnectionId id, Timestamp now) const {
  const auto found = sessions_.find(id);
  return found != sessions_.end() && now < found->second.mute_until;
}

std::size_t ReplayVenue::advance(Timestamp now, std::size_t /*wanted*/, std::vector<Frame>& out) {
  for (auto& [id, session] : sessions_) advance_session(session, now, out);
  return 0;
}

Timestamp ReplayVenue::due(const Session& session, const RecordedFrame& frame) const {
  return config_.speed == 0 ? *session.began : *session.began + frame.offset / config_.speed;
}

void ReplayVenue::advance_session(Session& session, Timestamp now, std::vector<Frame>& out) {
  if (!session.running || session.ended) return;
  if (!session.began) session.began = now;
  const auto& frames = recording_.connections[session.connection].frames;
  while (session.next < frames.size() && !session.ended) {
    const Timestamp time = due(session, frames[session.next]);
    if (now < std::max(time, session.quiet_until)) return;
    if (session.queued_bytes >= config_.queue_bytes_max) return;
    const auto hits = faults_.at_frame(session.number, session.next + 1);
    if (hits.delay && session.delayed != session.next) {
      session.delayed = session.next;
      session.quiet_until = now + *hits.delay;
      continue;
    }
    session.next += send(session, session.next, hits, now, out);
  }
  if (!session.ended && config_.close_at_the_end && now >= session.quiet_until) {
    session.ended = true;
    out.push_back({.connection = session.id,
                   .text = {},
                   .entries = {},
                   .payload = Payload::none,
                   .ending = Ending::close,
                   .close_code = kNormalClosure});
  }
}

std::size_t ReplayVenue::send(Session& session, std::size_t index, Faults::Hits hits, Timestamp now,
                              std::vector<Frame>& out) {
  const auto& frames = recording_.connections[session.connection].frames;
  hits.swap = hits.swap && index + 1 < frames.size();
  if (hits.drop) hits.twice = hits.corrupt = false;
  const std::size_t count = hits.swap ? 2 : 1;
  if (hits.swap) {
    Faults::Hits next = faults_.at_frame(session.number, index + 2);
    next.swap = false;  // one swap, of both frames
    next.delay.reset();
    if (next.drop) next.twice = next.corrupt = false;
    count_faults(next);
    next.swap = true;
    emit(session, index + 1, next, out);
    end_session(session, next, now, out);
  }
  if (session.ended) hits = {.swap = hits.swap};
  count_faults(hits);
  if (session.ended) return count;
  emit(session, index, hits, out);
  end_session(session, hits, now, out);
  return count;
}

void ReplayVenue::emit(Session& session, std::size_t index, Faults::Hits hits,
                       std::vector<Frame>& out) {
  const RecordedConnection& connection = recording_.connections[session.connection];
  const RecordedFrame& recorded = connection.frames[index];
  const SentFrame sent{.connection = connection.name,
                       .session = session.number,
                       .frame = index + 1,
                       .line = recorded.line,
                       .fault = names_of(hits),
                       .bytes = hits.drop ? 0 : recorded.payload.size()};
  for (int copy = 0; copy < (hits.twice ? 2 : 1); ++copy) {
    Frame& frame = out.emplace_back();
    frame.connection = session.id;
    frame.payload = recorded.binary ? Payload::binary : Payload::text;
    if (hits.drop) frame.payload = Payload::none;
    if (!hits.drop) frame.text = recorded.payload;
    // The lowest bit: text stays text.
    if (hits.corrupt && !frame.text.empty()) frame.text[frame.text.size() / 2] ^= 1;
    frame.mark = note({.sent = sent, .goes_out = !hits.drop});
    session.queued_bytes += frame.text.size();
  }
}

// What the plan wants after a frame.
void ReplayVenue::end_session(Session& session, const Faults::Hits& hits, Timestamp now,
                              std::vector<Frame>& out) {
  if (hits.mute) session.quiet_until = session.mute_until = now + *hits.mute;
  if (!hits.cut && !hits.close_code) return;
  session.ended = true;
  out.back().ending = hits.cut ? Ending::cut : Ending::close;
  out.back().close_code = hits.close_code.value_or(kNormalClosure);
}

void ReplayVenue::count_faults(const Faults::Hits& hits) {
  for_each(hits, [&](FaultAction action) { ++counters_.faults[static_cast<std::size_t>(action)]; });
}

// Their names, for the ledger.
std::string ReplayVenue::names_of(const Faults::Hits& hits) {
  std::string names;
  for_each(hits, [&](FaultAction action) {
    if (!names.empty()) names += '+';
    names += fault_name(action);
  });
  return names;
}

std::uint64_t ReplayVenue::note(Written written) {
  in_flight_.emplace_hint(in_flight_.end(), ++last_mark_, std::move(written));
  return last_mark_;
}

void ReplayVenue::settled(std::uint64_t mark, Delivery delivery) {
  const auto found = in_flight_.find(mark);
  if (found == in_flight_.end()) return;
  const Written& written = found->second;
  const auto* const frame = std::get_if<SentFrame>(&written.sent);
  if (delivery == Delivery::sent) {
    std::visit([this](const auto& sent) { ledger_.add(sent); }, written.sent);
    if (frame == nullptr) ++counters_.rest_answers;
    if (frame != nullptr && written.goes_out) frames_sent_.fetch_add(1, std::memory_order_relaxed);
  }
  if (frame != nullptr && written.goes_out)
    ++(delivery == Delivery::sent ? counters_.frames_sent : counters_.frames_unsent);
  in_flight_.erase(found);
}

}  // namespace mp::sim
