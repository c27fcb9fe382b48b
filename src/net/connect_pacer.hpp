// L2 net. ConnectPacer: how often many sessions together may try to connect. Any thread may ask,
// and, where its memory is shared, any process.
#pragma once

#include <atomic>
#include <cstdint>

#include "net/clock.hpp"

namespace mp::net {

class ConnectPacer {
 public:
  // While no attempt succeeds, an eighth of what a venue allows is used. The first ones go at the
  // usual pace, so that a short outage is noticed to be over at once.
  static constexpr std::uint32_t kSlower = 8;
  static constexpr Milliseconds kUnslowed{18'000};
  enum class Failing : std::uint8_t { as_usual, slower };
  struct Rule {
    Milliseconds between{0};  // from one attempt to the next; 0: as soon as you like
    std::uint32_t burst = 1;  // so many at once after a rest
    Failing failing = Failing::as_usual;
  };

  // On the steady clock: when the attempts so far would have been made at exactly the pace; and, of
  // those since the last success, at that of failing ones. All zero: there were none.
  struct Memory {
    std::atomic<std::int64_t> due{0};
    std::atomic<std::int64_t> failing_due{0};
  };

  // `all`, the pacer of everybody, is asked too. Both outlive it; without a `memory` it has its
  // own.
  explicit ConnectPacer(const Rule& rule, ConnectPacer* all = nullptr, Memory* memory = nullptr)
      : rule_(rule), all_(all), memory_(memory == nullptr ? own_ : *memory) {}
  ConnectPacer(const ConnectPacer&) = delete;
  ConnectPacer& operator=(const ConnectPacer&) = delete;

  // `now`: the caller is to connect. Later: ask again then, others may come before.
  [[nodiscard]] SteadyTime take(SteadyTime now);
  // An attempt has succeeded.
  void connected();

 private:
  [[nodiscard]] SteadyTime due(SteadyTime now) const;
  [[nodiscard]] SteadyTime failing_due(SteadyTime now) const;
  void give_back();

  const Rule rule_;
  ConnectPacer* const all_;
  Memory own_{};
  Memory& memory_;
};

}  // namespace mp::net
