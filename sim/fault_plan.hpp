// What goes wrong in a served recording, and where: "cut@500,drop~0.001:seed=7".
//
//   WHAT@N  WHAT@N-M   at a place, counted from 1. Frames are counted in each session; the first
//                      session that comes so far has the fault, once.
//   WHAT~P             anywhere, with probability P; :seed=S (1) chooses where. The same seed gives
//                      the same places in the session of the same number.
//
//   drop                 the frame is left out
//   double               it comes twice
//   swap                 it comes after the next one
//   corrupt              one bit in its middle is another
//   delay@N:2s           it comes that much later, and what follows it not before it
//   mute@N:10s           after it, silence for so long, pongs included; without a time, for ever
//   cut                  after it, TCP ends without a goodbye
//   close@N:1001         after it, a close frame with this code
//   refuse@N:503         the Nth upgrade is answered with this status (503)
//   http-status@N:429    the Nth REST call is answered with this status
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace mp::sim {

enum class FaultAction : std::uint8_t {
  drop,
  twice,
  swap,
  corrupt,
  delay,
  mute,
  cut,
  close,
  refuse,
  http_status,
};
inline constexpr std::size_t kFaultActions = 10;
[[nodiscard]] std::string_view fault_name(FaultAction action);

struct FaultRule {
  FaultAction action = FaultAction::drop;
  std::uint64_t first = 0;  // the places; 0: by probability
  std::uint64_t last = 0;
  double probability = 0;
  std::uint64_t seed = 1;
  Nanoseconds time = {};  // of delay and mute
  unsigned code = 0;      // of close, refuse and http-status
  friend bool operator==(const FaultRule&, const FaultRule&) = default;
};

inline constexpr std::size_t kFaultRulesMax = 64;
inline constexpr std::size_t kFaultPlaceMax = 1'000'000'000;

// An empty text is an empty plan. ErrorKind::usage otherwise.
[[nodiscard]] Result<std::vector<FaultRule>> parse_fault_plan(std::string_view text);

// The plan as it is carried out.
class Faults {
 public:
  explicit Faults(const std::vector<FaultRule>& rules);

  // Those that hit this frame of this session; asked again, the same.
  struct Hits {
    bool drop = false;
    bool twice = false;
    bool swap = false;
    bool corrupt = false;
    bool cut = false;
    std::optional<Nanoseconds> delay;
    std::optional<Nanoseconds> mute;
    std::optional<std::uint16_t> close_code;
  };
  [[nodiscard]] Hits at_frame(std::uint64_t session, std::uint64_t frame);
  // The status that answers the next upgrade or REST call instead; both are counted here.
  [[nodiscard]] std::optional<unsigned> at_upgrade();
  [[nodiscard]] std::optional<unsigned> at_rest_call();

 private:
  struct Rule : FaultRule {
    std::optional<std::uint64_t> session;  // that has it
  };
  [[nodiscard]] std::optional<unsigned> status_of(FaultAction action, std::uint64_t number);

  std::vector<Rule> rules_;
  std::uint64_t upgrades_ = 0;
  std::uint64_t rest_calls_ = 0;
};

}  // namespace mp::sim
