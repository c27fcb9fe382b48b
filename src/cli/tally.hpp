// L6. The statistics of decode and replay: one JSON object, the last line of standard error.
#pragma once

#include <cstdint>
#include <string>

#include "codec/recording.hpp"
#include "pipeline/engine.hpp"

namespace mp::cli {

// {"frames":N,"data":N,"control":N,"unknown":N,"malformed":N,"rejected":N,"events":{...},
// "slow":N,"left_out":N,"elsewhere":N}, left open. slow: data frames that only the exact reader
// could read; left_out: numbers that did not fit; elsewhere: frames of connections of another
// market.
[[nodiscard]] std::string tally(const pipeline::EngineCounters& counters, std::uint64_t elsewhere);
// Adds "damaged" and "skipped", of lines that the reader passed over: what could not be read, and
// what is of a kind that is not known here; and "lost", which the recording says are missing. Says
// them on standard error too, if there are any.
void add_lines(const codec::RecordingCounts& counts, std::string& tally);
// Adds "books", "gaps", "resyncs", "held", "stale", "crossed" and "checksums".
void add_books(const pipeline::Engine& engine, std::string& tally);
// Closes the object and writes it.
void print_tally(std::string tally);

}  // namespace mp::cli
