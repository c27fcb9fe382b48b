// L4. FeedMachine: every decision of a feed, without I/O: what is asked for of which connection,
// when a connection is renewed, which REST call comes next, when a book is asked for again. The
// hands that it is given do the rest: sockets and files live (feed.hpp), a made-up venue in tests.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/connection_share.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/feed_config.hpp"
#include "pipeline/feed_state.hpp"
#include "pipeline/session_plan.hpp"
#include "pipeline/silence.hpp"
#include "pipeline/wants.hpp"
#include "pipeline/work_queue.hpp"

namespace mp::pipeline {

class FeedMachine final : private Engine::Owner {
 public:
  // A connection and the topics that it is to carry: of a planned session, with legs > 1 one of
  // several that carry the same. It outlives the losses of its connection, until it is retired.
  class Leg;

  // None of these may call the machine back before it returns.
  class Hands {
   public:
    virtual ~Hands() = default;
    // Connect, and connect again whenever the connection is lost, until retire(). `seed`: of the
    // jitter.
    virtual void open(Leg& leg, std::uint64_t seed) = 0;
    // Say goodbye. Ends with ended().
    virtual void retire(Leg& leg) = 0;
    // Close the connection and make a new one.
    virtual void renew(Leg& leg, std::string_view why) = 0;
    // What came over the leg's connections so far.
    [[nodiscard]] virtual Traffic traffic(const Leg& leg) const = 0;
    // In order, at the venue's pace.
    virtual void send(Leg& leg, std::string text) = 0;
    // At once, past queue and pace.
    virtual void send_now(Leg& leg, std::string_view text) = 0;
    // Answer with answered() or failed(), by the number.
    virtual void call(std::uint64_t number, const venue::RestCall& call) = 0;
    virtual void cancel_calls() = 0;
    // wake_at() may be earlier now.
    virtual void wake() = 0;
    virtual void on_event(Stream& stream, const Event& event) = 0;
    virtual void on_refused(std::string_view frame, const venue::Reading& reading,
                            Timestamp ts_recv) = 0;
  };

  struct Parts {  // all outlive the machine
    const FeedConfig& config;
    const venue::Adapter& adapter;
    const venue::Limits& limits;
    VenueBudget& budget;
    obs::Logger& log;
    FeedCounters& counters;
    Hands& hands;
    PastOf past{};                  // EngineOptions::past
    FrameStages* stages = nullptr;  // EngineOptions::stages
  };
  explicit FeedMachine(const Parts& parts);
  ~FeedMachine() override;

  // What time it is, for the machine: the steady clock for what is due, UTC for events.
  struct Now {
    net::SteadyTime steady;
    Timestamp utc;
  };

  // learn: the listings are asked for and nothing else is done (`validate`, `list instruments`).
  enum class Purpose : std::uint8_t { collect, learn };
  void start(Purpose purpose, const Now& now);
  void stop(const Now& now);
  // Does what is due.
  void on_time(const Now& now);
  [[nodiscard]] net::SteadyTime wake_at(net::SteadyTime now) const;
  // stop() was asked for, and all legs and calls have ended.
  [[nodiscard]] bool ended() const;

  // From now on this is wanted and nothing else. What it takes away has ended when it returns; what
  // it adds is asked for beside what there is, once a listing names it.
  struct Change {
    std::vector<WantedStream> added;  // that are known already
    std::vector<WantedStream> removed;
  };
  Change want(WantsOfShard wanted, const Now& now);

  // Of a leg.
  void connected(Leg& leg, const Now& now);
  void on_frame(Leg& leg, std::string_view frame, Timestamp ts_recv);
  // Also where it could not be connected. `problem`: one sentence, for people; `retry_in`: until
  // the next attempt.
  void lost(Leg& leg, std::string_view reason, const Now& now, std::string_view problem = {},
            std::chrono::milliseconds retry_in = {});
  void ended(Leg& leg);
  [[nodiscard]] std::string text_ping(Leg& leg, Timestamp now);
  // Under the venue's URL.
  [[nodiscard]] const std::string& path_of(const Leg& leg) const;

  // A user wants the book of a stream to begin anew.
  void resync(Stream& stream, const Now& now);

  // Of a call.
  void answered(std::uint64_t number, std::string_view body, const Now& now);
  struct CallFailure {
    Error problem;
    int status = 0;                                          // that was answered; 0: none
    std::optional<std::chrono::milliseconds> retry_after{};  // likewise
  };
  void failed(std::uint64_t number, const CallFailure& failure, const Now& now);

