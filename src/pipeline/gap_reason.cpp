#include "pipeline/gap_reason.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mp::pipeline {
namespace {

using Explained = std::pair<std::string_view, std::string_view>;
constexpr std::array kExplained = {
    // A run.
    Explained{kCrashReason,
              "the collector ended without a word (kill -9, no memory, a power loss); what came "
              "until the next start is missing"},
    Explained{"stopped",
              "the collector was told to stop; what came until the next start is missing"},
    Explained{kNotWantedReason, "the user took the stream out of what is wanted"},
    Explained{kAskedReason, "the user asked for the book to begin anew"},
    Explained{kRecordingReason,
              "the disk of a recording did not keep up, and frames are missing in it"},
    // What the venue's numbers tell.
    Explained{"sequence",
              "the venue's numbers jump: the messages between them did not reach us; a book is "
              "asked for anew"},
    Explained{"checksum", "the book differed from the venue's checksum, and is asked for anew"},
    Explained{"crossed",
              "the best bid of the book was not below its best ask; it is asked for anew"},
    Explained{"depth",
              "the book had fewer levels than the venue keeps of it; it is asked for anew"},
    Explained{"held_overflow",
              "more updates came before the snapshot than are held for it; the book starts anew"},
    Explained{"other_session",
              "a book was lost on one connection, and goes on as another one has it"},
    Explained{kMalformedReason, "frames could not be read; they are in the quarantine"},
    // Connections.
    Explained{"resolve", "the venue's name had no address"},
    Explained{"refused", "no address of the venue accepted a connection"},
    Explained{"timeout", "the connection was not open in time"},
    Explained{"certificate", "the venue's certificate was not trusted"},
    Explained{"tls", "TLS with the venue failed"},
    Explained{"handshake_status", "the venue answered the upgrade with a refusal"},
    Explained{"handshake", "the venue's answer to the upgrade was no valid one"},
    Explained{"reset", "the connection was reset"},
    Explained{"eof", "the venue ended the connection without a close frame"},
    Explained{"tls_truncated", "the connection ended in the middle of TLS"},
    Explained{"closed", "the venue closed the connection"},
    Explained{"protocol", "the venue broke the WebSocket protocol"},
    Explained{"too_large", "a message was larger than is allowed"},
    Explained{kStaleReason,
              "nothing came for too long, and a ping was not answered; or what came was too old by "
              "the venue's clock"},
    Explained{"overflow", "the venue did not read what we sent"},
    Explained{"requested", "a new connection was wanted: data had stopped, or books were in doubt"},
    Explained{"rotated", "a planned change before the venue's limit"},
    Explained{"io", "the system failed on the connection"},
    // What was lost on this side.
    Explained{"journal disk full", "the journal's disk was full, and its spare memory too"},
    Explained{"journal cannot be written", "the system refused to write the journal"},
    Explained{"event larger than half a journal segment",
              "`segment_bytes` in [journal] is too small"},
};

}  // namespace

std::string_view explain(std::string_view reason) {
  const auto* const found = std::ranges::find(kExplained, reason, &Explained::first);
  return found == kExplained.end() ? std::string_view{} : found->second;
}

}  // namespace mp::pipeline
