#include "pipeline/quarantine.hpp"

namespace mp::pipeline {

Quarantine::Quarantine(QuarantineConfig config, std::string_view venue, obs::Logger& log)
    : config_(std::move(config)), venue_(venue), log_(log) {}

void Quarantine::give_up(const Error& error) {
  writer_.reset();
  failed_ = true;
  log_.error("quarantine_unwritable", {{"venue", venue_}, {"problem", error.message}});
}

void Quarantine::keep(std::string_view frame, const venue::Reading& reading, std::string_view conn,
                      Timestamp ts_recv) {
  if (!writer_ && !failed_ && !config_.file.empty()) {
    std::error_code ignored;  // open() tells what is wrong
    std::filesystem::create_directories(config_.file.parent_path(), ignored);
    auto opened = codec::RecordingWriter::open(
        config_.file, {.venue = venue_, .recorded = ts_recv, .program = "quarantine"});
    if (opened) {
      writer_ = opened.take();
    } else {
      give_up(opened.error());
    }
  }
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
