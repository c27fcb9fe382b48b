// L3. Sequencer: does this update follow the one before? A machine without I/O, memory or clock
// that runs every venue's BookRule. Uses core.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "core/book_rule.hpp"

namespace mp::book {

// The numbers of one book message, as the venue sent them.
struct Update {
  bool is_snapshot = false;
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> last;
  std::optional<std::int64_t> previous;

  friend constexpr bool operator==(const Update&, const Update&) = default;
};

enum class Action : std::uint8_t {
  apply,
  stale,   // older than the book, or before a snapshot that must come first: drop it
  hold,    // keep it until the snapshot has come
  resync,  // something is missing: the book is no longer right
};

// The numbers that are missing, both ends included; absent where the venue's numbers do not tell.
struct Gap {
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  std::optional<std::int64_t> missing;  // how many: only where the numbers count without holes

  friend constexpr bool operator==(const Gap&, const Gap&) = default;
};

struct Decision {
  Action action = Action::stale;
  Gap gap;  // of a resync
};

enum class Join : std::uint8_t {
  apply,
  refetch,  // older than the first held delta allows, or without its number: ask again
  stale,    // nobody waits for a snapshot
};

// yes: the stream is in step, and the snapshot replaces a book that is right but not known far
// enough. The held deltas end where the stream is.
enum class Renewal : std::uint8_t { no, yes };

class Sequencer {
 public:
  constexpr explicit Sequencer(const BookRule& rule) : rule_(rule) {}

  // What to do with a message of the stream. After resync the sequencer waits for a snapshot.
  [[nodiscard]] constexpr Decision on_update(const Update& update) {
    if (rule_.start == BookStart::every_message) return whole_book(update);
    if (update.is_snapshot) return stream_snapshot(update);
    if (!in_step_ && rule_.start == BookStart::stream_snapshot) return {Action::stale, {}};
    if (in_step_ && !last_) return follow_unnumbered(update);
    if (!well_formed(update)) return resync({});
    if (!in_step_) return {Action::hold, {}};
    switch (rule_.link) {
      case BookLink::first:
        return follow_first(update);
      case BookLink::previous:
        return follow_previous(update);
      case BookLink::none:
        break;
    }
    return follow_unnumbered(update);
  }

  // What to do with a snapshot that was asked for and contains everything up to `last`. `held`: the
  // deltas that came meanwhile, oldest first. After apply, offer each of them to on_update.
  [[nodiscard]] constexpr Join on_snapshot(std::optional<std::int64_t> last,
                                           std::span<const Update> held,
                                           Renewal renewal = Renewal::no) {
    if (!joins(rule_.start) || (in_step_ && renewal == Renewal::no)) return Join::stale;
    if (!last && rule_.link != BookLink::none) return Join::refetch;
    bool reached = !in_step_ || !last || !last_ || *last >= *last_;
    for (const Update& delta : held) {
      if (last && delta.last && *delta.last <= *last) continue;
      if (!reaches_back_to(delta, last)) return Join::refetch;
      // Without links only a delta that the snapshot holds shows that none is missing in between.
      const bool overlaps = &delta != held.data();
      if (rule_.link == BookLink::none && last && delta.last && !overlaps) return Join::refetch;
      reached = true;
      break;
    }
    if (!reached) return Join::refetch;
    start_from(last);
    return Join::apply;
  }

  // Forgets where the stream was: wait for a snapshot.
  constexpr void lose() {
    in_step_ = false;
    joining_ = false;
    last_.reset();
    latest_ = Update{};
  }

  [[nodiscard]] constexpr bool in_step() const { return in_step_; }
  // The number that the book stands at.
  [[nodiscard]] constexpr std::optional<std::int64_t> last() const { return last_; }

 private:
  [[nodiscard]] static constexpr std::int64_t first_of(const Update& update) {
    return update.first.value_or(*update.last);
  }

  // first <= last + 1, without overflow.
  [[nodiscard]] static constexpr bool touches(std::int64_t first, std::int64_t last) {
    return first <= last || first - 1 == last;
  }

  // Has the numbers that the link needs.
  [[nodiscard]] constexpr bool well_formed(const Update& update) const {
    switch (rule_.link) {
      case BookLink::first:
        return update.last && first_of(update) <= *update.last;
      case BookLink::previous:
        return update.last && update.previous;
      case BookLink::none:
        break;
    }
    return true;
  }

