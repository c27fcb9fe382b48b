// L4. Feed: what must be kept alive of one venue: its catalogue, sessions, books and REST calls.
// FeedMachine decides; this has the sockets, the clock and the journal.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/http.hpp"
#include "net/session.hpp"
#include "obs/log.hpp"
#include "pipeline/feed_config.hpp"
#include "pipeline/feed_machine.hpp"
#include "pipeline/quarantine.hpp"
#include "pipeline/recording.hpp"
#include "pipeline/stream_notes.hpp"
#include "pipeline/task_group.hpp"
#include "pipeline/venue_budget.hpp"

namespace mp::pipeline {

// What feeds of one thread share. All outlive the feeds.
struct FeedParts {
  net::IoContext& io;
  net::ReceiveBuffers& buffers;
  journal::Writer& journal;
  obs::Logger& log;
  Recording* recording = nullptr;  // raw frames go there too
  VenueBudget* budget = nullptr;   // shared with other shards' feeds of the venue; none: its own
  const StreamNotes* notes = nullptr;  // of earlier runs; none: nothing is known of them
};

// Belongs to the thread that runs `parts.io`.
class Feed final : private FeedMachine::Hands {
 public:
  // ErrorKind::config for a venue, channel, URL or certificate file that does not exist.
  static Result<std::unique_ptr<Feed>> create(FeedConfig config, const FeedParts& parts);
  ~Feed() override;

  // Runs until stop(). Once.
  [[nodiscard]] net::Task<void> run();
  void stop();

  // From now on this is wanted and nothing else; what that changes. On its thread.
  FeedMachine::Change want(WantsOfShard wanted);

  // Instead of run(): asks the venue once for its catalogue and looks up what is wanted in it.
  [[nodiscard]] net::Task<Result<void>> check();

  // Adds what is to be kept of each stream, with its load where the feed has run for `seconds`,
  // long enough to tell. On its thread, or when it has ended.
  void note(std::optional<double> seconds, std::vector<StreamNote>& out);

  // For screens, on its thread. The symbols from place `from` on, at most `count`; false: there are
  // no more.
  bool view(std::size_t from, std::size_t count, std::vector<InstrumentView>& out) const;
  // By the venue's symbol or our name; nothing: it has none of that name.
  [[nodiscard]] std::optional<BookView> book_view(std::string_view name, std::size_t depth);
  // Its trades behind number `after`: they are kept while somebody asks, and for half a minute.
  [[nodiscard]] std::vector<TradeView> trades_since(std::string_view name, std::uint64_t after);
  // Of the last minutes of its trades, the oldest first.
  [[nodiscard]] std::vector<Bar> bars_of(std::string_view name);
  // Begins its book anew. False: there is none of that name.
  bool resync(std::string_view name);

  // Hands what was kept of frames of no use to the system. On its thread.
  void flush_quarantine() { quarantine_.flush(); }

  [[nodiscard]] const std::string& venue() const { return config_.venue; }
  // Of the servers that it went to. Any thread may ask.
  [[nodiscard]] std::vector<net::CertificateSeen> certificates() const {
    return tls_.certificates().seen();
  }
  [[nodiscard]] const FeedCounters& counters() const { return counters_; }
  // One sentence for each instrument that the venue does not have. This and subscriptions() may be
  // asked by other threads once planned() is true.
  [[nodiscard]] const std::vector<Error>& refusals() const { return machine_.refusals(); }
  [[nodiscard]] std::size_t subscriptions() const { return subscriptions_; }
  // The newest status events, the last one last. Any thread may ask.
  [[nodiscard]] std::vector<StatusView> statuses() const;
  // What it waits for, and how it is, as of the last second; after stop(): as of then. Any thread
  // may ask.
  [[nodiscard]] FeedState state() const;
  // What is wanted was found, or is known not to be there. What comes later is only logged.
  [[nodiscard]] bool planned() const { return planned_.load(std::memory_order_acquire); }
  // With check(), or on the feed's thread.
  [[nodiscard]] const Catalog& catalog() const { return machine_.catalog(); }
  [[nodiscard]] std::string too_few_connections() const { return machine_.too_few_connections(); }

 private:
  class Connection;  // a leg's session

  Feed(FeedConfig config, const FeedParts& parts, std::unique_ptr<venue::Adapter> adapter,
       std::vector<net::Url> ws_urls, net::Url rest_url, net::TlsContext tls);

  void open(FeedMachine::Leg& leg, std::uint64_t seed) override;
  void retire(FeedMachine::Leg& leg) override;
  void renew(FeedMachine::Leg& leg, std::string_view why) override;
  void send(FeedMachine::Leg& leg, std::string text) override;
  [[nodiscard]] Traffic traffic(const FeedMachine::Leg& leg) const override;
  void send_now(FeedMachine::Leg& leg, std::string_view text) override;
  void call(std::uint64_t number, const venue::RestCall& call) override;
  void cancel_calls() override { http_.cancel(); }
  void wake() override { wake_.set(); }
  void on_event(Stream& stream, const Event& event) override;
  void on_refused(std::string_view frame, const venue::Reading& reading,
                  Timestamp ts_recv) override;

  [[nodiscard]] net::Task<void> work(FeedMachine::Purpose purpose);
  [[nodiscard]] net::Task<void> keep(Connection& connection, FeedMachine::Leg& leg);
  [[nodiscard]] net::Task<void> perform(std::uint64_t number, venue::RestCall call);
  struct Answer {
    Result<net::HttpResponse> response;
    int status = 0;                                          // of a refusal
    std::optional<std::chrono::milliseconds> retry_after{};  // likewise
  };
  [[nodiscard]] net::Task<Answer> ask(venue::RestCall call);
  [[nodiscard]] VenueBudget& make_budget();
  [[nodiscard]] CallHealth call_health() const;
  void say_calls();
  void publish();
  void end_batch();
  void note_status(const Event& event);
  void publish_state();

  FeedConfig config_;
  FeedParts parts_;
  std::unique_ptr<const venue::Adapter> adapter_;
  const venue::Limits limits_;
  std::vector<net::Url> ws_urls_;  // of each leg
  net::Url rest_url_;
  net::TlsContext tls_;
  net::HttpClient http_;
  std::unique_ptr<BudgetFile> own_budget_file_;
  std::unique_ptr<VenueBudget> own_budget_;  // unless it is shared
  VenueBudget& budget_;
  FeedCounters counters_;
  FrameStages stages_{counters_.stages};
  FeedMachine machine_;
  Quarantine quarantine_;
  TaskGroup tasks_;
  Signal wake_;
  std::map<const FeedMachine::Leg*, std::unique_ptr<Connection>> connections_;
  std::string_view reading_conn_;  // of the frame that is being read
  // Of the last event of the batch that is being read; 0: none has come.
  Timestamp last_recv_{};
  std::optional<Timestamp> last_event_;
  std::atomic<std::size_t> subscriptions_{0};
  std::atomic<bool> planned_{false};
  bool stopping_ = false;
  net::SteadyTime state_due_{};
  // Screens read while this thread writes, twice a second.
  mutable std::mutex state_mutex_;
  FeedState state_;
  std::deque<StatusView> statuses_;  // likewise guarded, the newest last
};

}  // namespace mp::pipeline
