// L4. FeedMachine::Leg: a connection as the machine sees it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pipeline/feed_machine.hpp"
#include "pipeline/silence.hpp"
#include "pipeline/staleness.hpp"

namespace mp::pipeline {

// A connection that answers pings but says nothing is found within half a minute, unless it was
// quiet before.
inline constexpr Silence::Rule kLegSilence{.least = std::chrono::seconds{10},
                                           .means = 20,
                                           .longests = 3,
                                           .soon = std::chrono::seconds{25},
                                           .late = std::chrono::minutes{10}};

class FeedMachine::Leg {
 public:
  Leg(std::string name, std::size_t session, std::size_t place, venue::RequestWriter requests)
      : name_(std::move(name)), session_(session), place_(place), requests_(std::move(requests)) {}

  // In the log and in recordings.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_open() const { return reading_ != nullptr; }
  // Which of those that carry the same, from 0.
  [[nodiscard]] std::size_t place() const { return place_; }

 private:
  friend class FeedMachine;
  // A topic that the venue refused, to be asked for again.
  struct Refused {
    unsigned times = 0;
    net::SteadyTime again{};
    std::string words{};  // of the venue
  };
  // A request, until the venue answers it.
  struct Asked {
    std::vector<venue::Topic> topics;
    std::vector<std::uint64_t> events;  // that had come of each
    bool alone = true;                  // since then: what comes of them, comes by this leg
    unsigned times = 0;                 // before
    net::SteadyTime due{};              // when an answer is missed
  };
  // Frames that could not be read, of a symbol or of none that is known.
  struct Malformed {
    std::int64_t untold = 0;
    net::SteadyTime told = net::SteadyTime::min();
  };

  std::string name_;
  std::size_t session_;  // of the plan
  std::size_t place_;
  venue::RequestWriter requests_;
  std::unique_ptr<Engine::Session> reading_;  // while connected
  std::map<std::int64_t, Asked> asked_;       // by number of request
  std::set<venue::Topic> answered_;           // on this connection
  std::map<std::string, Malformed> malformed_;
  std::map<venue::Topic, Refused> refused_;
  std::string problem_;         // of the last attempt or loss, until it is connected
  bool asked_for_all_ = false;  // since it is connected
  bool retired_ = false;
  bool books_lost_ = false;          // all of them: only a new connection mends that
  net::SteadyTime books_renewed_{};  // for that reason
  net::SteadyTime connected_{};
  Timestamp heard_{};       // the last frame, or the connect
  std::uint64_t data_ = 0;  // frames of data
  Silence silence_{kLegSilence};
  bool mute_told_ = false;
  Staleness staleness_;
  bool stale_ = false;               // for which a new connection was asked for
  Tally tally_;                      // of its sessions that have ended, and what it took over
  std::optional<Timestamp> pinged_;  // by a text that has not been answered
  std::optional<std::chrono::milliseconds> round_trip_;  // of the last one that was
  net::SteadyTime retry_at_{};                           // while it is not connected
  net::SteadyTime asked_until_{};                        // the last request has gone out by then
  net::SteadyTime renew_at_{};                           // a successor is opened
};

}  // namespace mp::pipeline