  // Purpose::learn: whether every listing has been tried, and what came of it.
  [[nodiscard]] bool learnt() const { return work_.listings_tried(); }
  [[nodiscard]] Result<void> check();
  // After check(), or while it runs: one sentence where all that is wanted needs more connections
  // than are allowed; else empty.
  [[nodiscard]] std::string too_few_connections() const;

  [[nodiscard]] Engine& engine() { return engine_; }
  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }
  [[nodiscard]] const std::vector<Error>& refusals() const { return wants_.refusals(); }
  [[nodiscard]] std::size_t subscriptions() const { return subscriptions_; }
  // What waits, and why, and how its connections are, but for FeedHealth::calls; about twice a
  // second, not with each message. What memory `out` has is used again.
  void tell_state(const Now& now, FeedState& out) const;
  // What is wanted was found, or is known not to be there.
  [[nodiscard]] bool planned() const { return planned_; }
  // REST calls that are due, and may not be made yet.
  [[nodiscard]] std::size_t calls_waiting(net::SteadyTime now) const {
    return work_.calls_waiting(now);
  }
  // A call that the machine did not ask for was refused: what follows for all.
  void was_limited(const CallFailure& failure, const Now& now);

 private:
  struct Call {
    Job job;
    VenueBudget::Call turn;
  };
  // Where legs are: a planned session has one place for each of FeedConfig::legs, and none while no
  // connection is left for it.
  struct Place {
    Leg* leg = nullptr;
    Leg* successor = nullptr;  // which takes over as soon as it has caught up
    std::uint32_t opened = 0;  // legs so far
  };
  // Of a place: what its legs have seen.
  struct Tally {
    std::uint64_t connects = 0;
    std::uint64_t disconnects = 0;
    Race race;
    Traffic traffic;

    Tally& operator+=(const Tally& other);
  };

  void on_event(Stream& stream, const Event& event) override;
  void on_refused(std::string_view frame, const venue::Reading& reading,
                  Timestamp ts_recv) override;
  void want_snapshot(Stream& stream) override;
  void want_resubscribe(Stream& stream) override;
  void repair(Stream& stream, JobKind kind);
  void backfill(Stream& stream, TradeWatch::Range ids);
  void ask_for_trades(Stream& stream, TradeWatch::Range ids, std::uint32_t page,
                      net::SteadyTime due);
  void go_on_filling(const Job& job, const Now& now);
  void go_on_filling(std::string_view symbol);
  void expect_book(std::string_view symbol);

  std::vector<venue::Subscription> plan_if_listed(const Now& now);
  std::vector<venue::Subscription> plan(const Now& now);
  [[nodiscard]] bool is_streamed(const venue::Subscription& subscription) const;
  void stream(const std::vector<venue::Subscription>& wanted, const Now& now);
  void poll(const std::vector<venue::Subscription>& wanted, const Now& now);
  void do_work(const Now& now);
  void end_call(Call call, const Now& now);
  std::chrono::milliseconds pause_calls(const CallFailure& failure);
  void say_too_long();
  void repair_on_socket(Job job, const Now& now);
  [[nodiscard]] std::vector<Leg*> legs_with_book(const Stream& stream);

