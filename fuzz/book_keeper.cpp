// A venue whose numbers only grow sends a stream; the input says what is lost, doubled, asked for
// and cut off. The keeper may be invalid; each book that it shows must be the venue's, as far as it
// is known.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "book/keeper.hpp"
#include "core/assert.hpp"
#include "tests/unit/book/reference.hpp"

namespace {

using mp::Book;
using mp::BookLink;
using mp::BookRule;
using mp::BookStart;
using mp::Level;
using namespace mp::book;

constexpr std::size_t kMessagesMax = 200;

struct Sent {
  Book body;
  std::vector<Level> bids;
  test::ReferenceBook after{};
};

class Run final : public Keeper::Listener {
 public:
  explicit Run(const BookRule& rule) : rule_(rule), keeper_(rule, *this) { send(1, 1); }

  void on_applied(const Book& body, const std::optional<mp::Timestamp>&, mp::Timestamp) override {
    std::size_t index = 0;
    while (sent_.at(index).body.last_sequence != body.last_sequence) ++index;
    MP_ASSERT(keeper_.valid());
    if (rule_.snapshot_levels == 0) {
      MP_ASSERT(test::same(sent_[index].after, keeper_.book(), kLevelsMax, scratch_));
    } else {
      keeper_.top(mp::Side::buy, kLevelsMax, scratch_);
      MP_ASSERT(scratch_ == sent_[index].after.top(mp::Side::buy, scratch_.size()));
      MP_ASSERT(!scratch_.empty() || sent_[index].after.bid_count() == 0);
    }
    shown_ = index;
  }

  void on_gap(GapReason, const Gap&) override { MP_ASSERT(!keeper_.valid()); }

  // The venue goes on by one message, which need not arrive.
  void send(std::uint8_t skip, std::uint8_t price) {
    Sent next;
    if (!sent_.empty()) next.after = sent_.back().after;
    ++quantity_;
    const bool removes = skip >= 128;
    next.bids.emplace_back(mp::Price{{100 + price, 0}}, mp::Quantity{{removes ? 0 : quantity_, 0}});
    next.after.apply(next.bids, {});
    const std::int64_t first = last_ + 1 + (rule_.link == BookLink::previous ? skip % 4 : 0);
    next.body.first_sequence = first;
    next.body.previous_sequence = last_;
    last_ = first + skip / 4 % 4;
    next.body.last_sequence = last_;
    sent_.push_back(std::move(next));
  }

  void deliver(std::size_t index) {
    Book body = sent_[index].body;
    body.bids = sent_[index].bids;
    (void)keeper_.on_update(body, time(index), std::nullopt);
    newest_ = std::max(newest_, index);
    check(index);
  }

  void snapshot(std::size_t index) {
    const bool is_asked_for = joins(rule_.start);
    const std::size_t depth =
        is_asked_for && rule_.snapshot_levels > 0 ? rule_.snapshot_levels : kLevelsMax;
    const std::vector<Level> bids = sent_[index].after.top(mp::Side::buy, depth);
    Book body = sent_[index].body;
    body.bids = bids;
    body.is_snapshot = true;
    if (is_asked_for) {
      (void)keeper_.on_rest_snapshot(body, time(index), std::nullopt);
    } else {
      (void)keeper_.on_update(body, time(index), std::nullopt);
      newest_ = std::max(newest_, index);
      check(index);
    }
  }

  void disconnect() {
    keeper_.on_disconnect();
    MP_ASSERT(!keeper_.valid() && keeper_.held_count() == 0);
  }

  [[nodiscard]] std::size_t count() const { return sent_.size(); }

 private:
  static mp::Timestamp time(std::size_t index) {
    return mp::from_nanoseconds(static_cast<std::int64_t>(index));
  }

  // When the newest message has just come and the book is valid, the book is not behind it.
  void check(std::size_t delivered) {
    MP_ASSERT(keeper_.held_count() <= rule_.held_max);
    if (keeper_.valid() && delivered == newest_) MP_ASSERT(shown_ >= delivered);
  }

  BookRule rule_;
  Keeper keeper_;
  std::vector<Sent> sent_;
  std::vector<Level> scratch_;
  std::int64_t last_ = 1000;
  std::int64_t quantity_ = 0;
  std::size_t newest_ = 0;
  std::size_t shown_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  BookRule rule;
  rule.held_max = 16;
  rule.start = data[0] % 2 == 0 ? BookStart::rest_snapshot : BookStart::stream_snapshot;
  rule.link = data[0] / 2 % 2 == 0 ? BookLink::first : BookLink::previous;
  rule.snapshot_levels = data[0] / 4 % 2 == 0 ? 0 : 20;
  Run run{rule};
  for (std::size_t i = 1; i + 1 < size && run.count() < kMessagesMax; i += 2) {
    const std::uint8_t argument = data[i + 1];
    const std::size_t back = argument % 8 < run.count() ? argument % 8 : 0;
    switch (data[i] % 8) {
      case 0:
        run.send(argument, data[i] / 8);  // lost
        break;
      case 1:
        run.deliver(run.count() - 1 - back);
        break;
      case 2:
        run.snapshot(run.count() - 1 - back);
        break;
      case 3:
        if (argument % 16 == 0) run.disconnect();
        break;
      default:
        run.send(argument, data[i] / 8);
        run.deliver(run.count() - 1);
    }
  }
  return 0;
}
