// Several sessions that carry the same: every update goes on once, the first copy, as long as one
// of them is right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "okx_frames.hpp"
#include "pipeline/engine.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

using testing::ElementsAre;

class Notes final : public Engine::Owner {
 public:
  std::vector<std::string> events;
  std::size_t resubscriptions_wanted = 0;

 private:
  void on_event(Stream& stream, const Event& event) override {
    EXPECT_EQ(event.seq, stream.seq[event.body.index()]);
    if (const auto* status = std::get_if<Status>(&event.body)) {
      events.push_back(std::string{name_of(status->condition)}.append(" ").append(status->reason));
    } else if (const auto* book = std::get_if<Book>(&event.body)) {
      events.push_back((book->is_snapshot ? "whole " : "") + std::to_string(*book->last_sequence));
    } else if (const auto* trade = std::get_if<Trade>(&event.body)) {
      events.push_back(std::string{"trade "}.append(*trade->trade_id));
    }
  }
  void on_refused(std::string_view, const venue::Reading&, Timestamp) override {}
  void want_snapshot(Stream&) override {}
  void want_resubscribe(Stream&) override { ++resubscriptions_wanted; }
};

class EngineLegs : public testing::Test {
 protected:
  // Two legs that carry trades and books of BTC-USDT.
  void SetUp() override {
    for (auto* leg : {&a_, &b_}) {
      *leg = engine_.open_session();
      for (const Channel channel : {Channel::book, Channel::trade})
        engine_.on_connected(stretch(**leg, channel), now_);
    }
    EXPECT_THAT(take(), ElementsAre("connected eof", "connected eof"));  // of either channel
  }
  static Engine::Stretch stretch(const Engine::Session& leg, Channel channel) {
    return {.symbol = "BTC-USDT", .channel = channel, .reason = "eof", .session = leg.id()};
  }
  void end(std::unique_ptr<Engine::Session>& leg) {
    for (const Channel channel : {Channel::book, Channel::trade})
      engine_.on_disconnected(stretch(*leg, channel), now_);
    leg = nullptr;
  }
  void book(const std::unique_ptr<Engine::Session>& leg, int seq, int previous) {
    read(leg, okx::book(seq, previous));
  }
  void trade(const std::unique_ptr<Engine::Session>& leg, int id) { read(leg, okx::trade(id)); }
  void read(const std::unique_ptr<Engine::Session>& leg, const std::string& frame) {
    EXPECT_EQ(engine_.on_frame(*leg, frame, now_).verdict, venue::Verdict::data) << frame;
  }
  std::vector<std::string> take() { return std::exchange(notes_.events, {}); }
  void pass(std::chrono::milliseconds time) { now_ += time; }

  std::unique_ptr<venue::Adapter> okx_ = venue::make_adapter("okx");
  Catalog catalog_;
  Notes notes_;
  Engine engine_{*okx_, catalog_, notes_};
  std::unique_ptr<Engine::Session> a_;
  std::unique_ptr<Engine::Session> b_;
  Timestamp now_{std::chrono::seconds{1000}};
};

TEST_F(EngineLegs, passes_each_trade_on_once) {
  trade(a_, 1);
  trade(b_, 1);
  trade(b_, 2);
  trade(a_, 2);
  trade(a_, 3);
  EXPECT_THAT(take(), ElementsAre("trade 1", "trade 2", "trade 3"));
  EXPECT_EQ(engine_.counters().copies, 2U);
  EXPECT_EQ(a_->race().first, 2U);
  EXPECT_EQ(b_->race().late, 1U);
}

TEST_F(EngineLegs, passes_each_update_of_a_book_on_once_whichever_leg_is_ahead) {
  book(a_, 10, -1);
  book(b_, 10, -1);
  book(a_, 12, 10);
  book(b_, 12, 10);
  book(b_, 15, 12);
  book(b_, 17, 15);
  book(a_, 15, 12);
  book(a_, 17, 15);
  book(a_, 19, 17);
  EXPECT_THAT(take(), ElementsAre("whole 10", "12", "15", "17", "19"));
  EXPECT_EQ(engine_.book_counters().gaps, 0U);
}

TEST_F(EngineLegs, a_leg_that_began_later_is_no_fresh_start) {
  book(a_, 10, -1);
  book(a_, 12, 10);
  book(b_, 12, -1);
  book(b_, 15, 12);
  book(a_, 15, 12);
  EXPECT_THAT(take(), ElementsAre("whole 10", "12", "15"));
}

