// Which recorded REST answer answers a request. Hosts do not matter. In this order:
// 1. The same path and query.
// 2. The same path and the same parameters in another order.
// 3. The same path, or one that differs in its version alone ("/api/v1/depth", "/api/v3/depth"),
//    with parameters that do not contradict: what one says in words (not a number, true or false)
//    is all among what the other says. So another limit fits and another symbol does not. Of
//    several, the same path first, then the most parameters in common, then the most values, then
//    the first one recorded.
// A POST is matched by its URL likewise: what it carries was not recorded.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/recorded.hpp"

namespace mp::sim {

class RestAnswers {
 public:
  explicit RestAnswers(std::vector<RecordedAnswer> answers);

  // What was recorded several times comes in that order, and the last one again and again. Null:
  // nothing fits. Lives as long as this.
  [[nodiscard]] const RecordedAnswer* take(std::string_view target);

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;  // sorted
  struct Resource {
    std::string target;
    std::string path;
    std::string plain_path;  // without versions
    Pairs pairs;
    std::vector<RecordedAnswer> answers;
    std::size_t next = 0;
  };

  [[nodiscard]] static Resource resource_of(std::string_view target);
  // The first difference decides.
  struct Score {
    bool same_target = false;
    bool same_pairs = false;
    bool same_path = false;
    std::size_t pairs = 0;
    std::size_t values = 0;
    auto operator<=>(const Score&) const = default;
  };
  // Nothing where it does not fit.
  [[nodiscard]] static std::optional<Score> score(const Resource& recorded, const Resource& asked);

  std::vector<Resource> resources_;
};

}  // namespace mp::sim
