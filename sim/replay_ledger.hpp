// What a served recording really sent, one JSON object a line, in the order of writing:
// {"conn":C,"session":n,"frame":i,"line":L,"fault":F,"bytes":b} for a frame,
// {"url":U,"line":L,"status":S,"fault":F,"bytes":b} for a REST answer or a refused upgrade.
// `frame` counts from 1 in its connection and `session` over all clients; `line` is that of the
// recording, null where the answer is none of its; F is null or the faults, joined by "+"; bytes of
// the payload are 0 for a frame that a fault left out.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::sim {

struct SentFrame {
  std::string_view connection;
  std::uint64_t session = 0;
  std::uint64_t frame = 0;
  std::uint64_t line = 0;
  std::string fault;
  std::uint64_t bytes = 0;
};

struct SentAnswer {
  std::string target;
  std::uint64_t line = 0;  // 0: none
  unsigned status = 200;
  std::string fault;
  std::uint64_t bytes = 0;
};

inline constexpr std::uint64_t kLedgerBytesMax = std::uint64_t{4} << 30U;

class ReplayLedger {
 public:
  // An empty path: nothing is kept.
  explicit ReplayLedger(std::string path, std::uint64_t bytes_max = kLedgerBytesMax);

  [[nodiscard]] Result<void> open();
  void add(const SentFrame& sent);
  void add(const SentAnswer& sent);
  // Says too whether anything was lost: the disk, or the limit.
  [[nodiscard]] Result<void> close();

 private:
  void add_line();

  std::string path_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint64_t left_out_ = 0;  // lines
  std::ofstream file_;
  std::string line_;
};

}  // namespace mp::sim
