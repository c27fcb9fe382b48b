// L4. Collector: the only place that knows all parts. Feeds write the journals of their shards,
// each on the shard's thread; sinks read them on theirs.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "journal/journal.hpp"
#include "pipeline/assignment.hpp"
#include "pipeline/shard.hpp"
#include "pipeline/sink_runner.hpp"
#include "pipeline/stream_notes.hpp"
#include "pipeline/view.hpp"
#include "sink/spec.hpp"

namespace mp::pipeline {

struct CollectorConfig {
  journal::Config journal;   // of all shards together
  std::uint32_t shards = 1;  // threads that collect; to journal::kShardsMax
  std::vector<FeedConfig> feeds;
  std::vector<sink::Settings> sinks;
  std::filesystem::path recording;  // raw frames go there too; empty: nowhere
  IfExists if_recording_exists = IfExists::next_name;
  bool busy_poll = false;  // never sleep while waiting for frames: quicker by a wake-up, for a core
  // What the next start is to know of streams lies in journal.dir.
  std::chrono::milliseconds keep_notes_every{std::chrono::minutes{1}};
};

// Made, started and stopped by one thread.
class Collector {
 public:
  // Opens the journals and makes the parts; nothing runs yet. Errors are those of the parts.
  // `log` outlives it.
  static Result<std::unique_ptr<Collector>> create(const CollectorConfig& config, obs::Logger& log);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Starts all threads. A sink that cannot be opened is no error: its runner tries again, and the
  // log says why. An error leaves nothing running.
  Result<void> start();

  // From now on these are wanted and nothing else, each with what it is collected by. Streams that
  // go on notice nothing; a venue that is new gets feeds; what else a feed's configuration says
  // holds for those alone. What it changed, as far as listings are known. An error changes nothing.
  // While it runs.
  struct VenueChange {
    std::string venue;
    std::vector<WantedStream> added;
    std::vector<WantedStream> removed;
  };
  Result<std::vector<VenueChange>> change(const std::vector<FeedConfig>& feeds);

  // Closes the sessions, then lets the sinks deliver what the journals hold. The first thing that
  // was not delivered is the error.
  Result<void> stop();

  // All feeds know what they will collect, and it is nothing: why. Empty while unknown or fine.
  [[nodiscard]] std::vector<Error> nothing_to_collect() const;

  // No venue has sent anything of what is wanted, and why, where that is known: nothing was
  // connected, or all was refused. Only after stop().
  [[nodiscard]] std::optional<Error> nothing_collected() const;
  // Of all feeds: what has not come, and why. Any thread may ask.
  [[nodiscard]] std::vector<Waiting> waiting() const;
  // Of each of feeds(): how it is, as of the last second, or of stop(). Likewise.
  [[nodiscard]] std::vector<FeedHealth> health() const;

  // For screens (collector_view.cpp), from any thread while it runs. Of all instruments, how they
  // stand; those of a shard that does not answer within a second are missing.
  [[nodiscard]] std::vector<InstrumentView> instruments() const;
  // By the venue's symbol or our name; nothing: there is none of that name.
  [[nodiscard]] std::optional<BookView> book(std::string_view venue, std::string_view name,
                                             std::size_t depth) const;
  // Trades behind number `after`, oldest first. They are kept while somebody asks for them, and for
  // half a minute.
  [[nodiscard]] std::vector<TradeView> trades(std::string_view venue, std::string_view name,
                                              std::uint64_t after) const;
  // Minutes of its trades, the oldest first.
  [[nodiscard]] std::vector<Bar> bars(std::string_view venue, std::string_view name) const;
  // Begins a book anew. False: there is none of that name.
  bool resync(std::string_view venue, std::string_view name);
  // Whether each shard's thread does what it is asked within a second.
  [[nodiscard]] bool answers() const;
  [[nodiscard]] std::vector<SinkView> sinks() const;
  [[nodiscard]] std::vector<JournalView> journals() const;
  // The newest status events, at most `count`, oldest first.
  [[nodiscard]] std::vector<StatusView> statuses(std::size_t count) const;
  // How long each stage takes, by venue or sink.
  [[nodiscard]] std::vector<StageView> stages() const;
  // FeedCounters::journalled, by venue.
  [[nodiscard]] std::map<std::string, obs::LatencySnapshot> latencies() const;

