// A made-up venue with faults around a real FeedMachine and real session machines, in made-up time:
// the same seed gives the same day, to the last event.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "net/session_machine.hpp"
#include "pipeline/feed_machine.hpp"
#include "pipeline/stream_notes.hpp"
#include "unit/simulation/checker.hpp"
#include "unit/simulation/market.hpp"

namespace mp::simulation {

using namespace std::chrono_literals;
using pipeline::FeedMachine;

enum class Fault : std::uint8_t {
  cut,            // one connection breaks, and what is on its way is lost
  mute,           // one says nothing any more, and answers pings
  dead,           // one says nothing at all
  skip,           // one leaves out some messages
  twice,          // one says some messages twice
  garble,         // one says something that cannot be read
  slow,           // one lags by seconds
  stall,          // one lags by more and more, for ever
  goodbye,        // the venue says that it will close one
  cut_all,        // all of them break
  refuse,         // and none is accepted for a while
  hang,           // likewise, and no attempt is answered
  rest_errors,    // REST answers are errors
  rest_slow,      // or come late, or never
  ban,            // "too many": whoever calls again is wrong
  refuse_topics,  // subscriptions are refused for a while
  ignore_topics,  // or not answered
  clock,          // the wall clock jumps
  kill,           // the collector is killed, and starts again
};
inline constexpr std::size_t kFaultCount = 19;
[[nodiscard]] std::string_view name_of(Fault fault);

struct Plan {
  std::uint64_t seed = 1;
  std::chrono::seconds time{1h};           // with faults
  std::chrono::seconds fault_every{3min};  // on the average
  std::vector<Fault> faults;               // of which chance takes one
  bool one_at_a_time = false;              // the next one only when the last one is mended for long
  bool with_cut = false;  // where REST or requests go wrong, all connections break: it matters
  unsigned legs = 1;
  std::chrono::seconds lifetime{0};  // of a connection; 0: for ever
  bool tells = false;                // every event and fault goes to standard error
};

// How a fault went: from its begin until the feed did or said something about it, and from its end
// until all was whole again. Not every fault asks for a reaction.
struct Struck {
  Fault fault = Fault::cut;
  net::SteadyTime begin{}, end{};
  std::optional<std::chrono::nanoseconds> noticed, whole;
};

struct Report {
  std::vector<std::string> broken;  // rules, with their times
  std::uint64_t trace = 0;          // a hash of all that was told and asked
  Checker::Sums sums;
  std::map<Fault, int> faults;
  std::vector<Struck> struck;  // in their order
  std::uint64_t connects = 0, calls = 0;
  std::uint64_t weight_most = 0;  // in any minute
};

class World final : private FeedMachine::Hands {
 public:
  explicit World(const Plan& plan);
  ~World() override;
  // Faults for Plan::time, then a calm half hour, then the end.
  [[nodiscard]] Report run();

 private:
  struct Socket;
  struct Link;

  // Time.
  void at(net::SteadyTime when, std::function<void()> what);
  void after(std::chrono::milliseconds time, std::function<void()> what) {
    at(now_.steady + time, std::move(what));
  }
  void pass_until(net::SteadyTime end);
  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return random_() % end; }
  [[nodiscard]] std::chrono::milliseconds between(std::chrono::milliseconds least,
                                                  std::chrono::milliseconds most);
  void broken(const std::string& what);
  void note(std::string_view what);

  // The collector.
  void start();
  void kill();
  void open(FeedMachine::Leg& leg, std::uint64_t seed) override;
  void retire(FeedMachine::Leg& leg) override;
  void renew(FeedMachine::Leg& leg, std::string_view why) override;
  void send(FeedMachine::Leg& leg, std::string text) override;
  [[nodiscard]] pipeline::Traffic traffic(const FeedMachine::Leg&) const override { return {}; }
  void send_now(FeedMachine::Leg&, std::string_view) override {}
  void call(std::uint64_t number, const venue::RestCall& call) override;
  void cancel_calls() override;
  void wake() override {}
  void on_event(pipeline::Stream&, const Event& event) override { tell(event); }
  void on_refused(std::string_view, const venue::Reading&, Timestamp) override {}
  void tell(const Event& event);
  void step(Link& link, net::SessionInput input);
  void connect(Link& link, net::SteadyTime until);
  void opened(Link& link);
  void stop(Link& link);
  void lose(Link& link, net::LossReason reason);
  [[nodiscard]] Link* link_of(const FeedMachine::Leg& leg);

  // The venue.
  void act();
  void publish(const std::string& stream, const std::string& data);
  void deliver(Link& link, std::string text, std::chrono::milliseconds late = 0ms);
  void ask(Link& link, const std::string& text);
  void answer(std::uint64_t number, const venue::RestCall& call);
  void count_call(std::uint32_t weight);
  [[nodiscard]] std::string body_of(const std::string& target, int& status) const;

  // Faults.
  void plan_fault();
  void begin(Fault fault);
  void begin_at(Link& link, Fault fault);
  void cut_all();
  void noticed();
  void look_whether_whole();
  [[nodiscard]] Link* any_link();

  Plan plan_;
  std::mt19937_64 random_;
  FeedMachine::Now now_{net::SteadyTime{1'000'000s}, Timestamp{1'795'000'000s}};
  struct Due {
    net::SteadyTime when;
    std::uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Due& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  std::priority_queue<Due> due_;
  std::uint64_t ordered_ = 0;

  std::vector<Market> markets_;
  Report report_;
  Checker checker_;
  pipeline::StreamNotes notes_{""};

  std::unique_ptr<venue::Adapter> adapter_;
  venue::Limits limits_;
  pipeline::FeedConfig config_;
  obs::Logger log_{obs::LogLevel::off};
  pipeline::FeedCounters counters_;
  pipeline::BudgetMemory budget_memory_;  // as the file has it: a kill does not touch it
  std::unique_ptr<pipeline::VenueBudget> budget_;
  std::unique_ptr<FeedMachine> machine_;
  std::uint64_t run_ = 0;  // of the collector; what belongs to an earlier one is forgotten
  std::vector<std::unique_ptr<Link>> links_;
  std::set<std::uint64_t> calls_;  // under way
  bool stopping_ = false;

  // What is wrong at the venue, and until when.
  net::SteadyTime refuses_until_{}, hangs_until_{}, rest_fails_until_{}, rest_slow_until_{},
      banned_until_{}, refuses_topics_until_{}, ignores_topics_until_{};
  std::optional<net::SteadyTime> ban_told_;
  std::deque<std::pair<net::SteadyTime, std::uint32_t>> spent_;  // weight, of the last minute
  std::deque<net::SteadyTime> connects_;                         // of the last five minutes
};

}  // namespace mp::simulation
