// L4. FeedMachine::Leg: a connection as the machine sees it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/feed_machine.hpp"

namespace mp::pipeline {

class FeedMachine::Leg {
 public:
  Leg(std::string name, std::size_t session, std::size_t place, venue::RequestWriter requests)
      : name_(std::move(name)), session_(session), place_(place), requests_(std::move(requests)) {}

  // In the log and in recordings.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_open() const { return reading_ != nullptr; }

 private:
  friend class FeedMachine;
  // A topic that the venue refused, to be asked for again.
  struct Refused {
    unsigned times = 0;
    net::SteadyTime again{};
  };

  std::string name_;
  std::size_t session_;  // of the plan
  std::size_t place_;
  venue::RequestWriter requests_;
  std::unique_ptr<Engine::Session> reading_;                 // while connected
  std::map<std::int64_t, std::vector<venue::Topic>> asked_;  // by number of request
  std::map<venue::Topic, Refused> refused_;
  bool asked_for_all_ = false;  // since it is connected
  bool retired_ = false;
  net::SteadyTime connected_{};
  net::SteadyTime asked_until_{};  // the last request has gone out by then
  net::SteadyTime renew_at_{};     // a successor is opened
};

}  // namespace mp::pipeline
