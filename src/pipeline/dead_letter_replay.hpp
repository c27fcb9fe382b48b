// L4. Sends the dead letters of a sink to it again.
#pragma once

#include <cstdint>
#include <string>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sink/spec.hpp"

namespace mp::pipeline {

struct Replayed {
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;     // again: they stay
  std::uint64_t unreadable = 0;  // lines that stay as they are
  std::string problem;           // the newest, in one sentence
};

// A collector may run, and add letters meanwhile: the sink is another one beside those of its
// shards. ErrorKind::locked: somebody else sends them just now. What the sink has delivered is
// removed from the file in one step at the end; a kill before that may deliver it twice. `now`:
// letters are numbered from it on, so that no sink takes one for an event that the journal had, or
// that an earlier replay delivered.
Result<Replayed> replay_dead_letters(const sink::Settings& settings, Timestamp now);

}  // namespace mp::pipeline
