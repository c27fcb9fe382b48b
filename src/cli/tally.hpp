// L6. The statistics of decode and replay: one JSON object, the last line of standard error.
#pragma once

#include <string>

#include "codec/recording.hpp"
#include "pipeline/engine.hpp"

namespace mp::cli {

// {"frames":N,"data":N,"control":N,"unknown":N,"malformed":N,"rejected":N,"events":{...}}, left
// open.
[[nodiscard]] std::string tally(const pipeline::EngineCounters& counters);
// Adds "damaged" and "skipped", of lines that the reader passed over: what could not be read, and
// what is of a kind that is not known here. Says them on standard error too, if there are any.
void add_lines(const codec::RecordingCounts& counts, std::string& tally);
// Adds "books", "gaps", "resyncs", "held", "stale", "crossed" and "checksums".
void add_books(const pipeline::Engine& engine, std::string& tally);
// Closes the object and writes it.
void print_tally(std::string tally);

}  // namespace mp::cli
