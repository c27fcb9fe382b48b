// L4. StreamNotes: what is kept of each stream from run to run. What it costs to collect, by which
// the next start spreads the instruments over the shards; its numbers, which go on; and whether it
// was connected, so that a run which ended without a word is marked by the next one; and the trades
// that were missing and still asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "pipeline/stream.hpp"

namespace mp::pipeline {

// What the work on an event weighs where that on a level of a book weighs 1.
inline constexpr std::uint64_t kEventWork = 4;

struct StreamNote {
  std::string venue;
  std::string symbol;
  std::string instrument;                   // ours; may be empty
  std::optional<double> work_per_second{};  // of kEventWork's unit; absent: not measured
  StreamPast past{};
};

// One file with a line for each stream that was ever collected. It is some seconds old when a run
// is killed: what the journals have beyond it is read by the next start (recall()).
class StreamNotes {
 public:
  static constexpr std::size_t kStreamsMax = 50'000;  // the heaviest stay
  static constexpr std::uint64_t kBytesMax = std::uint64_t{32} << 20U;

  // How far the notes of a shard reach: the index after the last event of its journal that is in
  // them, and when that was.
  struct Reach {
    std::uint32_t shard = 0;
    std::uint64_t next_index = 0;
    Timestamp at{};
  };

  // An empty `file`: nothing is kept. Otherwise read() may find one there, or none.
  explicit StreamNotes(std::filesystem::path file) : file_(std::move(file)) {}

  // ErrorKind::data for a file that is damaged: nothing is known then, and write() replaces it.
  // Another kind: the system cannot read it now; then nothing of this run is kept either.
  Result<void> read();
  // The load that read() found, by our name or the venue's symbol.
  [[nodiscard]] std::optional<double> load_of(std::string_view venue, std::string_view name) const;

  // At the start, of each shard's journal: the index from which on its events are to be recalled,
  // where the journal ends at `next_index`. Nothing: all that it has, since a power loss took what
  // the notes have, or there are none.
  [[nodiscard]] std::optional<std::uint64_t> reach(std::uint32_t shard, std::uint64_t next_index);
  void recall(const Event& event);
  // Then: each channel that was connected is no longer. Numbers go on by the status events that
  // say so, at `now`: no `since` is later, also where the clock was set back.
  struct Ended {
    std::string_view venue;
    std::string_view symbol;
    std::string_view instrument;
    Channel channel = Channel::trade;
    std::uint64_t seq = 0;             // of the status event
    std::optional<Timestamp> since{};  // Status::since
  };
  void end_all(Timestamp now, const std::function<void(const Ended&)>& visit);

  // The rest is for any thread.
  [[nodiscard]] std::optional<StreamPast> past_of(std::string_view venue,
                                                  std::string_view symbol) const;
  void put(const Reach& reach, std::span<const StreamNote> notes);
  // The same for a thread that must not wait: false where another one is at it.
  bool try_put(const Reach& reach, std::span<const StreamNote> notes);
  // The file is replaced as a whole.
  [[nodiscard]] Result<void> write() const;

 private:
  struct Entry {
    std::string instrument;
    std::optional<double> work_per_second;
    StreamPast past;
  };
  using Key = std::pair<std::string, std::string>;  // venue and symbol

  [[nodiscard]] std::string text() const;
  void take(const Reach& reach, std::span<const StreamNote> notes);
  bool take(std::string_view line);
  bool take_reach(std::string_view line);

  std::filesystem::path file_;
  std::map<Key, double> loads_;  // by venue and either name
  // Of events that were recalled, by venue; and up to when the notes themselves reach.
  std::map<std::string, Timestamp, std::less<>> heard_;
  std::optional<Timestamp> noted_at_;
  // Each shard's thread puts what it knows, about once a minute; another one writes the file.
  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::map<std::uint32_t, Reach> reaches_;
};

}  // namespace mp::pipeline
