// L4. BookFeed: one of a symbol's streams of books, as one or several sessions bring it. Each
// session has a book of its own, checked by itself; what goes on is one stream: every update once,
// the first copy, as long as any of the books is right.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "book/keeper.hpp"
#include "pipeline/arbiter.hpp"

namespace mp::pipeline {

// The book that one session keeps.
struct SessionBook {
  SessionBook(const BookRule& rule, book::Keeper::Listener& listener, book::HeldRoom& room)
      : keeper(rule, listener, &room) {}

  book::Keeper keeper;
  SessionId session = 0;  // 0: no session has sent for it yet, or the last one ended
};

class BookFeed {
 public:
  // `listener` and `room` outlive it.
  BookFeed(const BookRule& rule, std::int64_t depth, book::Keeper::Listener& listener,
           book::HeldRoom& room)
      : rule_(rule),
        depth_(depth),
        listener_(listener),
        room_(room),
        first_(rule, listener, room) {}

  // Book::depth; 0: the venue's main stream.
  [[nodiscard]] std::int64_t depth() const { return depth_; }
  // The book of a session, made where there is none.
  SessionBook& book_of(SessionId session) {
    if (first_.session == session) return first_;
    return others_book_of(session);
  }
  // Null where there is none.
  [[nodiscard]] const SessionBook* find(SessionId session) const;
  void for_each(auto&& visit) {
    visit(first_);
    for (const auto& other : others_) visit(*other);
  }
  void for_each(auto&& visit) const {
    visit(std::as_const(first_));
    for (const auto& other : others_) visit(std::as_const(*other));
  }

  // What becomes of an update that a session's book has taken.
  enum class Passing : std::uint8_t {
    on,     // it goes on
    copy,   // it went on already, or is none of what goes on
    whole,  // the stream changes over to this book: `book` goes on as a whole
  };
  [[nodiscard]] Passing judge(const SessionBook& book, const Book& body,
                              const std::optional<Timestamp>& ts_event, Timestamp now) {
    const bool alone = others_.empty();
    if (!alone && in_step_) return judge_among(book, body, ts_event, now);
    in_step_ = true;
    source_.take(book.session, now);
    passed(body, ts_event);
    return Passing::on;
  }

  // A book is no longer right. The stream goes on by another one where there is one; if that is
  // ahead of what went on, or nobody can tell, it goes on as a whole first.
  struct Loss {
    bool of_stream = false;  // nothing goes on until a book is right again
    const SessionBook* whole = nullptr;
  };
  [[nodiscard]] Loss lost(const SessionBook& book);

  [[nodiscard]] bool in_step() const { return in_step_; }
  // The number that what went on stands at.
  [[nodiscard]] std::optional<std::int64_t> last() const { return last_; }
  [[nodiscard]] std::size_t size() const { return 1 + others_.size(); }
  // The book that what went on last came from; another one that is right where that is not.
  [[nodiscard]] const SessionBook& shown() const;
  // When that was, by the venue's clock and by ours.
  [[nodiscard]] std::optional<Timestamp> last_time() const { return last_time_; }
  [[nodiscard]] Timestamp heard() const { return source_.heard(); }

  bool snapshot_pending = false;  // a snapshot was asked for and has not come
  bool gap_open = false;          // a gap was reported that nothing has ended yet

 private:
  SessionBook& others_book_of(SessionId session);
  [[nodiscard]] Passing judge_among(const SessionBook& book, const Book& body,
                                    const std::optional<Timestamp>& ts_event, Timestamp now);
  [[nodiscard]] bool is_newer(const Book& body, const std::optional<Timestamp>& ts_event) const;
  [[nodiscard]] bool follows(const Book& body) const;
  [[nodiscard]] const SessionBook* another_right_one(const SessionBook& than) const;
  void passed(const Book& body, const std::optional<Timestamp>& ts_event) {
    last_ = body.last_sequence;
    last_time_ = ts_event;
  }

  BookRule rule_;
  std::int64_t depth_;
  book::Keeper::Listener& listener_;
  book::HeldRoom& room_;
  SessionBook first_;
  std::vector<std::unique_ptr<SessionBook>> others_;  // of further sessions
  bool in_step_ = false;
  std::optional<std::int64_t> last_;      // of what went on
  std::optional<Timestamp> last_time_{};  // likewise, the venue's clock
  Source source_;                         // whose numbers what goes on follows
};

}  // namespace mp::pipeline
