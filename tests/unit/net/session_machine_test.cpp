#include "net/session_machine.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace mp::net {
namespace {

using Kind = SessionInput::Kind;
using Action = SessionAction::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();

// A machine with a clock of its own.
class Bench {
 public:
  explicit Bench(SessionRules rules = {}) : machine(std::move(rules)) {}

  std::vector<SessionAction> give(SessionInput input) {
    const SessionActions actions = machine.next(input, now);
    return {actions.begin(), actions.end()};
  }
  std::vector<SessionAction> give(Kind kind, std::uint32_t random = 0) {
    return give({.kind = kind, .random = random});
  }
  std::vector<SessionAction> fail(const Loss& loss, std::uint32_t random = 0) {
    return give({.kind = Kind::connect_failed, .loss = &loss, .random = random});
  }
  std::vector<SessionAction> lose(LossReason reason, std::uint32_t random = 0) {
    const Loss loss{reason, "gone"};
    return give({.kind = Kind::lost, .loss = &loss, .random = random});
  }
  void open() {
    if (machine.state() == SessionState::idle) (void)give(Kind::start);
    if (machine.state() == SessionState::waiting) (void)sleep();
    ASSERT_EQ(machine.state(), SessionState::connecting);
    (void)give(Kind::connected);
  }
  // Goes to the machine's own next time, and ticks.
  std::vector<SessionAction> sleep() {
    EXPECT_NE(machine.wake_at(), SteadyTime::max());
    EXPECT_GE(machine.wake_at(), now);
    now = std::max(now, machine.wake_at());
    return give(Kind::tick);
  }

