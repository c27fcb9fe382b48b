#include "pipeline/quarantine.hpp"

#include <fmt/format.h>

#include "pipeline/recording.hpp"

namespace mp::pipeline {
namespace {

constexpr unsigned kFilesMax = 16;  // of all runs, each of bytes_max

}  // namespace

Quarantine::Quarantine(QuarantineConfig config, std::string_view venue, obs::Logger& log)
    : config_(std::move(config)), venue_(venue), log_(log) {}

void Quarantine::give_up(const Error& error) {
  writer_.reset();
  failed_ = true;
  log_.error("quarantine_unwritable", {{"venue", venue_}, {"problem", error.message}});
}

// What an earlier run kept stays as it is.
void Quarantine::open(Timestamp now) {
  std::error_code ignored;  // open() tells what is wrong
  std::filesystem::create_directories(config_.file.parent_path(), ignored);
  const auto file = next_name(config_.file, 1, kFilesMax);
  if (file.empty()) {
    return give_up({ErrorKind::io, fmt::format("there are {} files beside {} already; move some "
                                               "away",
                                               kFilesMax, config_.file.string())});
  }
  auto opened = codec::RecordingWriter::open(
      file, {.venue = venue_, .recorded = now, .program = "quarantine"}, codec::Existing::refuse);
  if (!opened) return give_up(opened.error());
  if (file != config_.file) {
    log_.warn("quarantine_beside", {{"exists", config_.file.string()}, {"file", file.string()}});
  }
  writer_ = opened.take();
}

void Quarantine::keep(std::string_view frame, const venue::Reading& reading, std::string_view conn,
                      Timestamp ts_recv) {
  if (!writer_ && !failed_ && !config_.file.empty()) open(ts_recv);
  if (!writer_ || writer_->bytes() + frame.size() > config_.bytes_max) {
    ++not_kept_;
    return;
  }
  ++kept_;
  writer_->recv(conn, ts_recv, frame, codec::Payload::text);
  if (reading.verdict == venue::Verdict::malformed) flush();
}

void Quarantine::flush() {
  if (!writer_) return;
  if (const auto flushed = writer_->flush(); !flushed) give_up(flushed.error());
}

}  // namespace mp::pipeline
