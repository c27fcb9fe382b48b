// How often sessions try to connect: together, in an outage of an hour, and when all comes back.
#include "net/connect_pacer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "net/session_machine.hpp"

namespace mp::net {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1000s};

TEST(ConnectPacer, lets_nobody_connect_too_soon_after_another) {
  ConnectPacer pacer({.between = 100ms});
  EXPECT_EQ(pacer.take(kStart), kStart);
  EXPECT_EQ(pacer.take(kStart), kStart + 100ms);
  EXPECT_EQ(pacer.take(kStart + 50ms), kStart + 100ms);
  EXPECT_EQ(pacer.take(kStart + 100ms), kStart + 100ms);
  EXPECT_EQ(pacer.take(kStart + 5s), kStart + 5s);
}

TEST(ConnectPacer, lets_some_connect_at_once_after_a_rest) {
  ConnectPacer pacer({.between = 100ms, .burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(pacer.take(kStart), kStart);
  EXPECT_EQ(pacer.take(kStart), kStart + 100ms);
}

TEST(ConnectPacer, takes_nothing_where_the_one_for_all_has_no_room) {
  ConnectPacer all({.between = 1s});
  ConnectPacer one({.between = 100ms}, &all);
  ConnectPacer other({.between = 100ms}, &all);
  EXPECT_EQ(one.take(kStart), kStart);
  EXPECT_EQ(other.take(kStart), kStart + 1s);
  EXPECT_EQ(other.take(kStart + 1s), kStart + 1s);
}

TEST(ConnectPacer, slows_down_while_no_attempt_succeeds) {
  ConnectPacer pacer({.between = 1s, .failing = ConnectPacer::Failing::slower});
  SteadyTime now = kStart;
  int attempts = 0;
  for (; now < kStart + 5min; ++attempts) {
    while (pacer.take(now) > now) now = pacer.take(now);
  }
  EXPECT_LT(attempts, 60) << "a fifth of 300 in 5 minutes";
  EXPECT_GT(attempts, 45);
  pacer.connected();
  now += 1s;
  for (int i = 0; i < 15; ++i, now += 1s) EXPECT_EQ(pacer.take(now), now) << i;
}

// Sessions of several venues, in made-up time; each connects when its machine and the pacers say
// so.
class Outage {
 public:
  struct Setup {
    std::size_t venues = 20;
    std::size_t sessions = 10;  // of each
    Milliseconds between{1000};
    Milliseconds attempt{50};  // until it has failed or succeeded
  };
  explicit Outage(const Setup& setup) : setup_(setup), random_(3) {
    for (std::size_t venue = 0; venue < setup.venues; ++venue) {
      pacers_.push_back(std::make_unique<ConnectPacer>(
          ConnectPacer::Rule{.between = setup.between, .failing = ConnectPacer::Failing::slower},
          &all_));
      for (std::size_t i = 0; i < setup.sessions; ++i) sessions_.push_back({.venue = venue});
    }
    for (auto& each : sessions_) apply(each, {.kind = SessionInput::Kind::start});
  }

  // Everything that happens before `until`.
  void run(SteadyTime until, bool reachable) {
    while (true) {
      const auto next = std::ranges::min_element(sessions_, {}, &Session::at);
      if (next->at >= until) break;
      now_ = std::max(now_, next->at);
      happen(*next, reachable);
    }
    now_ = until;
  }
  void lose_all() {
    const Loss loss{LossReason::eof, "gone"};
    for (auto& each : sessions_)
      apply(each, {.kind = SessionInput::Kind::lost, .loss = &loss, .random = chance()});
  }

  [[nodiscard]] std::size_t open() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        sessions_, [](const Session& each) { return each.machine.state() == SessionState::open; }));
  }
  [[nodiscard]] std::vector<SteadyTime> attempts_of(std::size_t venue) const {
    std::vector<SteadyTime> out;
    for (const auto& [at, of] : attempts_) {
      if (of == venue) out.push_back(at);
    }
    return out;
  }
  // Of all venues together, in any such stretch.
  [[nodiscard]] std::size_t most_within(Milliseconds stretch) const {
    std::size_t most = 0;
    for (std::size_t from = 0, to = 0; to < attempts_.size(); ++to) {
      while (attempts_[to].first - attempts_[from].first >= stretch) ++from;
      most = std::max(most, to - from + 1);
    }
    return most;
  }
  void forget_attempts() { attempts_.clear(); }
  [[nodiscard]] SteadyTime now() const { return now_; }

 private:
  enum class Doing : std::uint8_t { nothing, waiting_for_pacer, connecting };
  struct Session {
    std::size_t venue = 0;
    SessionMachine machine{SessionRules{.stale_after = 0ms}};
    Doing doing = Doing::nothing;
    SteadyTime at = SteadyTime::max();  // when something happens next
  };

  std::uint32_t chance() { return static_cast<std::uint32_t>(random_()); }

  void happen(Session& session, bool reachable) {
    if (session.doing == Doing::waiting_for_pacer) {
      session.at = pacers_[session.venue]->take(now_);
      if (session.at > now_) return;
      attempts_.emplace_back(now_, session.venue);
      session.doing = Doing::connecting;
      session.at = now_ + setup_.attempt;
    } else if (session.doing == Doing::connecting) {
      session.doing = Doing::nothing;
      if (reachable) {
        pacers_[session.venue]->connected();
        return apply(session, {.kind = SessionInput::Kind::connected, .random = chance()});
      }
      const Loss loss{LossReason::refused, "nobody there"};
      apply(session,
            {.kind = SessionInput::Kind::connect_failed, .loss = &loss, .random = chance()});
    } else {
      apply(session, {.kind = SessionInput::Kind::tick, .random = chance()});
    }
  }

  void apply(Session& session, const SessionInput& input) {
    for (const auto& action : session.machine.next(input, now_)) {
      if (action.kind == SessionAction::Kind::connect) session.doing = Doing::waiting_for_pacer;
    }
    session.at = session.doing == Doing::waiting_for_pacer ? now_ : session.machine.wake_at();
  }

  Setup setup_;
  std::mt19937 random_;
  ConnectPacer all_{{.between = 100ms, .burst = 10}};
  std::vector<std::unique_ptr<ConnectPacer>> pacers_;
  std::vector<Session> sessions_;
  std::vector<std::pair<SteadyTime, std::size_t>> attempts_;  // in order
  SteadyTime now_ = kStart;
};