  // Legs: feed_machine_legs.cpp.
  Leg& open_leg(std::size_t session, std::size_t place);
  void ask(Leg& leg, std::vector<venue::Topic> topics, const Now& now, unsigned times = 0);
  [[nodiscard]] std::vector<venue::Topic> topics_of(const Leg& leg) const;
  void ask_for_all(Leg& leg, const Now& now);
  [[nodiscard]] bool is_alone(const Leg& leg) const;
  void unsubscribe(Leg& leg, const std::vector<venue::Topic>& topics, const Now& now);
  void ask_anew(Leg& leg, const std::vector<venue::Topic>& topics, const Now& now);
  void on_notice(Leg& leg, const venue::Reading& reading, Timestamp ts_recv);
  void on_answer(Leg& leg, const venue::Reading& reading, const Now& now);
  [[nodiscard]] const PlannedTopic* planned_topic(const Leg& leg, const venue::Topic& topic) const;
  void was_answered(const Stream& stream, const Status& status);
  void refused(Leg& leg, const venue::Topic& topic, std::string_view words);
  // What is left unsaid or cannot be read: feed_machine_faults.cpp.
  enum class Malformed : std::uint8_t { due, all };
  void on_malformed(std::string_view frame, Timestamp ts_recv);
  void renew_lost_books(Leg& leg, const Now& now);
  void mind_silence(Leg& leg, const Now& now);
  void mind_staleness(Leg& leg, const Now& now);
  void mind_clock(const Now& now);
  void mind_topics(const Now& now);
  void wake_topic(std::size_t session, const venue::Topic& topic, const Now& now);
  void doubt_books(Leg& leg, const std::string& symbol, Timestamp now);
  void tell_malformed(Leg& leg, Malformed which, Timestamp now);
  [[nodiscard]] std::string symbol_in(const Leg& leg, std::string_view frame) const;
  [[nodiscard]] std::uint64_t events_of(const Leg& leg, const venue::Topic& topic) const;
  [[nodiscard]] std::uint64_t events_of(const PlannedTopic& topic) const;
  void tend_books(const Now& now);
  void ask_unanswered(Leg& leg, const Now& now);
  // feed_machine_wants.cpp.
  [[nodiscard]] WantedStream named(const venue::Subscription& subscription) const;
  void end(const std::vector<venue::Subscription>& gone, const Now& now);
  void end_stream(std::size_t session, const venue::Subscription& subscription, const Now& now);
  void end_topics(Leg& leg, const std::vector<venue::Topic>& topics, const Now& now);
  void end_poll(const venue::Subscription& subscription, const Now& now);
  [[nodiscard]] bool is_ended_poll(const Job& job);
  std::vector<std::size_t> open_sessions();
  [[nodiscard]] std::vector<venue::Subscription> take_waiting();
  [[nodiscard]] std::size_t sessions_needed() const;
  void say_waiting();
  // feed_machine_state.cpp.
  [[nodiscard]] Waiting why_waits(std::size_t session, const PlannedTopic& planned,
                                  const venue::Subscription& wanted) const;
  [[nodiscard]] std::string_view listing_trouble() const;
  [[nodiscard]] std::string problem() const;
  // feed_machine_health.cpp.
  void tell_health(const Now& now, FeedHealth& out) const;
  [[nodiscard]] ConnectionHealth health_of(const Leg& leg, const Now& now) const;
  [[nodiscard]] Tally tally_of(const Leg& leg) const;
  static void hear_pong(Leg& leg, const venue::Reading& reading, Timestamp ts_recv);
  void note_availability(const Now& now);
  void for_each_subscription(const Leg& leg, auto&& visit) const;
  void tend_legs(const Now& now);
  void tend(Leg& leg, const Now& now);
  void tend_place(std::size_t session, std::size_t place, const Now& now);
  [[nodiscard]] bool has_books_of(const Leg& next, const Leg& before) const;
  [[nodiscard]] std::uint32_t chance() { return static_cast<std::uint32_t>(random_()); }

  const FeedConfig& config_;
  const venue::Adapter& adapter_;
  const venue::Limits& limits_;
  VenueBudget& budget_;
  obs::Logger& log_;
  FeedCounters& counters_;
  Hands& hands_;
  Catalog catalog_;
  Engine engine_;
  Wants wants_;
  SessionPlan sessions_;
  ConnectionShare::Part connections_;
  std::mt19937_64 random_;
  WorkQueue work_;
  bool answers_;                            // the venue is known to answer requests
  std::vector<std::vector<Place>> places_;  // of each planned session
  std::size_t waiting_told_ = 0;            // topics without a connection
  std::vector<std::unique_ptr<Leg>> legs_;
  std::unordered_map<std::uint64_t, Call> calls_;
  std::uint64_t last_call_ = 0;
  std::vector<venue::RestCall> ended_polls_;  // that are under way and no longer wanted
  std::set<venue::Topic> granted_;            // that the venue has acknowledged once
  Leg* reading_leg_ = nullptr;                // whose frame is being read
  struct Stalled {
    unsigned times = 0;  // that it was asked for again
    net::SteadyTime again{};
  };
  std::vector<std::vector<Silence>> topic_silences_;  // of each planned session
  net::SteadyTime topics_due_{};
  std::unordered_map<const Stream*, Stalled> stalled_;  // books that are not in step
  std::optional<Error> listing_problem_;                // the last one
  std::optional<Error> call_problem_;                   // of the last other call, if it failed
  unsigned limited_ = 0;       // times in a row that the venue said "too many"
  net::SteadyTime now_{};      // of the last input that came with it
  net::SteadyTime tend_at_{};  // the legs, at the latest
  bool tend_now_ = false;
  std::optional<Nanoseconds> clocks_apart_;  // our wall clock and the steady one
  std::uint64_t too_long_told_ = 0;
  Availability availability_;  // of the sessions
  Purpose purpose_ = Purpose::collect;
  std::size_t subscriptions_ = 0;
  bool planned_ = false;
  bool stopping_ = false;
};

}  // namespace mp::pipeline
