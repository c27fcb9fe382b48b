// L2 net. ConnectPacer: how often many sessions together may try to connect. Any thread may ask.
#pragma once

#include <cstdint>
#include <mutex>

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

  // `all`, which outlives it, is asked too: the pacer of everybody.
  explicit ConnectPacer(const Rule& rule, ConnectPacer* all = nullptr) : rule_(rule), all_(all) {}
  ConnectPacer(const ConnectPacer&) = delete;
  ConnectPacer& operator=(const ConnectPacer&) = delete;

  // `now`: the caller is to connect. Later: ask again then, others may come before.
  [[nodiscard]] SteadyTime take(SteadyTime now);
  // An attempt has succeeded.
  void connected();

 private:
  [[nodiscard]] SteadyTime free_at() const;

  const Rule rule_;
  ConnectPacer* const all_;
  std::mutex mutex_;  // shards connect on their threads, a few times a minute
  // When the attempts so far would have been made at exactly the pace; and, of those since the last
  // success, at that of failing ones.
  SteadyTime due_{};
  SteadyTime failing_due_{};
};

}  // namespace mp::net