TEST_F(EngineLegs, what_one_leg_misses_the_other_has) {
  book(a_, 10, -1);
  book(b_, 10, -1);
  book(a_, 15, 12);  // 12 is missing
  EXPECT_EQ(notes_.resubscriptions_wanted, 1U);
  book(b_, 12, 10);
  book(b_, 15, 12);
  book(a_, 15, -1);
  book(a_, 17, 15);
  book(b_, 17, 15);
  EXPECT_THAT(take(), ElementsAre("whole 10", "12", "15", "17"));
  EXPECT_EQ(engine_.counters().healed, 1U);
}

TEST_F(EngineLegs, loses_nothing_when_the_leg_ends_that_was_ahead) {
  book(a_, 10, -1);
  book(b_, 10, -1);
  trade(a_, 1);
  book(a_, 12, 10);
  end(a_);
  book(b_, 12, 10);
  trade(b_, 1);
  trade(b_, 2);
  book(b_, 15, 12);
  EXPECT_THAT(take(), ElementsAre("whole 10", "trade 1", "12", "trade 2", "15"));
  end(b_);
  EXPECT_THAT(take(), ElementsAre("disconnected eof", "disconnected eof"));
}

TEST_F(EngineLegs, says_a_gap_when_the_last_right_book_is_lost_and_when_it_is_back) {
  book(a_, 10, -1);
  end(a_);  // b has no book yet
  EXPECT_THAT(take(), ElementsAre("whole 10", "gap eof"));
  book(b_, 20, -1);
  book(b_, 21, 20);
  EXPECT_THAT(take(), ElementsAre("whole 20", "resynced ", "21"));
}

TEST_F(EngineLegs, changes_over_to_a_book_that_is_ahead_and_says_so) {
  book(a_, 10, -1);
  book(b_, 20, -1);
  book(b_, 21, 20);
  EXPECT_THAT(take(), ElementsAre("whole 10"));
  book(a_, 15, 12);  // 12 is missing, and b is beyond
  EXPECT_THAT(take(), ElementsAre("gap other_session", "whole 21", "resynced "));
  book(b_, 22, 21);
  EXPECT_THAT(take(), ElementsAre("22"));
}

// A leg that is open and says nothing does not hold up one that does.
TEST_F(EngineLegs, changes_over_from_a_leg_that_has_fallen_silent) {
  book(a_, 10, -1);
  pass(std::chrono::seconds{2});
  book(b_, 20, -1);
  for (int seq = 21; seq < 30; ++seq) book(b_, seq, seq - 1);
  const auto events = take();
  ASSERT_GE(events.size(), 4U);
  EXPECT_EQ(events[1], "gap other_session");
  EXPECT_EQ(events.back(), "29");
}

// Two legs at any pace to each other, each of which loses updates and comes back: what goes on is
// in the order of the numbers, without a copy, and every hole is said.
TEST_F(EngineLegs, whatever_two_legs_lose_what_goes_on_is_right) {
  std::uint64_t state = 1;
  const auto chance = [&](std::uint64_t of) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33U) % of == 0;
  };
  int begun_anew = 0;
  for (int round = 0; round < 200; ++round) {
    struct Side {
      std::unique_ptr<Engine::Session>& leg;
      int at;
      bool fresh;
    };
    std::array<Side, 2> sides{Side{a_, 0, true}, Side{b_, 0, true}};
    const int base = 1000 * (round + 1);
    for (int step = 0; step < 400; ++step) {
      pass(std::chrono::milliseconds{5});
      Side& side = sides[chance(2) ? 0 : 1];
      if (side.at >= step / 2) continue;
      ++side.at;
      if (chance(40)) {
        side.fresh = !chance(3) || side.fresh;  // lost, or begun anew by the venue
        if (!side.fresh) continue;
      }
      book(side.leg, base + side.at, side.fresh ? -1 : base + side.at - 1);
      side.fresh = false;
    }
    for (auto& side : sides) {
      end(side.leg);
      side.leg = engine_.open_session();
      for (const Channel channel : {Channel::book, Channel::trade})
        engine_.on_connected(stretch(*side.leg, channel), now_);
    }
    int last = 0;
    bool hole = true;
    for (const auto& event : take()) {
      if (event.starts_with("gap") || event.starts_with("disconnected")) hole = true;
      const bool whole = event.starts_with("whole ");
      if (!whole && (event[0] < '0' || event[0] > '9')) continue;
      const int number = std::stoi(whole ? event.substr(6) : event);
      // The venue may begin anew; else nothing is left out or comes twice.
      if (!whole) {
        ASSERT_EQ(number, last + 1) << "round " << round;
      } else if (!hole) {
        begun_anew += number == last + 1 ? 0 : 1;
      }
      hole = false;
      last = number;
    }
    ASSERT_GT(last, base);
  }
  // Rarely is there no other leg at the same place.
  EXPECT_LT(begun_anew, 100);
}

}  // namespace
}  // namespace mp::pipeline
