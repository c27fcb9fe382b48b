// L2. The journal: an append-only log of events in memory-mapped segment files. One writer, any
// number of readers in any process, each with a cursor of its own. Format and guarantees:
// ARCHITECTURE.md, "The journal".
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/event.hpp"
#include "core/instrument.hpp"
#include "core/result.hpp"

namespace mp::journal {

enum class Fsync : std::uint8_t { none, interval, always };

// What the retention bytes of one journal must hold at least: the segment that is written, the one
// that is prepared, and one to read.
inline constexpr std::uint64_t kSegmentsMin = 3;

struct Config {
  std::filesystem::path dir;                               // empty: memory only
  std::uint64_t segment_bytes = std::uint64_t{64} << 20U;  // a multiple of 4096
  std::uint64_t retention_bytes = std::uint64_t{8}
                                  << 30U;  // of all segments together; the oldest go first
  std::chrono::seconds retention_age{std::chrono::hours{24}};
  // Taken when the disk is full, and written to it when there is room again; 0: none. Until then a
  // kill of the writer loses what lies in it (readers are told how much).
  std::uint64_t spare_memory_bytes = std::uint64_t{64} << 20U;
  Fsync fsync = Fsync::none;
  std::chrono::milliseconds fsync_interval{
      100};  // what a power loss can cost, with Fsync::interval
};

// What events are about: one per venue and symbol. Given out by the writer, meaningful within one
// journal.
struct SubjectId {
  std::uint32_t value = 0;
  friend bool operator==(SubjectId, SubjectId) = default;
};

struct WriterCounters {
  std::uint64_t appended = 0;
  std::uint64_t dropped = 0;   // events that were lost; each stretch is marked by a gap event
  std::uint64_t segments = 0;  // there now
  std::uint64_t bytes = 0;     // that they take, with the one that is prepared
  std::uint64_t sync_errors =
      0;  // times the disk refused to write back, with Fsync other than none
};

// What somebody should hear of while it runs.
struct WriterTroubles {
  std::uint64_t too_large = 0;        // dropped events that no segment takes
  std::uint64_t too_large_bytes = 0;  // the largest of them, as a record
  std::uint64_t refused = 0;          // dropped for another reason than a full disk
  int refused_code = 0;               // the last of these reasons, an errno value
  std::uint64_t sync_errors = 0;      // as WriterCounters has them
  int room_code = 0;                  // why there was last no new segment, an errno value
};

// Where appended events go now.
enum class Room : std::uint8_t {
  as_configured,
  spare_memory,  // the disk is full: Config::spare_memory_bytes
  none,          // events are dropped, and counted
};

// One thread appends. Opening takes the directory's lock (ErrorKind::locked when another process
// has it), finds the end of what was written, and cuts a torn tail.
class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const Config& config);
  virtual ~Writer() = default;

  // The subject of (venue, symbol). Naming its instrument later, or telling new facts of it, is
  // allowed: with the next event readers see the newest. What is empty or absent here stays as it
  // was.
  virtual SubjectId subject(std::string_view venue, std::string_view symbol,
                            std::string_view instrument, const InstrumentFacts& facts = {}) = 0;

  // Writes the event in place; it is committed, and safe from kill -9, when this returns true.
  // False: it was dropped; or, with Fsync::always, the disk refused to write it back (sync_errors):
  // then readers have it all the same.
  virtual bool append(SubjectId subject, const Event& event) = 0;

  // Wakes readers that wait. Call once per batch of appends.
  virtual void publish() = 0;

  // The watermark of a shard: every event appended from now on has ts_recv of at least
  // `no_earlier`. Readers that merge several journals hold events back until all the others have
  // promised as much. Costs a store, and a system call only when somebody waits for it. The
  // journal's own gap events are not covered: they may come late.
  virtual void promise(Timestamp no_earlier) = 0;

  // The index that the next event will have. The first event of a journal has index 0.
  [[nodiscard]] virtual std::uint64_t next_index() const = 0;
  [[nodiscard]] virtual WriterCounters counters() const = 0;
  // Any thread may ask.
  [[nodiscard]] virtual WriterTroubles troubles() const = 0;
  // Writes back all that was appended, with Fsync other than none: for the end, when nothing is
  // appended any more.
  virtual Result<void> sync() = 0;
  [[nodiscard]] virtual Room room() const = 0;
  // The directory, or the name that readers of this process use for a journal in memory.
  [[nodiscard]] virtual std::filesystem::path location() const = 0;
};

enum class Next : std::uint8_t {
  event,    // event() is the next one
  idle,     // nothing new yet, or nothing that can be read now: see obstacle()
  lost,     // retention removed events that this reader had not read: lost_count() of them; reading
            // goes on
  corrupt,  // bytes were damaged here and are skipped: problem() says where, lost_count() how many
            // events are missing, as far as that is known yet; reading goes on
  closed,   // the writer closed the journal and everything was read
};

enum class From : std::uint8_t { cursor, oldest, newest };

struct ReaderConfig {
  std::filesystem::path location;             // Writer::location()
  std::string name;                           // of the persisted cursor; empty: none
  From from = From::cursor;                   // a cursor that does not exist yet means oldest
  std::optional<std::uint64_t> from_index{};  // begin there, whatever `from` says
  bool hold = false;  // keep segments until commit() has passed them (within the retention bytes)
};

// One thread reads. A reader over several journals: merged_reader.hpp. Views in event() (texts,
// levels) point into the mapped segment and live until release().
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> open(const ReaderConfig& config);
  virtual ~Reader() = default;

  virtual Next next() = 0;
  [[nodiscard]] virtual const Event& event() const = 0;
  // What was known of its instrument when it was written, until the following next().
  [[nodiscard]] virtual const InstrumentFacts& facts() const = 0;
  [[nodiscard]] virtual std::uint64_t index() const = 0;  // of event()
  // Events behind event(), as of the last publish(); 0 also where nobody says it.
  [[nodiscard]] virtual std::uint64_t ahead() const = 0;
  [[nodiscard]] virtual std::uint64_t lost_count() const = 0;
  [[nodiscard]] virtual const std::string& problem() const = 0;
  // After idle: what the system refused (a descriptor, memory, a disk in trouble), in one sentence.
  // Nothing is skipped; the next next() tries again. Empty: there is nothing new.
  [[nodiscard]] virtual const std::string& obstacle() const = 0;

  // Ends the life of all views handed out so far; segments that are read to their end are unmapped.
  // A reader that never calls it keeps all that it read mapped, so call it after each batch.
  virtual void release() = 0;

  // Blocks until there is something to read or the time is over. Spinning readers call next()
  // instead.
  virtual void wait(std::chrono::milliseconds longest) = 0;

  // Persists the cursor: a reader of the same name starts at event `index` (the first one not yet
  // dealt with).
  virtual void commit(std::uint64_t index) = 0;
};

}  // namespace mp::journal