  SessionMachine machine;
  SteadyTime now{minutes{1'000}};
};

std::vector<Action> kinds(const std::vector<SessionAction>& actions) {
  std::vector<Action> out;
  for (const SessionAction& action : actions) out.push_back(action.kind);
  return out;
}
using Kinds = std::vector<Action>;

TEST(SessionMachine, connects_by_a_deadline) {
  Bench bench;
  const auto actions = bench.give(Kind::start);
  ASSERT_EQ(kinds(actions), Kinds{Action::connect});
  EXPECT_EQ(actions[0].until, bench.now + seconds{10});
  EXPECT_EQ(bench.machine.state(), SessionState::connecting);
}

TEST(SessionMachine, backs_off_exponentially_with_full_jitter) {
  Bench bench;
  (void)bench.give(Kind::start);
  const Loss loss{LossReason::refused, "refused"};
  for (const std::int64_t most :
       {500, 1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 32'000, 32'000}) {
    const auto actions = bench.fail(loss, kMost);
    ASSERT_EQ(kinds(actions), Kinds{Action::report_lost});
    EXPECT_EQ(actions[0].reason, LossReason::refused);
    EXPECT_EQ(actions[0].retry_in, Milliseconds{most - 1});
    EXPECT_EQ(bench.machine.wake_at(), bench.now + actions[0].retry_in);
    bench.now += actions[0].retry_in - Milliseconds{1};
    EXPECT_TRUE(bench.give(Kind::tick).empty());
    bench.now += Milliseconds{1};
    EXPECT_EQ(kinds(bench.give(Kind::tick)), Kinds{Action::connect});
  }
  EXPECT_EQ(bench.fail(loss, 0)[0].retry_in, Milliseconds{0});
  (void)bench.give(Kind::tick);
  EXPECT_EQ(bench.fail(loss, kMost / 2)[0].retry_in, Milliseconds{15'999});
}

TEST(SessionMachine, backs_off_anew_only_after_a_healthy_session) {
  Bench bench;
  bench.open();
  EXPECT_EQ(bench.lose(LossReason::reset, kMost)[0].retry_in, Milliseconds{499});
  bench.open();
  bench.now += seconds{59};
  EXPECT_EQ(bench.lose(LossReason::reset, kMost)[0].retry_in, Milliseconds{999});
  bench.open();
  bench.now += seconds{60};
  EXPECT_EQ(bench.lose(LossReason::reset, kMost)[0].retry_in, Milliseconds{499});
}

TEST(SessionMachine, honours_retry_after_within_a_limit) {
  Bench bench;
  (void)bench.give(Kind::start);
  Loss loss{LossReason::handshake_status, "429"};
  loss.http_status = 429;
  loss.retry_after = seconds{7};
  const auto actions = bench.fail(loss, kMost);
  EXPECT_EQ(actions[0].retry_in, Milliseconds{7'499});
  (void)bench.sleep();
  loss.retry_after = std::chrono::hours{48};
  EXPECT_EQ(bench.fail(loss, 0)[0].retry_in, Milliseconds{3'600'000});
}

TEST(SessionMachine, retries_slowly_what_time_alone_will_not_mend) {
  for (const int status : {0, 301, 403, 404, 451}) {
    Bench bench;
    (void)bench.give(Kind::start);
    Loss loss{status == 0 ? LossReason::certificate : LossReason::handshake_status, "no"};
    loss.http_status = status;
    EXPECT_EQ(bench.fail(loss, 0)[0].retry_in, Milliseconds{30'000}) << status;
    (void)bench.sleep();
    EXPECT_EQ(bench.fail(loss, kMost)[0].retry_in, Milliseconds{59'999}) << status;
  }
  Bench bench;
  (void)bench.give(Kind::start);
  Loss busy{LossReason::handshake_status, "503"};
  busy.http_status = 503;
  EXPECT_EQ(bench.fail(busy, kMost)[0].retry_in, Milliseconds{499});
}

TEST(SessionMachine, probes_a_silent_session_and_gives_it_up_when_nothing_answers) {
  Bench bench;
  bench.open();
  EXPECT_EQ(bench.machine.wake_at(), bench.now + seconds{60});
  EXPECT_EQ(kinds(bench.sleep()), Kinds{Action::send_probe});
  EXPECT_EQ(bench.machine.wake_at(), bench.now + seconds{10});
  const auto actions = bench.sleep();
  ASSERT_EQ(kinds(actions), (Kinds{Action::drop, Action::report_lost}));
  EXPECT_EQ(actions[1].reason, LossReason::stale);
  EXPECT_EQ(bench.machine.state(), SessionState::waiting);
}

TEST(SessionMachine, keeps_a_quiet_session_whose_probes_are_answered) {
  Bench bench;
  bench.open();
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(kinds(bench.sleep()), Kinds{Action::send_probe});
    bench.now += seconds{9};
    ASSERT_TRUE(bench.give(Kind::received).empty());
    ASSERT_EQ(bench.machine.wake_at(), bench.now + seconds{60});
  }
  EXPECT_EQ(bench.machine.state(), SessionState::open);
}

TEST(SessionMachine, never_calls_a_session_stale_when_told_so) {
  Bench bench({.stale_after = Milliseconds{0}});
  bench.open();
  EXPECT_EQ(bench.machine.wake_at(), SteadyTime::max());
}

TEST(SessionMachine, sends_a_text_ping_after_silence) {
  Bench bench({.ping = {"ping", seconds{20}}});
  bench.open();
  bench.now += seconds{15};
  (void)bench.give(Kind::received);
  EXPECT_EQ(bench.machine.wake_at(), bench.now + seconds{20});
  EXPECT_EQ(kinds(bench.sleep()), Kinds{Action::send_text_ping});
  EXPECT_EQ(kinds(bench.sleep()), Kinds{Action::send_text_ping});
}

TEST(SessionMachine, sends_regular_text_pings_whatever_comes) {
  Bench bench({.ping = {"ping", seconds{20}, PingPace::regular}});
  bench.open();
  int pings = 0;
  for (int second = 0; second < 100; ++second) {
    bench.now += seconds{1};
    for (const Action kind : kinds(bench.give(Kind::received)))
      pings += kind == Action::send_text_ping;
  }
  EXPECT_EQ(pings, 5);
}

TEST(SessionMachine, paces_requests_and_pings) {
  Bench bench({.ping = {"ping", seconds{1}}, .between_requests = Milliseconds{400}});
  bench.open();
  std::vector<SteadyTime> sent;
  const auto note = [&](const std::vector<SessionAction>& actions) {
    for (const SessionAction& action : actions) {
      if (action.kind == Action::send_request || action.kind == Action::send_text_ping) {
        sent.push_back(bench.now);
      }
    }
  };
  note(bench.give({.kind = Kind::queued, .requests = 20}));
  EXPECT_EQ(sent.size(), 1U);
  while (sent.size() < 25) note(bench.sleep());
  for (std::size_t index = 1; index < sent.size(); ++index) {
    EXPECT_GE(sent[index] - sent[index - 1], Milliseconds{400});
  }
}

TEST(SessionMachine, counts_the_pongs_it_answers_as_messages) {
  Bench bench({.between_requests = Milliseconds{400}});
  bench.open();
  bench.now += seconds{5};
  (void)bench.give({.kind = Kind::received, .answers_sent = 1});
  EXPECT_TRUE(bench.give({.kind = Kind::queued, .requests = 1}).empty());
  EXPECT_EQ(bench.machine.wake_at(), bench.now + Milliseconds{400});
  EXPECT_EQ(kinds(bench.sleep()), Kinds{Action::send_request});
}

// A server may ping as often as it likes; that must not keep us from asking for what is wanted.
TEST(SessionMachine, pings_without_end_do_not_keep_requests_back_for_ever) {
  for (const int every : {1, 100, 250, 290}) {
    Bench bench({.stale_after = Milliseconds{0},
                 .between_requests = Milliseconds{300},
                 .messages_max = 5,
                 .messages_per = Milliseconds{1500}});
    bench.open();
    std::vector<SteadyTime> sent;
    const auto note = [&](const std::vector<SessionAction>& actions) {
      for (const SessionAction& action : actions)
        if (action.kind == Action::send_request) sent.push_back(bench.now);
    };
    const SteadyTime start = bench.now;
    note(bench.give({.kind = Kind::queued, .requests = 4}));
    while (bench.now < start + seconds{10} && sent.size() < 4) {
      bench.now += Milliseconds{every};
      note(bench.give({.kind = Kind::received, .answers_sent = 1}));
    }
    ASSERT_EQ(sent.size(), 4U) << every;
    EXPECT_LE(sent.back() - start, Milliseconds{3 * (1500 + every)}) << every;
    for (std::size_t i = 1; i < sent.size(); ++i)
      EXPECT_GE(sent[i] - sent[i - 1], Milliseconds{300}) << every;
  }
}

// The venue counts pongs, too: no request goes into a window that they have filled, as long as they
// leave any room.
TEST(SessionMachine, keeps_requests_and_pongs_together_within_the_window) {
  Bench bench({.stale_after = Milliseconds{0},
               .between_requests = Milliseconds{300},
               .messages_max = 5,
               .messages_per = Milliseconds{1500}});
  bench.open();
  std::vector<SteadyTime> sent;
  std::vector<std::size_t> requests;  // among what was sent
  SteadyTime ping = bench.now;
  auto actions = bench.give({.kind = Kind::queued, .requests = 100});
  const SteadyTime end = bench.now + seconds{30};
  while (bench.now < end) {
    for (const SessionAction& action : actions) {
      if (action.kind != Action::send_request) continue;
      requests.push_back(sent.size());
      sent.push_back(bench.now);
    }
    if (bench.machine.wake_at() < ping) {
      actions = bench.sleep();
      continue;
    }
    bench.now = ping;
    ping += Milliseconds{700};
    sent.push_back(bench.now);
    actions = bench.give({.kind = Kind::received, .answers_sent = 1});
  }
  EXPECT_GT(requests.size(), 50U);
  for (const std::size_t i : requests) {
    if (i < 5) continue;
    ASSERT_GE(sent[i] - sent[i - 5], Milliseconds{1500}) << i;
  }
}

TEST(SessionMachine, gives_up_a_session_whose_message_never_ends) {
  Bench bench;
  bench.open();
  (void)bench.give({.kind = Kind::received, .progress = MessageProgress::begun});
  std::vector<SessionAction> actions;
  int given = 0;
  while (actions.empty() && given++ < 100) {
    bench.now += seconds{1};
    actions = bench.give({.kind = Kind::received, .progress = MessageProgress::continued});
  }
  EXPECT_EQ(given, 60);
  ASSERT_EQ(kinds(actions), (Kinds{Action::drop, Action::report_lost}));
  EXPECT_EQ(actions[1].reason, LossReason::stale);
}

TEST(SessionMachine, keeps_a_session_whose_messages_come_in_parts) {
  Bench bench;
  bench.open();
  for (int i = 0; i < 300; ++i) {
    bench.now += seconds{1};
    const auto progress = i % 50 == 0 ? MessageProgress::begun : MessageProgress::continued;
    ASSERT_TRUE(bench.give({.kind = Kind::received, .progress = progress}).empty());
  }
  (void)bench.give({.kind = Kind::received, .progress = MessageProgress::none});
  EXPECT_EQ(bench.machine.wake_at(), bench.now + seconds{60});
}

TEST(SessionMachine, rotates_before_the_limit_of_lifetime_and_connects_at_once) {
  for (const std::uint32_t random : {0U, kMost}) {
    Bench bench({.stale_after = Milliseconds{0}, .lifetime = std::chrono::hours{24}});
    (void)bench.give(Kind::start);
    (void)bench.give(Kind::connected, random);
    const auto at = random == 0 ? minutes{24 * 60 - 15} : minutes{24 * 60 - 5};
    EXPECT_NEAR(std::chrono::duration<double>(bench.machine.wake_at() - bench.now - at).count(), 0,
                0.01);
    const auto actions = bench.sleep();
    ASSERT_EQ(kinds(actions), Kinds{Action::rotate});
    EXPECT_EQ(actions[0].until, bench.now + seconds{2});
    const auto closed = bench.give(Kind::closed, kMost);
    ASSERT_EQ(kinds(closed), Kinds{Action::report_lost});
    EXPECT_EQ(closed[0].reason, LossReason::rotated);
    EXPECT_EQ(closed[0].retry_in, Milliseconds{0});
    EXPECT_EQ(kinds(bench.give(Kind::tick)), Kinds{Action::connect});
  }
}

TEST(SessionMachine, rotates_a_short_lifetime_again_and_again_without_backing_off) {
  Bench bench({.stale_after = Milliseconds{0}, .lifetime = seconds{60}});
  for (int round = 0; round < 20; ++round) {
    bench.open();
    ASSERT_EQ(kinds(bench.sleep()), Kinds{Action::rotate});
    ASSERT_EQ(bench.give(Kind::closed, kMost)[0].retry_in, Milliseconds{0});
  }
}

TEST(SessionMachine, reconnects_at_once_when_asked_but_not_in_a_loop) {
  Bench bench;
  bench.open();
  ASSERT_EQ(kinds(bench.give(Kind::reconnect)), Kinds{Action::close});
  EXPECT_TRUE(bench.give(Kind::reconnect).empty());
  auto actions = bench.give(Kind::closed, kMost);
  EXPECT_EQ(actions[0].reason, LossReason::requested);
  EXPECT_EQ(actions[0].retry_in, Milliseconds{0});
  bench.open();
  (void)bench.give(Kind::reconnect);
  EXPECT_EQ(bench.give(Kind::closed, kMost)[0].retry_in, Milliseconds{999});
  EXPECT_TRUE(bench.give(Kind::reconnect).empty()) << "while waiting there is nothing to close";
}

TEST(SessionMachine, stops_from_every_state) {
  Bench idle;
  EXPECT_EQ(kinds(idle.give(Kind::stop)), Kinds{Action::finish});
  Bench connecting;
  (void)connecting.give(Kind::start);
  EXPECT_TRUE(connecting.give(Kind::stop).empty());
  EXPECT_EQ(kinds(connecting.fail({LossReason::stopped, {}})),
            (Kinds{Action::report_lost, Action::finish}));
  Bench open;
  open.open();
  EXPECT_EQ(kinds(open.give(Kind::stop)), Kinds{Action::close});
  EXPECT_TRUE(open.give(Kind::stop).empty());
  const auto closed = open.give(Kind::closed);
  EXPECT_EQ(kinds(closed), (Kinds{Action::report_lost, Action::finish}));
  EXPECT_EQ(closed[0].reason, LossReason::stopped);
  EXPECT_EQ(open.machine.state(), SessionState::stopped);
  EXPECT_EQ(open.machine.wake_at(), SteadyTime::max());
  Bench waiting;
  waiting.open();
  (void)waiting.lose(LossReason::eof);
  EXPECT_EQ(kinds(waiting.give(Kind::stop)), Kinds{Action::finish});
}

TEST(SessionMachine, forgets_queued_requests_with_the_session) {
  Bench bench;
  bench.open();
  (void)bench.give({.kind = Kind::queued, .requests = 5});
  (void)bench.lose(LossReason::reset);
  bench.open();
  bench.now += seconds{1};
  EXPECT_TRUE(bench.give(Kind::tick).empty());
}

}  // namespace
}  // namespace mp::net
