// L4. The machine of the sink runner: one step at a time, told the time. Batching, encoding, retry,
// bisection and dead letters live here once, so that a sink is only a destination.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"
#include "journal/journal.hpp"
#include "pipeline/dead_letters.hpp"
#include "pipeline/sink_batch.hpp"
#include "pipeline/sink_filter.hpp"
#include "pipeline/sink_stages.hpp"
#include "sink/sink.hpp"
#include "sink/spec.hpp"

namespace mp::pipeline {

// What a sink that cannot keep up does not get.
enum class Overflow : std::uint8_t {
  hold,         // nothing: the journal holds it, as long as it keeps any
  skip_oldest,  // what is older than overflow_age when it is its turn
  skip_newest,  // what came longer than overflow_age after the sink stopped to take any, until it
                // does again
};

// How one section of the configuration is served: settings_of_runner().
struct SinkRunnerConfig {
  std::string name = "sink";
  SinkBatch::Form form{};
  SinkFilter filter{};
  Overflow overflow = Overflow::hold;
  std::chrono::milliseconds overflow_age{60'000};
  std::size_t batch_events_max = 4096;
  std::size_t batch_bytes_max = std::size_t{1} << 20U;  // encoded; the last event may pass it
  std::chrono::milliseconds batch_age_max{50};          // what a slow stream waits for company
  std::chrono::milliseconds retry_first{100};           // doubled each time
  std::chrono::milliseconds retry_longest{4'000};
  std::chrono::milliseconds tick_interval{100};  // between calls of Sink::tick
  std::chrono::milliseconds drain_longest{
      10'000};                          // after stop(); what is left stays in the journal
  std::filesystem::path dead_letter{};  // NDJSON file of refused events; empty: none
  std::uint64_t dead_letter_bytes_max = std::uint64_t{64} << 20U;
};
// The names of the section's words and globs have been checked by the parser; a template that does
// not hold is an error.
[[nodiscard]] Result<SinkRunnerConfig> settings_of_runner(const sink::Settings& settings);

// Why an event was not delivered.
enum class Discard : std::uint8_t {
  refused,    // permanently refused by the sink: it is in the dead letters
  unlettered  // refused, and the dead letter file is full, missing or cannot be written
};
inline constexpr std::size_t kDiscardCount = 2;
[[nodiscard]] std::string_view name_of(Discard reason);

// eligible = acked + discarded + what is under way. A copy of the counters at one moment.
struct SinkCounters {
  std::uint64_t read = 0;      // events of the journal
  std::uint64_t eligible = 0;  // of these, for this sink (gap events included)
  std::uint64_t acked = 0;     // accepted by the sink
  std::uint64_t batches = 0;   // offered
  std::uint64_t retries = 0;   // batches and flushes that were put off by the sink
  std::uint64_t rewinds = 0;   // times that the sink lost what it had accepted
  std::uint64_t lost = 0;      // events that retention or damage took before they were read
  std::uint64_t skipped = 0;   // events that were passed over, as `overflow` wants it
  std::uint64_t discarded[kDiscardCount] = {};
  std::uint64_t dealt = 0;   // events below this were read, and taken by the sink or accounted for
  std::uint64_t cursor = 0;  // events below this are delivered for good
};

// Opens the reader again after a rewind. Tests give their own.
using OpenReader =
    std::function<Result<std::unique_ptr<journal::Reader>>(const journal::ReaderConfig&)>;
// Evenly spread over all its values: the jitter of the back-off.
using Chance = std::function<std::uint32_t()>;

// A machine without a thread or a clock: step() does one piece of work. SinkRunner drives it.
class SinkFeed {
 public:
  // `sink` is borrowed, and opened here.
  SinkFeed(const SinkRunnerConfig& config, journal::ReaderConfig journal, OpenReader open,
           sink::Sink& sink, Chance chance);
  // Opens the journal, the dead letters and the sink. step() does it too, and again after an error:
  // whatever keeps a sink from opening, it has time.
  Result<void> open();
  // Why it could not be opened at the last try; nothing: it is open.
  [[nodiscard]] const std::optional<Error>& not_open() const { return not_open_; }

  enum class State : std::uint8_t {
    busy,     // call again at once
    idle,     // nothing to read: wait for the journal, at most for pause()
    backing,  // sink, system or batch need time: wait for pause(), whatever the journal has
    ended,    // the journal is closed, and everything was delivered
    failed,   // the journal cannot be read any more: problem()
  };
  State step(Timestamp now);
  [[nodiscard]] std::chrono::milliseconds pause() const { return pause_; }

  // From now on nothing waits for company, and nothing more is read once the journal is idle.
  void drain();
  // Whether all that was read is delivered and the sink is closed.
  [[nodiscard]] bool drained() const { return closed_; }

  // There is one after `idle`.
  journal::Reader& reader() { return *reader_; }
  [[nodiscard]] const SinkCounters& counters() const { return counters_; }
  // Any thread may ask.
  [[nodiscard]] const SinkStages& stages() const { return stages_; }
  // The newest trouble in one sentence; empty when there was none.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // As of the last tick.
  [[nodiscard]] const sink::Upkeep& upkeep() const { return upkeep_; }

 private:
  enum class Filled : std::uint8_t { full, idle, closed, hindered };
  enum class Missed : std::uint8_t { nothing, retention, damage };
  struct Range {
    std::size_t begin;
    std::size_t end;
  };

  State open_again(Timestamp now);
  State read_again(Timestamp now);
  State read(Timestamp now);
  Filled fill(Timestamp now);
  bool take(Timestamp now);
  void add(const Event& event, std::uint64_t index, std::optional<InstrumentKind> kind);
  Result<void> add_gap(std::uint64_t index);
  void add_status(std::string_view reason, std::uint64_t missing, std::uint64_t index);
  [[nodiscard]] bool is_overflow(const Event& event, Timestamp now) const;
  State offer(Timestamp now);
  State answer(const sink::Written& written, const Range& range, Timestamp now);
  void deal_with(const sink::Written& written, std::size_t count);
  void resume(Timestamp now);
  void forget_batch();
  State back_off(const std::string& problem, Timestamp now);
  State rewind(const std::string& problem, Timestamp now);
  State finish(Timestamp now);
  std::optional<State> tick(Timestamp now);
  void refuse(std::size_t position, const std::string& problem);
  void end_batch();
  void commit();

  SinkRunnerConfig config_;
  SinkBatch batch_;  // views of the journal, until end_batch()
  journal::ReaderConfig journal_;
  OpenReader open_;
  sink::Sink& sink_;
  Chance chance_;
  std::unique_ptr<journal::Reader> reader_;
  std::optional<Error> not_open_ = Error{ErrorKind::unavailable, "it was not opened yet"};
  Timestamp unread_since_{};  // of the last rewind: the journal is to be opened again

  std::optional<Timestamp> batch_since_;
  std::vector<Range> work_;  // parts of the batch not yet dealt with, the next at the end

  bool held_ = false;      // the reader's event waits to be taken: what is missing before it is not
                           // known yet
  std::string hindrance_;  // of Filled::hindered
  std::optional<std::uint64_t> expected_;   // the index after the last one read
  Missed missed_ = Missed::nothing;         // not yet told to the sink
  std::uint64_t missed_told_ = 0;           // how many, as the reader counts
  std::uint64_t gaps_ = 0;                  // told so far
  std::uint64_t skipped_ = 0;               // by overflow, and not told yet
  std::optional<Timestamp> stalled_since_;  // since when the sink takes nothing
  struct Stretch {
    Timestamp from;
    Timestamp to;
  };
  std::optional<Stretch> passed_over_;  // of skip_newest: what was received in it
  std::uint64_t accepted_end_ = 0;      // after the last event that the sink accepted
  std::uint64_t dealt_end_ = 0;         // after the last event that was read and dealt with
  std::uint64_t committed_ = 0;

  unsigned failures_ = 0;  // in a row
  std::optional<Timestamp> retry_at_;
  std::optional<Timestamp> tick_at_;
  std::chrono::milliseconds pause_{0};
  bool draining_ = false;
  bool closed_ = false;
  bool failed_ = false;
  DeadLetters dead_letters_;
  SinkCounters counters_;
  SinkStages stages_;
  std::string problem_;
  sink::Upkeep upkeep_;
};

}  // namespace mp::pipeline
