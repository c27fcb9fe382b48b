// L4. Shard: a thread that runs some feeds, and the journal that it writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/result.hpp"
#include "journal/journal.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/recording.hpp"
#include "pipeline/stream_notes.hpp"
#include "pipeline/venue_budget.hpp"

namespace mp::pipeline {

// Why the journal has no room, from an errno value.
[[nodiscard]] std::string why_no_segment(int code);

struct ShardConfig {
  std::uint32_t number = 0;
  std::uint32_t count = 1;  // of all shards; more than one: readers merge, and need promises
  journal::Config journal;
  std::vector<FeedConfig> feeds;
  std::filesystem::path recording;                     // of shard 0; empty: nothing is recorded
  codec::Existing existing = codec::Existing::refuse;  // a file of that name
  bool busy_poll = false;                              // see CollectorConfig
  std::chrono::milliseconds keep_notes_every{std::chrono::minutes{1}};
};

// What shards share, none of it on the message path. All outlive them.
struct ShardParts {
  obs::Logger& log;
  VenueBudgets& budgets;
  StreamNotes& notes;
  std::function<void()> watch;  // called about twice a second on the shard's thread; may be empty
};

// Made, started and stopped by one thread; what it runs is its own thread's.
class Shard {
 public:
  // Opens the journal and makes the feeds; nothing runs yet. Errors are those of the parts.
  static Result<std::unique_ptr<Shard>> create(const ShardConfig& config, const ShardParts& parts);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Result<void> start();
  // While it runs, from the thread that started it. make_feed: a feed of a venue that it does not
  // serve yet; adopt: it runs with the others from now on.
  [[nodiscard]] Result<std::unique_ptr<Feed>> make_feed(FeedConfig config);
  const Feed& adopt(std::unique_ptr<Feed> feed);
  [[nodiscard]] std::vector<std::string> venues();  // that it serves
  // What the venue's feed wants from now on, and what that changes.
  FeedMachine::Change want(std::string_view venue, WantsOfShard wanted);
  // Does `work` on the shard's thread, where screens may look at its feeds, and waits for it, a
  // second at most: false, where it does not run or has more to do; then `work` may be done later
  // or never, so it owns what it uses. Any thread, after start().
  bool look(std::function<void(Shard&)> work);
  // Asks the feeds to close their sessions and returns at once.
  void begin_stop();
  // Waits until they have, and completes the recording.
  Result<void> stop();
  // None: nothing is recorded. Another thread may ask it for what it says there, or when the shard
  // does not run.
  [[nodiscard]] Recording* recording() const { return recording_.get(); }

  [[nodiscard]] std::uint32_t number() const { return config_.number; }
  [[nodiscard]] const std::vector<std::unique_ptr<Feed>>& feeds() const { return feeds_; }
  // Only before start() and after stop().
  [[nodiscard]] const journal::Writer& journal() const { return *journal_; }
  [[nodiscard]] JournalView journal_view() const;  // on its thread
  Result<void> sync_journal() { return journal_->sync(); }
  // Before start(): marks the end of a stream of an earlier run.
  void append_end(const StreamNotes::Ended& ended, Timestamp now);

 private:
  Shard(const ShardConfig& config, const ShardParts& parts) : config_(config), parts_(parts) {}
  Result<void> open();
  Result<void> make_event_loop();
  Result<void> add_feeds();
  void on_thread(const std::function<void()>& work);
  void run();
  net::Task<void> watch();
  net::Task<void> promise();
  void say_room(journal::Room room);
  [[nodiscard]] std::vector<StreamNote> notes();
  [[nodiscard]] StreamNotes::Reach reach() const;
  void keep_notes();

  const ShardConfig config_;
  const ShardParts parts_;
  std::unique_ptr<journal::Writer> journal_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<net::IoContext> io_;
  std::unique_ptr<net::ReceiveBuffers> buffers_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::unique_ptr<TaskGroup> tasks_;
  std::unique_ptr<Signal> stop_watching_;
  std::unique_ptr<Signal> stop_promising_;
  net::SteadyTime started_{};
  std::future<void> writing_;  // the file of notes, of shard 0
  bool stopping_ = false;      // the thread's
  std::thread thread_;
};

}  // namespace mp::pipeline
