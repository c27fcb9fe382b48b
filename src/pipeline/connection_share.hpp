// L4. ConnectionShare: how many WebSocket sessions a venue's feeds may have, over all shards.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <set>

namespace mp::pipeline {

// Where nobody has said anything else; also of a configuration.
inline constexpr std::size_t kConnectionsMaxDefault = 5;

// Counts planned sessions: legs and successors, which carry the same topics once more, are no more
// of them. Any thread may ask; that is done when sessions are planned or end.
class ConnectionShare {
 public:
  explicit ConnectionShare(std::size_t most = kConnectionsMaxDefault) : most_(most) {}
  ConnectionShare(const ConnectionShare&) = delete;
  ConnectionShare& operator=(const ConnectionShare&) = delete;

  // A feed's part, which ends with the feed.
  class Part {
   public:
    explicit Part(ConnectionShare& share);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    // So many are needed for all that is wanted here.
    void need(std::size_t sessions);
    // True: one more may be opened, until give_back(). While others have none and may need one,
    // that one is left to them.
    [[nodiscard]] bool take();
    void give_back();

   private:
    friend class ConnectionShare;
    ConnectionShare& share_;
    std::size_t taken_ = 0;
    std::optional<std::size_t> needed_;  // not known before something is planned
  };

  [[nodiscard]] std::size_t most() const { return most_; }
  // By all feeds together, as far as they have planned.
  [[nodiscard]] std::size_t needed() const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;  // shards plan on their threads, off the message path
  std::set<Part*> parts_;
};

}  // namespace mp::pipeline
