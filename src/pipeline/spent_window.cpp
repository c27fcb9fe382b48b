#include "pipeline/spent_window.hpp"

#include <algorithm>

namespace mp::pipeline {
namespace {

constexpr unsigned kAmountBits = 24;
constexpr std::uint64_t kAmountMax = (std::uint64_t{1} << kAmountBits) - 1;

std::uint64_t word_of(std::int64_t number, std::uint64_t amount) {
  return static_cast<std::uint64_t>(number) << kAmountBits | std::min(amount, kAmountMax);
}

}  // namespace

SpentWindow::SpentWindow(const venue::Window& window, Memory& memory)
    : most_(window.count),
      per_(window.per),
      part_((per_ + net::SteadyTime::duration{kParts - 1}) / kParts),
      memory_(memory) {}

SpentWindow::Part SpentWindow::part_of(std::uint64_t word) {
  return {.number = static_cast<std::int64_t>(word >> kAmountBits), .amount = word & kAmountMax};
}

std::int64_t SpentWindow::number_at(net::SteadyTime now) const {
  return now.time_since_epoch() / part_;
}

// When what was spent in it is free again.
net::SteadyTime SpentWindow::end_of(const Part& part) const {
  return net::SteadyTime{part_ * (part.number + 1)} + per_;
}

std::uint64_t SpentWindow::spent(net::SteadyTime now) const {
  std::uint64_t sum = 0;
  for (const auto& word : memory_) {
    const Part part = part_of(word.load(std::memory_order_relaxed));
    if (part.amount > 0 && end_of(part) > now) sum += part.amount;
  }
  return sum;
}

net::SteadyTime SpentWindow::free_at(std::uint64_t amount, net::SteadyTime now) const {
  if (most_ == 0) return now;
  std::array<Part, std::tuple_size_v<Memory>> parts{};
  std::size_t count = 0;
  std::uint64_t left = 0;
  for (const auto& word : memory_) {
    const Part part = part_of(word.load(std::memory_order_relaxed));
    if (part.amount == 0 || end_of(part) <= now) continue;
    parts[count++] = part;
    left += part.amount;
  }
  std::sort(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count),
            [](const Part& a, const Part& b) { return a.number < b.number; });
  auto at = now;
  for (std::size_t i = 0; i < count && left + amount > most_; ++i) {
    at = end_of(parts[i]);
    left -= parts[i].amount;
  }
  return at;
}

// Counted first and looked at then: of two that spend at once, both may see too much and neither
// spends, but never do both spend too much.
bool SpentWindow::spend(std::uint64_t amount, net::SteadyTime now) {
  if (most_ == 0) return true;
  add(amount, now);
  const auto sum = spent(now);
  if (sum <= most_ || sum == amount) return true;
  give_back(amount, now);
  return false;
}

void SpentWindow::add(std::uint64_t amount, net::SteadyTime now) {
  const auto number = number_at(now);
  auto& word = memory_[static_cast<std::size_t>(number) % memory_.size()];
  auto before = word.load();
  while (true) {
    const Part part = part_of(before);
    // What was there is older than the window, unless somebody's clock is ahead of ours.
    const bool of_this = part.number == number;
    const auto after = word_of(number, of_this ? part.amount + amount : amount);
    if (word.compare_exchange_weak(before, after)) return;
  }
}

void SpentWindow::give_back(std::uint64_t amount, net::SteadyTime now) {
  const auto number = number_at(now);
  auto& word = memory_[static_cast<std::size_t>(number) % memory_.size()];
  auto before = word.load();
  while (true) {
    const Part part = part_of(before);
    if (part.number != number) return;
    const auto after = word_of(number, part.amount - std::min(part.amount, amount));
    if (word.compare_exchange_weak(before, after)) return;
  }
}

}  // namespace mp::pipeline
