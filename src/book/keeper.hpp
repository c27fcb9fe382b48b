// L3. Keeper: ONE instrument's book, kept provably right: sequencer, levels, held deltas, checksum
// and crossed check. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "book/held_deltas.hpp"
#include "book/known_range.hpp"
#include "book/order_book.hpp"
#include "book/sequencer.hpp"
#include "core/book_rule.hpp"
#include "core/event.hpp"

namespace mp::book {

// What came of one message, and what the caller has to do next.
enum class Step : std::uint8_t {
  emit,     // applied; on_applied was called for each update
  stale,    // dropped, rightly
  renew,    // as emit, but little of the book is still known: ask for a snapshot, unless one is on
            // its way; the book stays valid meanwhile
  held,     // kept until a snapshot comes: ask for one, unless one is on its way
  resync,   // on_gap was called: ask for a snapshot (or resubscribe this instrument)
  refetch,  // the snapshot was too old or without its number: ask again
};

enum class GapReason : std::uint8_t {
  sequence,       // the venue's numbers do not follow each other
  crossed,        // best bid >= best ask
  checksum,       // the venue's checksum is not that of the book
  held_overflow,  // the snapshot did not come before the held deltas reached their limit
  depth,          // the market has left the range of prices that its snapshot had
};
[[nodiscard]] std::string_view name_of(GapReason reason);

struct KeeperCounters {
  std::uint64_t applied = 0;  // updates, snapshots included
  std::uint64_t held = 0;
  std::uint64_t stale = 0;
  std::uint64_t gaps = 0;       // times that on_gap was called
  std::uint64_t resyncs = 0;    // times that a new snapshot was needed
  std::uint64_t refetches = 0;  // snapshots that were of no use
  std::uint64_t renewals = 0;   // snapshots that replaced a valid book which ran low
  std::uint64_t crossed = 0;
  std::uint64_t checksums_checked = 0;
  std::uint64_t checksums_failed = 0;

  KeeperCounters& operator+=(const KeeperCounters& other);
};

// Belongs to one thread.
class Keeper {
 public:
  // Called from within on_update and on_rest_snapshot; must not call back into the keeper's
  // non-const functions. `body` and its levels are views that live during the call.
  class Listener {
   public:
    virtual ~Listener() = default;
    // The book stands at this update, and is valid. A snapshot that was asked for comes here too,
    // with the deltas in it that were told of before, then the held ones that follow it, each with
    // its own times.
    virtual void on_applied(const Book& body, const std::optional<Timestamp>& ts_event,
                            Timestamp ts_recv) = 0;
    // Something is missing. The book is invalid already; the next snapshot ends the gap.
    virtual void on_gap(GapReason reason, const Gap& gap) = 0;
  };

  // `listener` and `room`, where there is one, must outlive the keeper.
  Keeper(const BookRule& rule, Listener& listener, HeldRoom* room = nullptr);

  [[nodiscard]] Step on_update(const Book& body, Timestamp ts_recv,
                               const std::optional<Timestamp>& ts_event);
  // A snapshot that was asked for. That of a socket_snapshot rule may also come as an update.
  // `levels_max`: of a shallow one, where it was cut off; 0: as the rule says.
  [[nodiscard]] Step on_rest_snapshot(const Book& body, Timestamp ts_recv,
                                      const std::optional<Timestamp>& ts_event,
                                      std::size_t levels_max = 0);

  // A deeper snapshot is to replace the shallow one that the book, which is valid, began with: from
  // now on what comes is kept for it, so it must be asked for after this call. The book stays valid
  // meanwhile, and in any case.
  void await_deeper();
  // It will not come.
  void give_up_deeper();

  // The session ended, or a user wants a fresh start: forgets the book, the held deltas and the
  // place in the stream, so that nothing of before can mix with the next snapshot.
  void on_disconnect();

  // The book is in step with the venue.
  [[nodiscard]] bool valid() const { return sequencer_.in_step(); }
  // It began with a snapshot that was cut off sooner than the rule says.
  [[nodiscard]] bool is_shallow() const { return valid() && is_shallow_; }
  // The number that it stands at, where it is valid and the venue numbers its books.
  [[nodiscard]] std::optional<std::int64_t> last() const { return sequencer_.last(); }
  // As far as the book is known, where it began with a snapshot that was cut off.
  [[nodiscard]] std::optional<Price> known_bid() const { return known_.bid(); }
  [[nodiscard]] std::optional<Price> known_ask() const { return known_.ask(); }
  // Empty while not valid. It may have levels beyond what is known: top() has not.
  [[nodiscard]] const OrderBook& book() const { return book_; }
  // The best `count` levels of a side, best first, as far as they are known, in place of what `out`
  // had.
  void top(Side side, std::size_t count, std::vector<Level>& out) const {
    known_.top(book_, side, count, out);
  }
  [[nodiscard]] const KeeperCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t held_count() const { return held_.size(); }
  // A snapshot has to be asked for, by REST or, where the rule says so, on the socket.
  [[nodiscard]] bool wants_rest_snapshot() const {
    return joins(rule_.start) && (!valid() || runs_low_);
  }

 private:
  struct Message {
    const Book& body;
    Update update;
    Timestamp ts_recv;
    const std::optional<Timestamp>& ts_event;
  };

  [[nodiscard]] std::optional<GapReason> take(const Message& message);
  [[nodiscard]] bool is_repeated_snapshot(const Message& message) const;
  [[nodiscard]] std::optional<GapReason> problem_with(const Book& body);
  [[nodiscard]] Step hold(const Message& message);
  [[nodiscard]] bool keep(const Message& message);
  [[nodiscard]] Step emitted(const Message& message);
  [[nodiscard]] bool join(const Message& message, std::size_t levels_max);
  [[nodiscard]] Step replay_held();
  void show(const Book& body, const Message& message);
  void drop_held();
  void forget_book();
  void lose(GapReason reason, const Gap& gap);

  BookRule rule_;
  Listener& listener_;
  Sequencer sequencer_;
  OrderBook book_;
  KnownRange known_;
  bool is_shallow_ = false;
  bool runs_low_ = false;    // or is to get deeper, and so waits for a snapshot while it is valid
  bool overflowed_ = false;  // while it waits for a snapshot: that is said once
  HeldDeltas held_;
  std::size_t shown_ = 0;  // so many of the held deltas are part of what was emitted before
  KeeperCounters counters_;
};

}  // namespace mp::book
