// L6. The statistics of decode and replay: one JSON object, the last line of standard error.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/engine.hpp"

namespace mp::cli {

// {"frames":N,"data":N,"control":N,"unknown":N,"malformed":N,"rejected":N,"events":{...},
// "slow":N,"left_out":N,"elsewhere":N}, left open. slow: data frames that only the exact reader
// could read; left_out: numbers that did not fit; elsewhere: frames of connections of another
// market.
[[nodiscard]] std::string tally(const pipeline::EngineCounters& counters, std::uint64_t elsewhere);
// Adds "books", "gaps", "resyncs", "held", "stale", "crossed" and "checksums".
void add_books(const pipeline::Engine& engine, std::string& tally);
// Closes the object and writes it.
void print_tally(std::string tally);

}  // namespace mp::cli
