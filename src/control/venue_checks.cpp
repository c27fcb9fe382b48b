#include "control/venue_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace mp::control {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr milliseconds kBehind{50};  // venues' times may be rounded to milliseconds, and more
constexpr milliseconds kAhead{1000};
constexpr std::chrono::days kCertificateWarning{14};
constexpr std::chrono::days kCertificateFailing{2};
constexpr std::chrono::seconds kSilence{120};
constexpr std::chrono::hours kDiskTimeWarning{24};
constexpr std::chrono::hours kDiskTimeFailing{1};

// What the delays of a venue say: from its clock to ours, the way included.
struct Delays {
  std::string venue;
  milliseconds least = milliseconds::max();
  milliseconds round_trip{0};
};

std::vector<Delays> delays_of(const std::vector<pipeline::FeedHealth>& feeds) {
  std::vector<Delays> out;
  for (const auto& feed : feeds) {
    auto found = std::ranges::find(out, feed.venue, &Delays::venue);
    if (found == out.end()) found = out.insert(out.end(), Delays{.venue = feed.venue});
    for (const auto& each : feed.connections) {
      if (!each.delay || *each.delay >= found->least) continue;
      found->least = *each.delay;
      found->round_trip = each.round_trip.value_or(milliseconds{0});
    }
  }
  std::erase_if(out, [](const Delays& each) { return each.least == milliseconds::max(); });
  return out;
}

std::string in_words(std::chrono::seconds time) {
  if (time >= 48h) return fmt::format("{} days", time / 24h);
  if (time >= 2h) return fmt::format("{} h", time / 1h);
  return fmt::format("{} min", time / 1min);
}

}  // namespace

// A message cannot be here before it was sent: a delay below 0 is a clock's. One above 0 is the
// way, the venue's own work and the clocks together, of which only the way is known, by the round
// trip.
Check venue_clock_check(const std::vector<pipeline::FeedHealth>& feeds) {
  Check out{.name = "venue clocks"};
  const auto venues = delays_of(feeds);
  if (venues.empty()) {
    out.text = "no venue has sent what tells its clock yet";
    return out;
  }
  const auto behind = std::ranges::min_element(venues, {}, &Delays::least);
  const auto least_ahead =
      std::ranges::min(venues, {}, [](const Delays& each) { return each.least - each.round_trip; });
  if (behind->least < -kBehind) {
    const auto agree =
        std::ranges::count_if(venues, [](const Delays& each) { return each.least < -kBehind; });
    out.status = Verdict::warning;
    out.text = fmt::format("our clock is at least {} ms behind that of {} ({} of {} venues say so)",
                           -behind->least.count(), behind->venue, agree, venues.size());
    out.fix = agree == std::ssize(venues) ? "set this machine's clock: run an NTP client"
                                          : "compare with the others: it may be the venue's clock";
    return out;
  }
  if (least_ahead.least - least_ahead.round_trip > kAhead) {
    out.status = Verdict::warning;
    out.text = fmt::format(
        "what comes from {} is {} ms old at best, and a round trip takes {} ms: "
        "our clock may be ahead, or all venues are slow",
        least_ahead.venue, least_ahead.least.count(), least_ahead.round_trip.count());
    out.fix = "run an NTP client, and look at `clock`";
    return out;
  }
  out.text = fmt::format("our clock is at most {} ms ahead of that of {}, and not seen behind any",
                         std::max<std::int64_t>(behind->least.count(), 0), behind->venue);
  return out;
}

Check certificate_check(const std::vector<net::CertificateSeen>& seen, Timestamp now) {
  Check out{.name = "certificates"};
  if (seen.empty()) {
    out.text = "no server has shown one yet";
    return out;
  }
  const auto first = std::ranges::min_element(seen, {}, &net::CertificateSeen::until);
  const auto left = std::chrono::floor<std::chrono::days>(first->until - now);
  out.text = fmt::format("that of {} ends first, in {} days ({} hosts)", first->host, left.count(),
                         seen.size());
  if (left >= kCertificateWarning) return out;
  out.status = left < kCertificateFailing ? Verdict::failing : Verdict::warning;
  out.fix = "the venue (or who runs the proxy) must renew it; nothing connects once it has ended";
  return out;
}

Check silence_check(const std::vector<pipeline::BoardRow>& rows, std::chrono::seconds uptime) {
  Check out{.name = "silent topics"};
  std::size_t silent = 0;
  std::string first;
  for (const auto& row : rows) {
    for (const auto& channel : row.view.channels) {
      if (channel.state != pipeline::StreamState::waiting || channel.legs == 0) continue;
      // Liquidations may keep away for days.
      if (channel.channel == Channel::liquidation) continue;
      if (silent++ == 0)
        first = fmt::format("{} {} {}", row.view.venue, row.name(), mp::name_of(channel.channel));
    }
  }
  if (silent == 0 || uptime < kSilence) {
    out.text = silent == 0 ? "none" : fmt::format("{} have brought nothing yet", silent);
    return out;
  }
  out.status = Verdict::warning;
  out.text = fmt::format("{} are connected and have brought nothing in {}, such as {}", silent,
                         in_words(uptime), first);
  out.fix = "look whether the instrument trades; else the venue may have renamed the topic";
  return out;
}

Check disk_time_check(std::optional<std::chrono::seconds> left) {
  Check out{.name = "disk time"};
  if (!left) {
    out.text = "the room does not shrink, as far as was seen";
    return out;
  }
  out.text = fmt::format("full in {}, as it went in the last minutes", in_words(*left));
  if (*left >= kDiskTimeWarning) return out;
  out.status = *left < kDiskTimeFailing ? Verdict::failing : Verdict::warning;
  out.fix = "make room, or lower retention_bytes in [journal]";
  return out;
}

}  // namespace mp::control
