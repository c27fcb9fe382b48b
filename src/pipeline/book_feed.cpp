#include "pipeline/book_feed.hpp"

#include <algorithm>

namespace mp::pipeline {

const SessionBook* BookFeed::find(SessionId session) const {
  const SessionBook* found = nullptr;
  for_each([&](const SessionBook& book) {
    if (book.session == session) found = &book;
  });
  return found;
}

const SessionBook& BookFeed::shown() const {
  const SessionBook* const source = find(source_.session());
  if (source != nullptr && source->keeper.valid()) return *source;
  const SessionBook* const other = another_right_one(first_);
  return first_.keeper.valid() || other == nullptr ? first_ : *other;
}

SessionBook& BookFeed::others_book_of(SessionId session) {
  SessionBook* found = nullptr;
  SessionBook* free = nullptr;
  for_each([&](SessionBook& book) {
    if (book.session == session) found = &book;
    if (book.session == 0 && free == nullptr) free = &book;
  });
  if (found != nullptr) return *found;
  if (free == nullptr)
    free = others_.emplace_back(std::make_unique<SessionBook>(rule_, listener_, room_)).get();
  free->session = session;
  return *free;
}

// An update of one of several books, while what goes on is in step.
BookFeed::Passing BookFeed::judge_among(const SessionBook& book, const Book& body,
                                        const std::optional<Timestamp>& ts_event, Timestamp now) {
  const bool of_source = source_.session() == book.session;
  const bool each_is_whole = rule_.start == BookStart::every_message || depth_ != 0;
  bool goes_on = of_source;
  if (each_is_whole) {
    goes_on = is_newer(body, ts_event);
  } else if (body.last_sequence && last_ && rule_.link != BookLink::none && !body.is_snapshot) {
    goes_on = of_source ? *body.last_sequence > *last_ : follows(body);
  }
  // Begun anew elsewhere: another one that is where the stream is goes on better.
  if (of_source && !each_is_whole && body.is_snapshot && body.last_sequence && last_) {
    const auto* const other = another_right_one(book);
    const auto at = other == nullptr ? std::nullopt : other->keeper.last();
    if (at && (body.last_sequence > last_ ? at <= last_ : at == last_)) {
      source_.take(other->session, now);
      return Passing::copy;
    }
  }
  if (of_source) source_.take(book.session, now);
  if (goes_on) {
    passed(body, ts_event);
    return Passing::on;
  }
  const bool old = body.last_sequence && last_ && *body.last_sequence <= *last_;
  // What goes on does not lead to it: its source will say what lies between, unless it is silent.
  if (of_source || old || each_is_whole || !source_.is(book.session, now)) return Passing::copy;
  passed(body, ts_event);
  return Passing::whole;
}

bool BookFeed::is_newer(const Book& body, const std::optional<Timestamp>& ts_event) const {
  if (body.last_sequence && last_) return *body.last_sequence > *last_;
  return !ts_event || !last_time_ || *ts_event > *last_time_;
}

bool BookFeed::follows(const Book& body) const {
  if (*body.last_sequence <= *last_) return false;
  if (rule_.link == BookLink::previous) return body.previous_sequence == last_;
  return body.first_sequence.value_or(*body.last_sequence) <= *last_ + 1;
}

// The one that is furthest on.
const SessionBook* BookFeed::another_right_one(const SessionBook& than) const {
  const SessionBook* best = nullptr;
  for_each([&](const SessionBook& other) {
    if (&other == &than || other.session == 0 || !other.keeper.valid()) return;
    if (best == nullptr || other.keeper.last() > best->keeper.last()) best = &other;
  });
  return best;
}

BookFeed::Loss BookFeed::lost(const SessionBook& book) {
  if (!in_step_) return {.of_stream = others_.empty()};
  if (source_.session() != book.session) return {};
  const SessionBook* const next = another_right_one(book);
  if (next == nullptr) {
    in_step_ = false;
    source_ = {};
    return {.of_stream = true};
  }
  source_ = {};
  source_.take(next->session, {});
  const auto last = next->keeper.last();
  const bool behind = rule_.link != BookLink::none && last && last_ && *last <= *last_;
  if (behind) return {};
  last_ = last;
  return {.of_stream = false, .whole = next};
}

}  // namespace mp::pipeline
