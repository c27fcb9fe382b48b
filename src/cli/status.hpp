// L6. What a collector says of its connections and sinks: to who asks for its status, and at its
// end.
#pragma once

#include <string>
#include <vector>

#include "pipeline/feed_state.hpp"
#include "pipeline/view.hpp"

namespace mp::cli {

// A line for each connection, and for each instrument that waits.
[[nodiscard]] std::string status_table(const std::vector<pipeline::FeedHealth>& health,
                                       const std::vector<pipeline::Waiting>& waiting);
// A JSON object a line: of each feed (pipeline/health.hpp, behind "type":"feed"), then of each
// instrument that waits ("type":"waiting").
[[nodiscard]] std::string status_json(const std::vector<pipeline::FeedHealth>& health,
                                      const std::vector<pipeline::Waiting>& waiting);
// A line for each sink that is in trouble; JSON objects behind "type":"sink" of all.
[[nodiscard]] std::string sink_troubles(const std::vector<pipeline::SinkView>& sinks);
[[nodiscard]] std::string sinks_json(const std::vector<pipeline::SinkView>& sinks);
// "57 of 58 live, 3 gaps", for a service manager.
[[nodiscard]] std::string status_line(const std::vector<pipeline::InstrumentView>& instruments);
// A line for each venue: how long it was there, and with several legs, which one led.
[[nodiscard]] std::string summary_of(const std::vector<pipeline::FeedHealth>& health);

}  // namespace mp::cli
