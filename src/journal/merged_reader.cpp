#include "journal/merged_reader.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "core/assert.hpp"
#include "journal/os.hpp"
#include "journal/reader.hpp"

namespace mp::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::int64_t kNothing = std::numeric_limits<std::int64_t>::min();

// The longest sleep in which nobody looks whether a silent shard is beyond patience.
constexpr milliseconds kHeldWait{10};

class MergedReader final : public Reader {
 public:
  MergedReader(std::vector<std::unique_ptr<JournalReader>> readers, nanoseconds patience)
      : patience_(patience) {
    for (auto& reader : readers) sources_.push_back({.reader = std::move(reader)});
  }

  Next next() override;
  [[nodiscard]] const Event& event() const override { return at().event(); }
  [[nodiscard]] const InstrumentFacts& facts() const override { return at().facts(); }
  [[nodiscard]] std::uint64_t index() const override { return at().index(); }
  [[nodiscard]] std::uint64_t ahead() const override;
  [[nodiscard]] std::uint64_t lost_count() const override { return at().lost_count(); }
  [[nodiscard]] const std::string& problem() const override { return at().problem(); }
  [[nodiscard]] const std::string& obstacle() const override;
  void release() override {
    for (const Source& source : sources_) source.reader->release();
  }
  void wait(milliseconds longest) override;
  void commit(std::uint64_t) override {}

 private:
  struct Source {
    std::unique_ptr<JournalReader> reader;
    Next seen = Next::corrupt;  // what its last next() said; event: reader->event() waits its turn
    // All that it has not handed over has ts_recv of at least that.
    std::int64_t promised = kNothing;
    std::uint64_t published = 0;  // its next_index before that look

    [[nodiscard]] bool has_event() const { return seen == Next::event; }
    [[nodiscard]] std::int64_t ts_recv() const { return to_nanoseconds(reader->event().ts_recv); }
    // False: it was closed when it was read to its end, and is still as it was. To look at a closed
    // journal again costs a search through what is left of its segment.
    [[nodiscard]] bool may_have_more() const {
      const Control& control = reader->control();
      if (seen != Next::closed) return true;
      if (control.absent()) return false;
      return control.state() != WriterState::closed || control->next_index.load() != published;
    }
  };

  [[nodiscard]] const JournalReader& at() const { return *sources_[at_].reader; }
  bool look(std::size_t number);
  [[nodiscard]] std::size_t earliest() const;
  [[nodiscard]] bool is_silent(std::int64_t promised) const {
    return promised < wall_clock_ns() - patience_.count();
  }
  [[nodiscard]] bool may_pass(std::int64_t ts_recv) const;
  Next hand_out(std::size_t number);
  [[nodiscard]] bool holds_up(const Source& source, std::int64_t ts_recv) const;
  [[nodiscard]] bool is_ready(const Source& source, std::int64_t wanted) const;
  [[nodiscard]] bool sleep(nanoseconds longest);

  std::vector<Source> sources_;
  nanoseconds patience_;
  std::size_t at_ = 0;              // whose event, loss or problem was handed out last
  bool taken_ = false;              // it was an event
  std::int64_t newest_ = kNothing;  // ts_recv handed out so far
};

// Of another source the event that waits its turn is behind too.
std::uint64_t MergedReader::ahead() const {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i)
    out += sources_[i].reader->ahead() + (i != at_ && sources_[i].has_event() ? 1U : 0U);
  return out;
}

// False: it has lost or damaged events to tell of.
bool MergedReader::look(std::size_t number) {
  Source& source = sources_[number];
  const Control& control = source.reader->control();
  // In this order: what was appended before the promise is seen by the look that follows.
  const std::int64_t promised = control.absent() ? kNothing : control.promised();
  source.published = control.absent() ? 0 : control->next_index.load();
  source.seen = source.reader->next();
  source.promised = source.seen == Next::idle ? promised : kNothing;
  if (source.seen != Next::lost && source.seen != Next::corrupt) return true;
  at_ = number;
  return false;
}

// The source whose event is the earliest; the number of sources where there is none.
std::size_t MergedReader::earliest() const {
  std::size_t found = sources_.size();
  std::int64_t lowest = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!sources_[i].has_event()) continue;
    const std::int64_t ts_recv = sources_[i].ts_recv();
    if (found != sources_.size() && ts_recv >= lowest) continue;
    found = i;
    lowest = ts_recv;
  }
  return found;
}

// Whether the source, with nothing there to read, may still bring an earlier event.
bool MergedReader::holds_up(const Source& source, std::int64_t ts_recv) const {
  if (source.has_event() || source.promised >= ts_recv || !source.may_have_more()) return false;
  return !source.reader->control().absent() && !is_silent(source.promised);
}

