// L3. Sink: a destination. It sees one encoded batch at a time; queueing, batching, retry and
// metrics are the sink runner's (pipeline/sink_runner.hpp). To add a sink: CONTRIBUTING.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/event.hpp"
#include "core/result.hpp"

namespace mp::sink {

enum class Encoding : std::uint8_t {
  events,  // Batch::events, typed
  ndjson,  // Batch::bytes, one native JSON object per line
};

// Events in the journal's order. Views live during write().
struct Batch {
  std::uint64_t first_index = 0;  // the journal's index of the first event
  // The journal's index of each event: rising, with holes where events were not for this sink.
  std::span<const std::uint64_t> indexes;
  std::span<const Event> events;
  std::string_view bytes;  // the events encoded as the sink asked; empty for Encoding::events
};

enum class Outcome : std::uint8_t {
  done,       // accepted
  retriable,  // not now: the runner offers the same batch again, later
  permanent,  // never: the runner bisects the batch and puts what is refused aside
  rewind,     // accepted events above delivered() are lost: the runner reads them again from there
  more,       // a bounded part of the work is done, and the batch not taken yet: the runner makes
              // the same call again, at once unless it is told to stop
};

struct Written {
  Outcome outcome = Outcome::done;
  std::string problem;  // one sentence, unless done or more
};

// Called on one thread, the runner's.
class Sink {
 public:
  virtual ~Sink() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual Encoding encoding() const = 0;
  // After an error the runner calls it again, later.
  virtual Result<void> open() = 0;
  virtual Written write(const Batch& batch) = 0;

  // Called between batches with the runner's clock: rotate, flush what is old enough.
  virtual Written tick(Timestamp now) = 0;

  // Events below this index are delivered for good: the runner persists it as the cursor. After a
  // crash the runner starts there, so a sink must make a second delivery of what lies above
  // harmless, and say how.
  [[nodiscard]] virtual std::uint64_t delivered() const = 0;

  // Of events that the journal has lost below `event`, which stands at `index`: the end of the last
  // stretch that an earlier run delivered and that begins below `index`; 0: none is known. It may
  // lie behind `index`. Asked for before the batch that `event` is in.
  [[nodiscard]] virtual Result<std::uint64_t> delivered_before(std::uint64_t /*index*/,
                                                               const Event& /*event*/) {
    return 0;
  }

  // Delivers what is pending.
  virtual Written close() = 0;
};

}  // namespace mp::sink
