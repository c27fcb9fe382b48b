// L4. Quarantine: frames that could not be used, kept as a recording so that a fixture is one copy
// away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "codec/recording.hpp"
#include "obs/log.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

struct QuarantineConfig {
  std::filesystem::path file;  // empty: nothing is kept, only counted
  std::uint64_t bytes_max = std::uint64_t{64} << 20U;
};

// The file is made when the first frame comes; where it is there already, another beside it.
// Belongs to one thread.
class Quarantine {
 public:
  // `log` outlives it.
  Quarantine(QuarantineConfig config, std::string_view venue, obs::Logger& log);

  void keep(std::string_view frame, const venue::Reading& reading, std::string_view conn,
            Timestamp ts_recv);

  [[nodiscard]] std::uint64_t kept() const { return kept_; }
  [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }  // over the limit, or no disk
  // Hands what was kept to the system.
  void flush();

 private:
  void open(Timestamp now);
  void give_up(const Error& error);

  QuarantineConfig config_;
  std::string venue_;
  obs::Logger& log_;
  std::unique_ptr<codec::RecordingWriter> writer_;
  bool failed_ = false;
  std::uint64_t kept_ = 0;
  std::uint64_t not_kept_ = 0;
};

}  // namespace mp::pipeline