  // Does a snapshot at `last` connect to this delta, which ends after it? With `previous`, nothing
  // of this book happened between previous and first, so previous <= last says all.
  [[nodiscard]] constexpr bool reaches_back_to(const Update& delta,
                                               std::optional<std::int64_t> last) const {
    switch (rule_.link) {
      case BookLink::first:
        return touches(first_of(delta), *last);
      case BookLink::previous:
        return *delta.previous <= *last;
      case BookLink::none:
        break;
    }
    return true;
  }

  // Numbers only grow, so an old one is stale rather than a sign of a restart.
  [[nodiscard]] constexpr bool forgives_old() const {
    return joins(rule_.start) || (joining_ && rule_.snapshot_bridges);
  }

  constexpr void start_from(std::optional<std::int64_t> last) {
    in_step_ = true;
    joining_ = true;
    last_ = last;
    latest_ = Update{};
  }

  constexpr Decision advance(const Update& update) {
    joining_ = false;
    if (update.last) last_ = update.last;
    latest_ = update;
    return {Action::apply, {}};
  }

  constexpr Decision resync(const Gap& gap) {
    lose();
    return {Action::resync, gap};
  }

  constexpr Decision whole_book(const Update& update) {
    if (rule_.link != BookLink::none) {
      if (!update.last) return resync({});
      if (last_ && *update.last < *last_) return {Action::stale, {}};
    }
    in_step_ = true;
    return advance(update);
  }

  constexpr Decision stream_snapshot(const Update& update) {
    const auto last = update.last ? update.last : update.first;
    // OKX sent books without numbers until 2022, each message with a checksum.
    if (!last && rule_.link != BookLink::none && rule_.checksum == BookChecksum::none) {
      return resync({});
    }
    start_from(last);
    return {Action::apply, {}};
  }

  constexpr Decision follow_first(const Update& update) {
    const std::int64_t book = *last_;
    const std::int64_t first = first_of(update);
    if (!touches(first, book)) return resync(gap_between(book, first - 1, Counted::yes));
    if (*update.last > book && (first > book || forgives_old())) return advance(update);
    if (is_repeat(update)) return {Action::stale, {}};
    return old();
  }

  constexpr Decision follow_previous(const Update& update) {
    const std::int64_t book = *last_;
    if (*update.previous == book) return advance(update);
    if (joining_ && forgives_old() && *update.previous < book && *update.last > book)
      return advance(update);
    if (is_repeat(update)) return {Action::stale, {}};
    if (*update.previous > book) return resync(gap_between(book, *update.previous, Counted::no));
    if (*update.last > book) return resync({});
    return old();
  }

  // Without a link, or after a snapshot without its number, order of arrival must do (and where the
  // rule has a checksum, that tells what was lost). Numbers at most tell what the snapshot holds
  // already (Bitstamp).
  constexpr Decision follow_unnumbered(const Update& update) {
    if (joins(rule_.start) && joining_ && update.last && last_ && *update.last <= *last_) {
      return {Action::stale, {}};
    }
    return advance(update);
  }

  // The latest update sent twice.
  [[nodiscard]] constexpr bool is_repeat(const Update& update) const {
    return !joining_ && update == latest_;
  }

  // Ends at or before the book, or overlaps it. Where numbers may restart it can mean that the
  // restart was lost.
  constexpr Decision old() {
    if (forgives_old()) return {Action::stale, {}};
    return resync({});
  }

  enum class Counted : std::uint8_t { no, yes };

  // Requires to > book.
  [[nodiscard]] static constexpr Gap gap_between(std::int64_t book, std::int64_t to,
                                                 Counted counted) {
    Gap gap{.from = book + 1, .to = to, .missing = std::nullopt};
    const auto count = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(book);
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (counted == Counted::yes && count <= kMost) gap.missing = static_cast<std::int64_t>(count);
    return gap;
  }

  BookRule rule_;
  bool in_step_ = false;
  bool joining_ = false;  // no delta since the snapshot
  std::optional<std::int64_t> last_;
  Update latest_;  // the delta applied last
};

}  // namespace mp::book
