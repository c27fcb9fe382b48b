// L4. WorkQueue: what a feed has to do beside reading frames (REST calls, repairs of books): which
// is next, and when. No I/O: time and chance are arguments. A job that fails is tried again with
// growing pauses, for ever.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/clock.hpp"
#include "pipeline/stream.hpp"
#include "pipeline/venue_budget.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

// Of jobs that are due together, the earlier kind goes first: a book that is not in step is what is
// missed most.
enum class JobKind : std::uint8_t {
  resubscribe,
  snapshot,
  renewal,  // a snapshot of a book that is in step, but will not be for long
  listing,
  poll,
  backfill,
  deepen,  // likewise, of one that began with a shallow snapshot: with weight that nobody else
           // wants
};

// Of a book: to make it right, keep it so, or know more of it.
[[nodiscard]] constexpr bool is_of_book(JobKind kind) {
  return kind <= JobKind::renewal || kind == JobKind::deepen;
}

struct Job {
  JobKind kind = JobKind::snapshot;
  Stream* stream = nullptr;       // of a book to repair, or trades to fill in
  std::size_t rank = 0;           // of those that are due together, the lower goes first
  venue::RestCall call{};         // where it is made by REST
  venue::RestCall instead{};      // of a snapshot: one of another depth; no target: there is none
  TradeWatch::Range ids{};        // of a backfill
  std::chrono::seconds every{0};  // of a poll: until it is to be done again
  std::size_t listing = 0;        // of the venue's listings: the one that leads to this call
  std::uint32_t round = 0;        // of that listing; of a backfill, the page
  unsigned attempt = 0;           // that failed
  net::SteadyTime due{};
};

class WorkQueue {
 public:
  static constexpr std::size_t kListingCallsMax = 4096;  // in a round
  static constexpr unsigned kBackfillTries = 6;
  struct Config {
    std::chrono::seconds listing_every{1800};
    bool snapshots_on_socket = false;
  };
  // `random` outlives it.
  WorkQueue(const Config& config, std::mt19937_64& random) : config_(config), random_(random) {}

  // One of the venue's listings: asked for now, then again and again.
  void add_listing(venue::RestCall call, net::SteadyTime now);
  void add_poll(venue::RestCall call, Stream* stream, std::chrono::seconds every,
                net::SteadyTime due);
  // A book that will ask for a snapshot soon. Those that were expected first go first.
  void expect_book(const Stream& stream);
  // Nobody wants it any more.
  void forget_book(const Stream& stream);
  // What a book needs, by REST or on the socket: then there is no call. `shallow`: a cheaper call
  // than `deep`, which will do where not all books that wait can have a deep one now. A stream has
  // one repair at a time: a newer one takes the place of what still waits. Repairs that come
  // quickly after each other wait longer and longer.
  struct Snapshot {
    venue::RestCall deep{};
    venue::RestCall shallow{};  // no target: there is none
  };
  void repair(Stream& stream, JobKind kind, Snapshot calls, net::SteadyTime now);
  // A book that is right is to be known further.
  void deepen(Stream& stream, venue::RestCall call, net::SteadyTime now);
  // Something is to be done so that the book gets right, or stays so.
  [[nodiscard]] bool repairs(const Stream& stream) const;
  // Trades that are missing, a page of them. Tried a few times: others may have them one day.
  void backfill(Stream& stream, TradeWatch::Range ids, venue::RestCall call, std::uint32_t page,
                net::SteadyTime due);
  // Nothing that waits for the stream's book is wanted any more.
  void drop_repairs(const Stream& stream);
  // Polls by that call which wait.
  void drop_polls(const venue::RestCall& call) {
    std::erase_if(jobs_, [&](const Job& job) {
      return job.kind == JobKind::poll && job.call.target == call.target &&
             job.call.body == call.body;
    });
  }
  void drop_all() { jobs_.clear(); }

  // Takes out what is due and may be done now. A call that goes out by REST comes with the right to
  // make it, which ends with `turn`.
  struct Taken {
    Job job;
    VenueBudget::Call turn;
  };
  [[nodiscard]] std::optional<Taken> take(net::SteadyTime now, VenueBudget& budget);
  // When to call take() again at the latest, and after each done() or failed(); max: never.
  [[nodiscard]] net::SteadyTime wake_at(net::SteadyTime now, const VenueBudget& budget) const;

  // A job of take() has succeeded: what follows from it is queued. Answers how many of the further
  // calls are not: one listing may lead to kListingCallsMax.
  std::size_t done(Job job, std::vector<venue::RestCall> further, net::SteadyTime now);
  // It has failed, and is queued again after the pause that is returned. lasting: the venue refuses
  // it, and time is not likely to change that.
  enum class Failure : std::uint8_t { passing, lasting };
  std::chrono::milliseconds failed(Job job, Failure failure, net::SteadyTime now);
  // What all listings brought is of no use: they are asked for anew after the pause that is
  // returned, which grows each time.
  std::chrono::milliseconds list_again(net::SteadyTime now);
  // It was done on the socket, whose answer may not come: it is queued again for that case.
  void watch(Job job, net::SteadyTime now);

  // Each call of each listing, as far as known, has been tried: what is not in the catalogue now is
  // not there, or in what is missing.
  [[nodiscard]] bool listings_tried() const;
  // At least one listing has come, or the venue has none.
  [[nodiscard]] bool any_listing_came() const;
  // Calls of listings that failed and have not come since.
  [[nodiscard]] std::size_t listings_missing() const;
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }
  // REST calls that are due, and may not be made yet.
  [[nodiscard]] std::size_t calls_waiting(net::SteadyTime now) const;

 private:
  struct Listing {
    venue::RestCall call;
    std::uint32_t round = 0;
    std::size_t untried = 0;  // calls of this round
    std::size_t missing = 0;  // likewise: failed, and not come since
    std::size_t made = 0;
    bool came = false;          // ever
    bool again = false;         // the next round is queued
    bool lacks_itself = false;  // the first call of it is what is missing
  };
  struct Repairs {
    unsigned recent = 0;
    net::SteadyTime last{};
    std::optional<std::size_t> rank{};  // of a book that was expected
    bool awaited = false;               // likewise: it has no snapshot yet
  };

  [[nodiscard]] bool on_socket(const Job& job) const;
  [[nodiscard]] std::vector<Job>::iterator next(net::SteadyTime now);
  void choose_depth(Job& job, net::SteadyTime now, const VenueBudget& budget) const;
  void begin(std::size_t listing, net::SteadyTime now);
  std::size_t listing_done(const Job& job, std::vector<venue::RestCall> further,
                           net::SteadyTime now);
  void plan_next_round(std::size_t listing, net::SteadyTime now);
  [[nodiscard]] std::chrono::milliseconds back_off(unsigned attempt,
                                                   Failure failure = Failure::passing);

  Config config_;
  std::vector<Job> jobs_;
  std::size_t expected_ = 0;   // books, ever
  std::size_t awaited_ = 0;    // those of them that have no snapshot yet
  std::size_t under_way_ = 0;  // calls of take()
  std::vector<Listing> listings_;
  unsigned listed_again_ = 0;
  std::unordered_map<const Stream*, Repairs> repairs_;
  std::mt19937_64& random_;
};

}  // namespace mp::pipeline
