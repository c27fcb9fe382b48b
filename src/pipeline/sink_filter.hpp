// L4. Which events a sink gets.
#pragma once

#include <bitset>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"

namespace mp::pipeline {

class SinkFilter {
 public:
  SinkFilter() = default;  // all
  // `instruments`: our names, venue:name or venue:symbol, with `*` for any characters; none: all.
  SinkFilter(std::bitset<kChannelCount> channels, std::vector<std::string> instruments);

  // What is of no instrument (a gap of the journal) passes the globs. Remembers its answers.
  bool passes(const Event& event);

 private:
  [[nodiscard]] bool matches(const Event& event) const;

  std::bitset<kChannelCount> channels_ = std::bitset<kChannelCount>{}.set();
  std::vector<std::string> instruments_;
  struct Answer {
    bool passes = false;
    bool named = false;  // by our name too; before that it may not have matched yet
  };
  using OfVenue = std::map<std::string, Answer, std::less<>>;  // by symbol
  std::map<std::string, OfVenue, std::less<>> known_;
};

}  // namespace mp::pipeline
