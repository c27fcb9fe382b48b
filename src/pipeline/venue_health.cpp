#include "pipeline/venue_health.hpp"

#include <algorithm>

namespace mp::pipeline {
namespace {

void add(const CallHealth& calls, CallHealth& sum) {
  sum.submitted += calls.submitted;
  sum.failed += calls.failed;
  sum.active += calls.active;
  sum.waiting += calls.waiting;
  sum.connections += calls.connections;
  sum.reused += calls.reused;
  sum.p95 = std::max(sum.p95, calls.p95);
}

}  // namespace

std::map<std::string, VenueHealth> by_venue(const std::vector<FeedHealth>& feeds) {
  std::map<std::string, VenueHealth> out;
  for (const FeedHealth& feed : feeds) {
    VenueHealth& sum = out[feed.venue];
    sum.hour += feed.hour;
    sum.day += feed.day;
    add(feed.calls, sum.calls);
    for (const ConnectionHealth& each : feed.connections) {
      sum.connects += each.connects;
      sum.disconnects += each.disconnects;
      if (!each.reason.empty()) sum.last_problem = each.reason;
      sum.legs[each.leg] += each.race;
    }
  }
  return out;
}

}  // namespace mp::pipeline