void expect_a_fifth_in_an_hour_and_no_storm_after(const Outage::Setup& setup) {
  Outage outage{setup};
  const std::size_t all = setup.venues * setup.sessions;
  outage.run(outage.now() + 5min, true);
  ASSERT_EQ(outage.open(), all);
  outage.forget_attempts();
  outage.lose_all();
  outage.run(outage.now() + 1h, false);
  const auto allowed = static_cast<std::size_t>(1h / setup.between);
  for (std::size_t venue = 0; venue < setup.venues; ++venue)
    EXPECT_LT(outage.attempts_of(venue).size(), allowed / 5) << venue;
  EXPECT_GE(outage.attempts_of(0).size(), 60U) << "it does not give up";
  outage.forget_attempts();
  outage.run(outage.now() + 2min, true);
  EXPECT_EQ(outage.open(), all);
  EXPECT_LE(outage.most_within(1s), 20U);
}

TEST(Outages, of_an_hour_where_connections_are_refused) {
  expect_a_fifth_in_an_hour_and_no_storm_after({});
}
TEST(Outages, of_an_hour_where_nothing_answers) {
  expect_a_fifth_in_an_hour_and_no_storm_after({.attempt = 10s});
}
TEST(Outages, of_an_hour_of_a_venue_with_many_sessions) {
  expect_a_fifth_in_an_hour_and_no_storm_after({.venues = 2, .sessions = 50});
}
TEST(Outages, of_an_hour_of_venues_that_allow_few_connects) {
  expect_a_fifth_in_an_hour_and_no_storm_after({.sessions = 4, .between = 5s});
}

TEST(Outages, of_seconds_are_over_within_seconds) {
  Outage outage{{.venues = 20, .sessions = 1}};
  outage.run(outage.now() + 5min, true);
  ASSERT_EQ(outage.open(), 20U);
  outage.lose_all();
  outage.run(outage.now() + 3s, false);
  outage.run(outage.now() + 8s, true);
  EXPECT_EQ(outage.open(), 20U);
}

}  // namespace
}  // namespace mp::net
