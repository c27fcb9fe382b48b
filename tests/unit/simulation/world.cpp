#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "codec/json_encode.hpp"
#include "core/hash.hpp"
#include "pipeline/gap_reason.hpp"
#include "unit/simulation/world_links.hpp"
#include "venue/registry.hpp"

namespace mp::simulation {
namespace {

constexpr std::chrono::minutes kCalm{30};
constexpr std::size_t kConnectsMax = 300;  // in five
constexpr std::size_t kBrokenMax = 20;

}  // namespace

World::World(const Plan& plan)
    : plan_(plan),
      random_(plan.seed),
      checker_(markets_, [this](const std::string& what) { broken(what); }),
      adapter_(venue::make_adapter("binance")),
      limits_(adapter_->traits().limits) {
  for (const char* const symbol : {"BTCUSDT", "ETHUSDT"}) markets_.emplace_back(symbol, random_());
  limits_.session_lifetime = plan.lifetime;
  // Both symbols need a connection of their own.
  limits_.topics_per_session = 2;
  config_.venue = "binance";
  config_.wants = {{.instruments = {"BTC-USDT", "ETH-USDT"},
                    .symbols = {},
                    .channels = {Channel::trade, Channel::book}}};
  config_.legs = plan.legs;
}

World::~World() = default;

// --- time ---

void World::at(net::SteadyTime when, std::function<void()> what) {
  due_.push({when, ++ordered_, std::move(what)});
}

std::chrono::milliseconds World::between(std::chrono::milliseconds least,
                                         std::chrono::milliseconds most) {
  return least +
         std::chrono::milliseconds{below(static_cast<std::uint64_t>((most - least).count()) + 1)};
}

void World::broken(const std::string& what) {
  if (report_.broken.size() >= kBrokenMax) return;
  const auto since =
      std::chrono::floor<std::chrono::milliseconds>(now_.steady.time_since_epoch() - 1'000'000s);
  report_.broken.push_back(
      fmt::format("{:.3f} s: {}", static_cast<double>(since.count()) / 1e3, what));
  note("BROKEN " + what);
}

void World::note(std::string_view what) {
  report_.trace = fnv1a(what, report_.trace);
  if (!plan_.tells) return;
  const std::chrono::duration<double> since = now_.steady.time_since_epoch() - 1'000'000s;
  fmt::print(stderr, "{:12.3f} {}\n", since.count(), what);
}

void World::pass_until(net::SteadyTime end) {
  net::SteadyTime last = now_.steady;
  for (int steps = 0; now_.steady < end;) {
    auto next = std::min(end, machine_ ? machine_->wake_at(now_.steady) : end);
    if (!due_.empty()) next = std::min(next, due_.top().when);
    for (const auto& link : links_) {
      if (!link->finished && link->machine.state() != SessionState::connecting &&
          link->machine.state() != SessionState::closing)
        next = std::min(next, link->machine.wake_at());
    }
    next = std::max(next, now_.steady);
    now_.utc += next - now_.steady;
    now_.steady = next;
    while (!due_.empty() && due_.top().when <= now_.steady) {
      const auto what = due_.top().what;
      due_.pop();
      what();
    }
    for (std::size_t i = 0; i < links_.size(); ++i) {
      Link& link = *links_[i];
      const auto state = link.machine.state();
      const bool ticks = state == SessionState::open || state == SessionState::waiting;
      if (!link.finished && ticks && link.machine.wake_at() <= now_.steady)
        step(link, {.kind = SessionInput::Kind::tick});
    }
    if (machine_) machine_->on_time(now_);
    look_whether_whole();
    steps = now_.steady == last ? steps + 1 : 0;
    last = now_.steady;
    if (steps == 100'000) {
      broken("it spins");
      return;
    }
  }
}

Report World::run() {
  start();
  act();
  plan_fault();
  pass_until(now_.steady + plan_.time + kCalm);
  checker_.at_the_end();
  stopping_ = true;
  machine_->stop(now_);
  pass_until(now_.steady + 1min);
  if (!machine_->ended()) broken("it does not end when it is told to");
  report_.sums = checker_.sums();
  report_.connects = counters_.connects;
  return std::move(report_);
}

// --- the collector ---

void World::start() {
  ++run_;
  budget_ = std::make_unique<pipeline::VenueBudget>(
      limits_, pipeline::VenueBudget::Shared{.memory = &budget_memory_});
  config_.seed = random_();
  machine_ = std::make_unique<FeedMachine>(FeedMachine::Parts{
      .config = config_,
      .adapter = *adapter_,
      .limits = limits_,
      .budget = *budget_,
      .log = log_,
      .counters = counters_,
      .hands = *this,
      .past = [this](std::string_view symbol) { return notes_.past_of("binance", symbol); }});
  machine_->start(FeedMachine::Purpose::collect, now_);
}

void World::kill() {
  machine_.reset();
  links_.clear();
  calls_.clear();
  ++run_;
  after(between(100ms, 60s), [this] {
    notes_.end_all(now_.utc, [this](const pipeline::StreamNotes::Ended& ended) {
      Event event;
      event.venue = ended.venue;
      event.symbol = ended.symbol;
      event.ts_recv = now_.utc;
      event.seq = ended.seq;
      event.body = Status{.condition = Condition::disconnected,
                          .channel = ended.channel,
                          .reason = pipeline::kCrashReason,
                          .since = ended.since};
      tell(event);
    });
    report_.struck.back().begin = report_.struck.back().end = now_.steady;
    start();
  });
}

void World::tell(const Event& event) {
  std::string line;
  codec::append_json(event, line);
  note(line);
  checker_.on_event(event);
  const auto* const status = std::get_if<Status>(&event.body);
  if (status != nullptr && status->condition != Condition::connected) noticed();
  notes_.recall(event);
}

World::Link* World::link_of(const FeedMachine::Leg& leg) {
  for (const auto& link : links_) {
    if (link->leg == &leg && !link->finished) return link.get();
  }
  return nullptr;
}

void World::open(FeedMachine::Leg& leg, std::uint64_t seed) {
  Link& link = *links_.emplace_back(
      std::make_unique<Link>(leg, pipeline::session_rules(adapter_->traits(), limits_), seed));
  after(0ms, [this, run = run_, at = &link] {
    if (run == run_) step(*at, {.kind = SessionInput::Kind::start});
  });
}

// As the shell, it does what it is asked in its own turn.
void World::retire(FeedMachine::Leg& leg) {
  after(0ms, [this, run = run_, at = &leg] {
    if (run != run_) return;
    Link* const link = link_of(*at);
    if (link == nullptr) return;
    link->stops = true;
    if (link->machine.state() != SessionState::connecting) stop(*link);
  });
}

void World::renew(FeedMachine::Leg& leg, std::string_view why) {
  note(fmt::format("renew {}: {}", leg.name(), why));
  noticed();
  after(0ms, [this, run = run_, at = &leg] {
    if (run != run_) return;
    Link* const link = link_of(*at);
    if (link != nullptr && link->socket) step(*link, {.kind = SessionInput::Kind::reconnect});
  });
}

void World::send(FeedMachine::Leg& leg, std::string text) {
  Link* const link = link_of(leg);
  link->queue.push_back(std::move(text));
  after(0ms, [this, run = run_, at = &leg] {
    if (run != run_) return;
    Link* const of = link_of(*at);
    if (of != nullptr && of->machine.state() == SessionState::open)
      step(*of, {.kind = SessionInput::Kind::queued, .requests = of->queue.size()});
  });
}

void World::step(Link& link, SessionInput input) {
  input.random = static_cast<std::uint32_t>(link.jitter());
  for (const SessionAction& action : link.machine.next(input, now_.steady)) {
    switch (action.kind) {
      case SessionAction::Kind::connect:
      case SessionAction::Kind::rotate:
        connect(link, action.until);
        break;
      case SessionAction::Kind::send_request: {
        const std::string text = std::exchange(link.queue.front(), {});
        link.queue.pop_front();
        after(between(5ms, 80ms), [this, run = run_, at = &link, attempt = link.attempt, text] {
          if (run == run_ && at->attempt == attempt && at->socket) ask(*at, text);
        });
        break;
      }
      case SessionAction::Kind::send_text_ping:
        break;
      case SessionAction::Kind::send_probe:
        after(between(10ms, 160ms), [this, run = run_, at = &link, attempt = link.attempt] {
          if (run == run_ && at->attempt == attempt && at->socket && !at->socket->dead)
            step(*at, {.kind = SessionInput::Kind::received});
        });
        break;
      case SessionAction::Kind::close:
        after(between(5ms, 200ms), [this, run = run_, at = &link, attempt = link.attempt] {
          if (run != run_ || at->attempt != attempt) return;
          step(*at, {.kind = SessionInput::Kind::closed});
        });
        break;
      case SessionAction::Kind::drop:
        break;
      case SessionAction::Kind::report_lost:
        link.socket.reset();
        link.queue.clear();
        ++link.attempt;
        note(fmt::format("lost {}: {}", link.leg->name(), net::name_of(action.reason)));
        noticed();
        machine_->lost(*link.leg, net::name_of(action.reason), now_);
        break;
      case SessionAction::Kind::finish:
        link.finished = true;
        machine_->ended(*link.leg);
        break;
    }
  }
}

void World::connect(Link& link, net::SteadyTime until) {
  const std::uint64_t attempt = ++link.attempt;
  const auto current = [this, run = run_, at = &link, attempt] {
    return run == run_ && at->attempt == attempt;
  };
  const auto turn = budget_->pacer().take(now_.steady);
  if (turn > now_.steady) {
    after(std::chrono::ceil<std::chrono::milliseconds>(turn - now_.steady),
          [this, current, at = &link, until, wait = turn - now_.steady] {
            if (current()) connect(*at, until + wait);
          });
    return;
  }
  connects_.push_back(now_.steady);
  while (connects_.front() < now_.steady - 5min) connects_.pop_front();
  if (connects_.size() > kConnectsMax) broken("more than 300 connects in five minutes");
  const auto fail = [this, current, at = &link](net::LossReason reason) {
    if (!current()) return;
    if (at->stops) stop(*at);
    const net::Loss loss{.reason = reason, .message = "no"};
    step(*at, {.kind = SessionInput::Kind::connect_failed, .loss = &loss});
  };
  if (now_.steady < hangs_until_) return at(until, [fail] { fail(net::LossReason::timeout); });
  after(between(20ms, 300ms), [this, current, fail, at = &link] {
    if (now_.steady < refuses_until_) return fail(net::LossReason::refused);
    if (current()) opened(*at);
  });
}

void World::opened(Link& link) {
  budget_->pacer().connected();
  link.socket = std::make_unique<Socket>();
  note("open " + link.leg->name());
  step(link, {.kind = SessionInput::Kind::connected});
  machine_->connected(*link.leg, now_);
  if (link.stops) stop(link);
}

void World::stop(Link& link) {
  link.stops = false;
  step(link, {.kind = SessionInput::Kind::stop});
}

void World::lose(Link& link, net::LossReason reason) {
  if (!link.socket || link.machine.state() != SessionState::open) return;
  const net::Loss loss{.reason = reason, .message = "it is over"};
  step(link, {.kind = SessionInput::Kind::lost, .loss = &loss});
}

}  // namespace mp::simulation