Next MergedReader::next() {
  if (std::exchange(taken_, false) && !look(at_)) return sources_[at_].seen;
  const std::size_t first = earliest();
  // A promise that is known already lets many events pass without another look at who gave it.
  if (first != sources_.size() && may_pass(sources_[first].ts_recv())) return hand_out(first);
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!sources_[i].has_event() && sources_[i].may_have_more() && !look(i))
      return sources_[i].seen;
  }
  const std::size_t found = earliest();
  if (found == sources_.size()) {
    const auto goes_on = [](const Source& source) { return source.may_have_more(); };
    return std::ranges::any_of(sources_, goes_on) ? Next::idle : Next::closed;
  }
  const std::int64_t ts_recv = sources_[found].ts_recv();
  const auto holds = [&](const Source& source) { return holds_up(source, ts_recv); };
  if (ts_recv > newest_ && std::ranges::any_of(sources_, holds)) return Next::idle;
  return hand_out(found);
}

bool MergedReader::may_pass(std::int64_t ts_recv) const {
  if (ts_recv <= newest_) return true;  // its place is over already
  return std::ranges::all_of(sources_, [&](const Source& source) {
    return source.has_event() || source.promised >= ts_recv;
  });
}

Next MergedReader::hand_out(std::size_t number) {
  at_ = number;
  taken_ = true;
  newest_ = std::max(newest_, sources_[number].ts_recv());
  return Next::event;
}

// Whether another look at the source may change what next() answers: `wanted` is the time that it
// has to promise, or kNothing where only its events count.
bool MergedReader::is_ready(const Source& source, std::int64_t wanted) const {
  if (source.has_event() || !source.may_have_more()) return false;
  if (source.seen != Next::idle || source.reader->has_news()) return true;
  if (wanted == kNothing) return false;
  const std::int64_t promised = source.reader->control().promised();
  return promised >= wanted || is_silent(promised);
}

// Of the first that has one.
const std::string& MergedReader::obstacle() const {
  const auto hindered = [](const Source& source) { return !source.reader->obstacle().empty(); };
  const auto found = std::ranges::find_if(sources_, hindered);
  return (found == sources_.end() ? sources_.front() : *found).reader->obstacle();
}

void MergedReader::wait(milliseconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  if (taken_) return;  // what follows the event that was handed out was not looked at yet
  while (true) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= nanoseconds{0} || sleep(left)) return;
  }
}

// Sleeps until something may have changed, or returns true where it has.
bool MergedReader::sleep(nanoseconds longest) {
  const std::size_t first = earliest();
  const bool held = first != sources_.size();
  const std::int64_t wanted = held ? sources_[first].ts_recv() : kNothing;
  std::array<FutexWord, kFutexWordsMax> words;
  std::size_t count = 0;
  bool stuck = false;
  if (held) longest = std::min<nanoseconds>(longest, kHeldWait);
  for (const Source& source : sources_) {
    const Control& control = source.reader->control();
    if (source.has_event() || control.absent()) continue;
    words[count++] = control.prepare_wait();
    if (held) words[count++] = control.prepare_wait_for_promise();
    stuck = stuck || source.reader->is_stuck();
    if (!control.writable()) longest = std::min<nanoseconds>(longest, Control::kPollInterval);
  }
  if (count == 0) return true;  // nothing will ever come
  if (stuck) longest = std::min<nanoseconds>(longest, kHeldWait);
  const auto ready = [&](const Source& source) { return is_ready(source, wanted); };
  if (!stuck && std::ranges::any_of(sources_, ready)) return true;
  futex_wait_any(std::span{words}.first(count), longest);
  return stuck;
}

}  // namespace

Result<std::unique_ptr<Reader>> open_merged(const MergedConfig& config) {
  if (config.locations.empty() || config.locations.size() > kMergedMax)
    return Error{ErrorKind::usage, std::to_string(config.locations.size()) +
                                       " journals cannot be read as one; expected 1 to " +
                                       std::to_string(kMergedMax)};
  const From from = config.from == From::newest ? From::newest : From::oldest;
  std::vector<std::unique_ptr<JournalReader>> readers;
  for (const auto& location : config.locations) {
    auto reader = JournalReader::open({.location = location, .name = {}, .from = from});
    if (!reader) return reader.error();
    readers.push_back(reader.take());
  }
  if (readers.size() == 1) return std::unique_ptr<Reader>(std::move(readers.front()));
  return std::unique_ptr<Reader>(
      std::make_unique<MergedReader>(std::move(readers), config.patience));
}

}  // namespace mp::journal
