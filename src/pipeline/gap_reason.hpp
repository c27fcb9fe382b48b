// L4. Why something is missing: the reasons that more than one place must know, and what each of
// all reasons means.
#pragma once

#include <string_view>

namespace mp::pipeline {

// Frames could not be read: `missing` says how many. What comes after them is right.
inline constexpr std::string_view kMalformedReason = "malformed";
// Of a `disconnected`: the user no longer wants the stream.
inline constexpr std::string_view kNotWantedReason = "no longer wanted";
// In a replay: the recording itself lacks lines, and `missing` says how many.
inline constexpr std::string_view kRecordingReason = "recording";

// A run ended without a word (a kill, a power loss): said by the next one, of what was connected.
inline constexpr std::string_view kCrashReason = "crash";

// A user wanted a book to begin anew.
inline constexpr std::string_view kAskedReason = "asked";
// A connection on which nothing came, or only what was old.
inline constexpr std::string_view kStaleReason = "stale";

// Trades that were missing were had by REST.
inline constexpr std::string_view kBackfillReason = "backfill";

// A sentence for a person: what has happened, and what it cost. Empty for words of a venue.
[[nodiscard]] std::string_view explain(std::string_view reason);

}  // namespace mp::pipeline
