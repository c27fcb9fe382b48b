// What a served recording reads of strangers: any text is a fault plan or one sentence about it, a
// request target with at most one answer, a ping with a pong or none.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "sim/fault_plan.hpp"
#include "sim/replies.hpp"
#include "sim/rest_match.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mp::sim;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto rules = parse_fault_plan(text);
  if (!rules) {
    MP_ASSERT(rules.error().message.find("expected") != std::string::npos);
  } else {
    Faults faults(*rules);
    for (std::uint64_t frame = 1; frame <= 100; ++frame) {
      const auto hits = faults.at_frame(1, frame);
      MP_ASSERT(hits.drop == faults.at_frame(1, frame).drop);
    }
    if (const auto status = faults.at_upgrade()) MP_ASSERT(*status >= 400);
  }
  RestAnswers answers({{.target = "/api/v1/depth?symbol=A&limit=5", .body = "", .line = 1},
                       {.target = std::string(text), .body = "", .line = 2}});
  const RecordedAnswer* const same = answers.take(text);
  MP_ASSERT(same != nullptr);
  MP_ASSERT(same->target == text);
  PingReplies pings;
  if (const auto pong = pings.answer_to(text)) MP_ASSERT(!pong->empty());
  return 0;
}
