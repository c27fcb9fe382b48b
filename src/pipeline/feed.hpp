// L4. Feed: what must be kept alive of one venue: its catalogue, sessions, books and REST calls.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "codec/recording.hpp"
#include "net/http.hpp"
#include "net/session.hpp"
#include "obs/counters.hpp"
#include "obs/log.hpp"
#include "pipeline/engine.hpp"
#include "pipeline/load_book.hpp"
#include "pipeline/quarantine.hpp"
#include "pipeline/task_group.hpp"
#include "pipeline/venue_budget.hpp"

namespace mp::pipeline {

// Some instruments of a venue and what to collect of each.
struct Want {
  std::vector<std::string> instruments;  // our names
  std::vector<std::string> symbols;      // or the venue's
  std::vector<Channel> channels;         // empty: all that the venue streams
  std::string interval = "1m";           // of candles
};

struct FeedConfig {
  std::string venue;
  std::vector<Want> wants;
  std::string ws_url;    // empty: the venue's own
  std::string rest_url;  // likewise
  std::string ca_file;   // trusted instead of the system's certificates
  QuarantineConfig quarantine;
  std::uint64_t seed = 0;                 // of the jitter
  std::optional<venue::Limits> limits{};  // instead of the venue's own: a user may have others
  // Several shards serve the venue: who collects what is wanted, by the name that it is wanted
  // with. Empty: all is collected here. One symbol under two names is the lower shard's.
  std::uint32_t shard = 0;
  std::map<std::string, std::uint32_t, std::less<>> homes{};
  std::chrono::seconds listing_every{1800};  // how often the catalogue is asked for anew
};

// What feeds of one thread share. All outlive the feeds.
struct FeedParts {
  net::IoContext& io;
  net::ReceiveBuffers& buffers;
  journal::Writer& journal;
  obs::Logger& log;
  codec::RecordingWriter* recording = nullptr;  // raw frames go there too
  VenueBudget* budget = nullptr;  // shared with other shards' feeds of the venue; none: its own
};

// Readable from other threads.
struct FeedCounters {
  std::atomic<std::uint64_t> frames{0};
  obs::Counter events;
  std::atomic<std::uint64_t> unknown{0};
  std::atomic<std::uint64_t> malformed{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> slow{0};      // data frames that only the exact reader could read
  std::atomic<std::uint64_t> left_out{0};  // numbers that did not fit: EngineCounters
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> disconnects{0};
  std::atomic<std::uint64_t> gaps{0};
  std::atomic<std::uint64_t> books_waiting{0};  // books that are not in step
};

// Belongs to the thread that runs `parts.io`.
class Feed final : private Engine::Owner {
 public:
  // ErrorKind::config for a venue, channel, URL or certificate file that does not exist.
  static Result<std::unique_ptr<Feed>> create(FeedConfig config, const FeedParts& parts);
  ~Feed() override;

  // Runs until stop(). Once.
  [[nodiscard]] net::Task<void> run();
  void stop();

  // Instead of run(): asks the venue once for its catalogue and looks up what is wanted in it.
  [[nodiscard]] net::Task<Result<void>> check();

  // Adds the load of each stream, over the `seconds` that the feed has run. On its thread, or when
  // it has ended.
  void measure(double seconds, std::vector<InstrumentLoad>& loads);

  // Hands what was kept of frames of no use to the system. On its thread.
  void flush_quarantine() { quarantine_.flush(); }

  [[nodiscard]] const std::string& venue() const { return config_.venue; }
  [[nodiscard]] const FeedCounters& counters() const { return counters_; }
  // One sentence for each instrument that the venue does not have. This and subscriptions() may be
  // asked by other threads once planned() is true.
  [[nodiscard]] const std::vector<Error>& refusals() const { return refusals_; }
  [[nodiscard]] std::size_t subscriptions() const { return subscriptions_; }
  // What is wanted was found, or is known not to be there. What comes later is only logged.
  [[nodiscard]] bool planned() const { return planned_.load(std::memory_order_acquire); }
  // With check(), or on the feed's thread.
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }

