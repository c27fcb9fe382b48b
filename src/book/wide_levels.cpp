#include "book/wide_levels.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mp::book {
namespace {

// Above so many changes at once, sorting everything anew is cheaper than inserting one by one, and
// no message can make the work quadratic.
constexpr std::size_t kRebuildAbove = 1024;

template <Best kBest>
bool worse(const Level& a, const Level& b) {
  if constexpr (kBest == Best::highest) return is_below(a, b);
  return is_below(b, a);
}

}  // namespace

template <Best kBest>
void WideLevels<kBest>::set(const Level& change) {
  const auto at = std::lower_bound(levels_.begin(), levels_.end(), change, worse<kBest>);
  const bool found = at != levels_.end() && !worse<kBest>(change, *at);
  if (removes(change)) {
    if (found) levels_.erase(at);
  } else if (found) {
    *at = change;
  } else {
    levels_.insert(at, change);
  }
}

template <Best kBest>
void WideLevels<kBest>::apply(Levels changes) {
  if (changes.size() > kRebuildAbove) {
    levels_.insert(levels_.end(), changes.begin(), changes.end());
    sort_and_unite();
    return;
  }
  for (const Level& change : changes) set(change);
}

// Sorts by price, keeps the last of equal prices, and removes what has no quantity.
template <Best kBest>
void WideLevels<kBest>::sort_and_unite() {
  std::vector<std::uint32_t> order(levels_.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (worse<kBest>(levels_[a], levels_[b])) return true;
    return !worse<kBest>(levels_[b], levels_[a]) && a < b;
  });
  std::vector<Level> united;
  united.reserve(levels_.size());
  for (const std::uint32_t index : order) {
    const Level& level = levels_[index];
    if (!united.empty() && !worse<kBest>(united.back(), level)) united.pop_back();
    united.push_back(level);
  }
  levels_ = std::move(united);
  std::erase_if(levels_, removes);
}

template <Best kBest>
std::size_t WideLevels<kBest>::truncate(std::size_t count) {
  if (levels_.size() <= count) return 0;
  const std::size_t dropped = levels_.size() - count;
  levels_.erase(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(dropped));
  return dropped;
}

template class WideLevels<Best::highest>;
template class WideLevels<Best::lowest>;

}  // namespace mp::book