  // A recording could not be written to its end; the log says why. Any thread may ask.
  [[nodiscard]] bool recording_failed() const;
  // The recordings that are complete. Only after stop().
  [[nodiscard]] std::vector<std::filesystem::path> recordings() const;
  // Removes those that nothing was recorded in; they would be in the way of the next try. Only
  // after stop().
  void discard_empty_recordings();
  // Removes them, where there was nothing to record. Only after stop().
  void discard_recordings();

  // Of all shards; a venue has one in each shard that serves it.
  // Any thread may ask: change() may add some.
  [[nodiscard]] std::vector<const Feed*> feeds() const {
    const std::lock_guard guard{feeds_mutex_};
    return feeds_;
  }
  // What journal::open_merged reads: of all shards, then of those that an earlier run had.
  [[nodiscard]] std::vector<std::filesystem::path> journal_locations() const;
  // The sums over all shards. Only after stop().
  [[nodiscard]] journal::WriterCounters journal_counters() const;

 private:
  // A journal that sinks deliver from: a shard's, or that of a shard which is no longer there.
  struct Source {
    std::uint32_t number = 0;
    std::filesystem::path location;
    const Shard* shard = nullptr;        // null: no longer there
    std::uint64_t retired_next = 0;      // then: the index after its last event
    journal::WriterTroubles troubles{};  // as last said, by the first shard's thread
    [[nodiscard]] std::uint64_t next_index() const {
      return shard == nullptr ? retired_next : shard->journal().next_index();
    }
  };
  struct Delivery {
    const Source* from;
    std::unique_ptr<SinkRunner> runner;
    std::string problem{};  // as last said, by the first shard's thread
    std::string upkeep_problem{};
  };

  explicit Collector(obs::Logger& log) : log_(log) {}
  // Asks each feed of the venue on its thread, until one has an answer.
  template <class Answer>
  std::optional<Answer> ask(std::string_view venue,
                            std::function<std::optional<Answer>(Feed&)> question) const;
  void add_feed(const Feed& feed) {
    const std::lock_guard guard{feeds_mutex_};
    feeds_.push_back(&feed);
  }
  void add_budgets(const std::vector<FeedConfig>& feeds);
  Result<void> add_shards(const CollectorConfig& config, const std::filesystem::path& recording);
  Result<void> add_retired(const CollectorConfig& config);
  Result<void> add_sinks(const CollectorConfig& config);
  Result<void> recall();
  Result<void> recall(const Source& source);
  void mark_ends();
  [[nodiscard]] std::vector<std::vector<FeedConfig>> spread(const std::vector<FeedConfig>& feeds);
  void say_problems();
  void say_sink_problems();
  void say_journal_problems();
  Result<void> sync_journals();
  [[nodiscard]] Result<void> all_kept(const Shard& shard) const;
  [[nodiscard]] Result<void> all_delivered(const Delivery& delivery) const;

  obs::Logger& log_;
  // No more connects than 20 in any second, of all venues together: none notices, and when many
  // come back at once, it is no storm.
  static constexpr net::ConnectPacer::Rule kAllConnects{.between = std::chrono::milliseconds{100},
                                                        .burst = 10};

  std::unique_ptr<StreamNotes> notes_;
  std::unique_ptr<BudgetFile> budget_file_;          // what the budgets share with other processes
  std::unique_ptr<net::ConnectPacer> all_connects_;  // once there is a feed
  CallLimit all_calls_;
  VenueBudgets budgets_;
  std::uint32_t shard_count_ = 1;
  Homes homes_;  // with several shards
  std::vector<std::unique_ptr<Shard>> shards_;
  mutable std::mutex feeds_mutex_;
  std::vector<const Feed*> feeds_;  // guarded
  std::vector<Source> sources_;
  std::vector<Delivery> deliveries_;
  bool running_ = false;
};

}  // namespace mp::pipeline
