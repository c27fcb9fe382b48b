// L3. Sink: a destination. It sees one batch at a time, encoded as its section says; queueing,
// batching, retry, dead letters and metrics are the sink runner's (pipeline/sink_runner.hpp). What
// it is called, its keys and what it promises: spec.hpp. To add one: CONTRIBUTING.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"

namespace mp::sink {

// One event of a batch.
struct Item {
  std::uint64_t index = 0;  // the journal's; rising, with holes where events were not for it
  const Event* event = nullptr;
  std::optional<InstrumentKind> kind;  // as the listing said
  std::string_view payload;  // encoded, without the encoder's end; empty without an encoder
  std::string_view subject;  // by the section's template; empty where the spec has none
};

// Events in the journal's order. Views live during write().
struct Batch {
  std::span<const Item> items;
  std::string_view bytes;  // all payloads, each with the encoder's end behind it
};

enum class Outcome : std::uint8_t {
  done,       // accepted
  retriable,  // not now: the runner offers what is not taken again, later
  reopen,     // likewise, and open() comes first: the connection is gone
  permanent,  // never, and it cannot tell which event: the runner bisects and puts that aside
  rewind,     // accepted events above delivered() are lost: the runner reads them again from there
  more,       // a bounded part of the work is done, and the batch not taken yet: the runner makes
              // the same call again, at once unless it is told to stop
};

// An event that is refused for good, by its position in the batch.
struct Refused {
  std::size_t position = 0;
  std::string problem;  // one sentence
};

struct Written {
  Outcome outcome = Outcome::done;
  std::string problem{};  // one sentence, unless done or more
  // Retriable and reopen: so many of the batch, from the first on, are dealt with all the same.
  std::size_t taken = 0;
  // Of those that are dealt with: what goes to the dead letters. Positions rise.
  std::vector<Refused> refused{};
};

// What a sink does by itself beside deliveries (compaction), and does again when it failed.
struct Upkeep {
  std::uint64_t failures = 0;  // tries so far
  std::string problem{};       // why the last one failed, in one sentence; empty: it did not
};

// Called on one thread, the runner's.
class Sink {
 public:
  virtual ~Sink() = default;

  // After an error, and after Outcome::reopen, the runner calls it again, later.
  virtual Result<void> open() = 0;
  virtual Written write(const Batch& batch) = 0;

  // Called between batches with the runner's clock: rotate, flush what is old enough.
  virtual Written tick(Timestamp /*now*/) { return {}; }

  // Events below this index are delivered for good: the runner persists it as the cursor. After a
  // crash the runner starts there, so a sink must make a second delivery of what lies above
  // harmless, and say how. Nothing: all that write() took.
  [[nodiscard]] virtual std::optional<std::uint64_t> delivered() const { return std::nullopt; }

  // Of events that the journal has lost below `event`, which stands at `index`: the end of the last
  // stretch that an earlier run delivered and that begins below `index`; 0: none is known. It may
  // lie behind `index`. Asked for before the batch that `event` is in.
  [[nodiscard]] virtual Result<std::uint64_t> delivered_before(std::uint64_t /*index*/,
                                                               const Event& /*event*/) {
    return 0;
  }

  [[nodiscard]] virtual Upkeep upkeep() const { return {}; }

  // Delivers what is pending.
  virtual Written close() { return {}; }
};

}  // namespace mp::sink