 private:
  class Leg;  // a session and the subscriptions that it carries
  // Something to do beside reading frames. Jobs that fail are tried again with growing pauses.
  struct Job {
    enum class Kind : std::uint8_t { snapshot, resubscribe, poll, listing };
    Kind kind = Kind::snapshot;
    Stream* stream = nullptr;       // of a book to repair
    venue::RestCall call{};         // of the others
    std::chrono::seconds every{0};  // until it is to be done again; 0: once
    bool follows = false;           // a listing that another one leads to, which asks for it anew
    unsigned attempt = 0;
    net::SteadyTime due{};
  };
  struct Repairs {
    unsigned recent = 0;
    net::SteadyTime last{};
  };

  Feed(FeedConfig config, const FeedParts& parts, std::unique_ptr<venue::Adapter> adapter,
       net::Url ws_url, net::Url rest_url, net::TlsContext tls);

  void on_event(Stream& stream, const Event& event) override;
  void on_refused(std::string_view frame, const venue::Reading& reading,
                  Timestamp ts_recv) override;
  void want_snapshot(Stream& stream) override;
  void want_resubscribe(Stream& stream) override;

  // REST: feed_work.cpp.
  net::Task<bool> learn_listings();
  net::Task<Result<void>> learn(venue::RestCall listing);
  net::Task<VenueBudget::Call> turn();
  net::Task<void> work();
  net::Task<void> perform(Job job, VenueBudget::Call turn);
  net::Task<Result<venue::RestReading>> ask(venue::RestCall call);
  net::Task<Result<net::HttpResponse>> call(venue::RestCall call);
  void schedule(Stream& stream, Job::Kind kind);
  void done(Job job);
  void retry(Job job, const Error& problem);
  void repair(Job job);
  std::chrono::milliseconds back_off(unsigned attempt);
  void record_http(std::string_view url, const net::HttpResponse& response);

  // From what is wanted to legs: feed_plan.cpp.
  void plan();
  void start_legs(const std::vector<venue::Subscription>& wanted);
  void start_polls(const std::vector<venue::Subscription>& wanted);
  [[nodiscard]] std::vector<venue::Subscription> resolve_all();
  void resolve(const Want& want, std::vector<venue::Subscription>& wanted);
  [[nodiscard]] std::vector<const Catalog::Entry*> entries_of(const Want& want);
  void missing(const std::string& name, Error error);
  // Copies the engine's counters to where other threads can read them.
  void count_slow();
  void say_unless_trading(const Catalog::Entry& entry);
  void find_home(const std::string& name, const std::string& symbol);

  FeedConfig config_;
  FeedParts parts_;
  std::unique_ptr<const venue::Adapter> adapter_;
  const venue::Limits limits_;
  net::Url ws_url_;
  net::Url rest_url_;
  net::TlsContext tls_;
  net::HttpClient http_;
  std::unique_ptr<VenueBudget> own_budget_;  // unless it is shared
  VenueBudget& budget_;
  Catalog catalog_;
  Engine engine_;
  Quarantine quarantine_;
  TaskGroup tasks_;
  Signal wake_;
  std::vector<std::unique_ptr<Leg>> legs_;
  std::deque<Job> jobs_;
  std::unordered_map<Stream*, Repairs> repairs_;
  std::mt19937_64 random_;
  FeedCounters counters_;
  std::map<std::string, std::uint32_t, std::less<>> symbol_homes_;  // with FeedConfig::homes
  std::vector<Error> refusals_;
  std::set<std::string, std::less<>> told_;  // names that something was said of
  std::set<std::tuple<Channel, std::string, std::string>> subscribed_;
  std::atomic<std::size_t> subscriptions_{0};
  std::size_t listings_missing_ = 0;  // that never came; what is wanted may be in them
  std::string_view reading_conn_;     // of the frame that is being read
  std::atomic<bool> planned_{false};
  bool stopping_ = false;
};

}  // namespace mp::pipeline
