#include "pipeline/stream_life.hpp"

#include <gtest/gtest.h>

namespace mp::pipeline {
namespace {

// A symbol's streams, as an engine has them.
struct Symbol {
  StreamLife life;
  StreamLife::Numbers numbers{};

  StreamState event(Channel channel) {
    ++numbers[static_cast<std::size_t>(channel)];
    return life.state(numbers);
  }
  StreamState status(Condition condition, std::optional<Channel> channel = {},
                     std::string_view reason = {}) {
    life.on_status({.condition = condition, .channel = channel, .reason = reason}, numbers);
    ++numbers[static_cast<std::size_t>(Channel::status)];
    return life.state(numbers);
  }
};

TEST(StreamLife, a_gap_of_all_streams_lasts_until_they_are_in_step_again) {
  Symbol symbol;
  symbol.event(Channel::trade);
  symbol.status(Condition::gap);
  EXPECT_EQ(symbol.event(Channel::trade), StreamState::gap);
  EXPECT_EQ(symbol.life.gaps(), 1U);
  EXPECT_EQ(symbol.status(Condition::resynced), StreamState::live);
  EXPECT_EQ(symbol.status(Condition::disconnected), StreamState::down);
  EXPECT_EQ(symbol.status(Condition::connected), StreamState::waiting);
}

TEST(StreamLife, a_book_that_is_not_in_step_is_a_gap_whatever_comes) {
  Symbol symbol;
  EXPECT_EQ(symbol.event(Channel::trade), StreamState::live);
  EXPECT_EQ(symbol.status(Condition::gap, Channel::book), StreamState::gap);
  EXPECT_EQ(symbol.event(Channel::trade), StreamState::gap);
  EXPECT_EQ(symbol.life.reason(symbol.numbers), "its book is not in step");
  EXPECT_EQ(symbol.status(Condition::resynced, Channel::book), StreamState::live);
  EXPECT_EQ(symbol.status(Condition::disconnected, Channel::book), StreamState::down);
  EXPECT_EQ(symbol.status(Condition::connected, Channel::book), StreamState::waiting);
  EXPECT_EQ(symbol.event(Channel::book), StreamState::live);
}

// A missing trade is said and counted; what comes next is right.
TEST(StreamLife, a_gap_of_trades_does_not_last) {
  Symbol symbol;
  symbol.event(Channel::trade);
  EXPECT_EQ(symbol.status(Condition::gap, Channel::trade), StreamState::live);
  EXPECT_EQ(symbol.life.gaps(), 1U);
}

TEST(StreamLife, what_came_later_is_no_longer_missing) {
  Symbol symbol;
  symbol.life.on_status({.condition = Condition::gap,
                         .channel = Channel::trade,
                         .from_sequence = 11,
                         .to_sequence = 20,
                         .missing = 10},
                        symbol.numbers);
  symbol.life.on_status({.condition = Condition::healed,
                         .channel = Channel::trade,
                         .from_sequence = 12,
                         .to_sequence = 15,
                         .missing = 0},
                        symbol.numbers);
  EXPECT_EQ(symbol.life.missing(), 6U);
  symbol.life.on_status({.condition = Condition::healed, .from_sequence = 1, .to_sequence = 1000},
                        symbol.numbers);
  EXPECT_EQ(symbol.life.missing(), 0U) << "never below nothing";
}

TEST(StreamLife, an_instrument_is_as_bad_as_the_worst_of_its_streams) {
  Symbol symbol;
  EXPECT_EQ(symbol.status(Condition::connected, Channel::book), StreamState::waiting);
  EXPECT_EQ(symbol.event(Channel::trade), StreamState::waiting) << "its book never came";
  EXPECT_EQ(symbol.life.reason(symbol.numbers), "its book has not come yet");
  EXPECT_EQ(symbol.event(Channel::book), StreamState::live);
  EXPECT_EQ(symbol.status(Condition::connected, Channel::liquidation), StreamState::live)
      << "a quiet stream keeps nobody waiting";
  EXPECT_EQ(symbol.status(Condition::rejected, Channel::ticker), StreamState::refused);
  EXPECT_EQ(symbol.event(Channel::book), StreamState::refused);
  EXPECT_EQ(symbol.life.state(Channel::ticker, symbol.numbers), StreamState::refused);
  EXPECT_EQ(symbol.life.state(Channel::funding, symbol.numbers), std::nullopt);
}

TEST(StreamLife, what_an_earlier_run_told_is_no_news) {
  StreamLife::Numbers numbers{};
  numbers[static_cast<std::size_t>(Channel::trade)] = 1000;
  StreamLife life{numbers};
  EXPECT_EQ(life.state(Channel::trade, numbers), std::nullopt);
  life.on_status({.condition = Condition::connected, .channel = Channel::trade}, numbers);
  EXPECT_EQ(life.state(numbers), StreamState::waiting);
  EXPECT_EQ(life.reason(numbers), "nothing has come yet");
  ++numbers[static_cast<std::size_t>(Channel::trade)];
  EXPECT_EQ(life.state(numbers), StreamState::live);
}

TEST(StreamLife, ends_with_the_last_stream_that_is_wanted) {
  Symbol symbol;
  for (const Channel channel : {Channel::trade, Channel::book})
    symbol.status(Condition::connected, channel);
  symbol.status(Condition::disconnected, Channel::book, "no longer wanted");
  EXPECT_EQ(symbol.event(Channel::trade), StreamState::live);
  EXPECT_FALSE(symbol.life.ended());
  symbol.status(Condition::disconnected, Channel::trade, "no longer wanted");
  EXPECT_TRUE(symbol.life.ended());
  symbol.status(Condition::connected, Channel::trade);
  EXPECT_FALSE(symbol.life.ended());
}

}  // namespace
}  // namespace mp::pipeline
