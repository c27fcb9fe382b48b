// What the tests of the sink runner share: a journal in a vector and a sink that answers as told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "pipeline/sink_runner.hpp"

namespace mp::pipeline {

using sink::Outcome;
using sink::Written;
using State = SinkFeed::State;
using std::chrono::milliseconds;

inline constexpr Timestamp kNow = from_nanoseconds(1'764'000'000'000'000'000);

// A journal in a vector. It outlives its readers, as files would.
struct FakeJournal {
  std::vector<Event> events;
  std::uint64_t oldest = 0;  // events below this are gone
  std::uint64_t cursor = 0;
  bool closed = false;
  bool refuse_open = false;
  std::string obstacle;  // what idle readers cannot pass
  std::vector<std::uint64_t> commits;

  void add(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      Event event;
      event.venue = "binance";
      event.symbol = "BTCUSDT";
      event.ts_recv = kNow;
      event.seq = events.size() + 1;
      event.body = MarkPrice{{{static_cast<std::int64_t>(event.seq), -2}}};
      if (event.seq % 5 == 0) event.body = IndexPrice{{{1, 0}}};
      events.push_back(event);
    }
  }
};

class FakeReader final : public journal::Reader {
 public:
  explicit FakeReader(FakeJournal& journal) : journal_(journal), next_(journal.cursor) {}

  journal::Next next() override {
    if (next_ < journal_.oldest) {
      lost_ = journal_.oldest - next_;
      next_ = journal_.oldest;
      return journal::Next::lost;
    }
    if (next_ < journal_.events.size()) {
      ++next_;
      return journal::Next::event;
    }
    return journal_.closed ? journal::Next::closed : journal::Next::idle;
  }
  [[nodiscard]] const Event& event() const override { return journal_.events[next_ - 1]; }
  [[nodiscard]] const InstrumentFacts& facts() const override { return facts_; }
  [[nodiscard]] std::uint64_t index() const override { return next_ - 1; }
  [[nodiscard]] std::uint64_t ahead() const override { return journal_.events.size() - next_; }
  [[nodiscard]] std::uint64_t lost_count() const override { return lost_; }
  [[nodiscard]] const std::string& problem() const override { return problem_; }
  [[nodiscard]] const std::string& obstacle() const override { return journal_.obstacle; }
  void release() override {}
  void wait(milliseconds) override {}
  void commit(std::uint64_t index) override {
    journal_.cursor = index;
    journal_.commits.push_back(index);
  }

 private:
  FakeJournal& journal_;
  std::uint64_t next_;
  std::uint64_t lost_ = 0;
  std::string problem_;
  InstrumentFacts facts_;
};

inline OpenReader reader_of(FakeJournal& journal) {
  return [&journal](const journal::ReaderConfig&) -> Result<std::unique_ptr<journal::Reader>> {
    if (journal.refuse_open) return Error{ErrorKind::io, "the disk is gone"};
    return std::unique_ptr<journal::Reader>{std::make_unique<FakeReader>(journal)};
  };
}

// Takes events and answers as the test says.
class FakeSink final : public sink::Sink {
 public:
  Result<void> open() override {
    ++opens;
    return open_answer;
  }
  Result<std::uint64_t> delivered_before(std::uint64_t, const Event&) override { return known_end; }
  Written write(const sink::Batch& batch) override {
    sizes.push_back(batch.items.size());
    std::string joined;
    for (const auto& item : batch.items) joined.append(item.payload).append("\n");
    if (!batch.bytes.empty()) {
      EXPECT_EQ(batch.bytes, joined);
      EXPECT_TRUE(batch.bytes.starts_with("{\"type\":") && batch.bytes.ends_with("}\n"));
    }
    const Written answer = answers(batch);
    const bool done = answer.outcome == Outcome::done;
    auto refused = answer.refused.begin();
    for (std::size_t i = 0; i < (done ? batch.items.size() : answer.taken); ++i) {
      if (refused != answer.refused.end() && refused->position == i) {
        ++refused;
        continue;
      }
      taken.push_back(batch.items[i].index);
      if (const auto* status = std::get_if<Status>(&batch.items[i].event->body)) {
        gaps.emplace_back(batch.items[i].index, status->missing.value_or(-1));
      }
    }
    if (done && !lags) delivered_at = batch.items.back().index + 1;
    return answer;
  }
  Written tick(Timestamp) override {
    if (tick_answer.outcome == Outcome::done && flush_on_tick && !taken.empty())
      delivered_at = taken.back() + 1;
    return tick_answer;
  }
  [[nodiscard]] std::optional<std::uint64_t> delivered() const override { return delivered_at; }
  [[nodiscard]] sink::Upkeep upkeep() const override { return own_work; }
  Written close() override {
    if (close_answer.outcome == Outcome::done && !taken.empty()) delivered_at = taken.back() + 1;
    ++closes;
    return close_answer;
  }

  sink::Upkeep own_work;
  std::function<Written(const sink::Batch&)> answers = [](const auto&) { return Written{}; };
  std::vector<std::uint64_t> taken;
  std::vector<std::size_t> sizes;
  std::vector<std::pair<std::uint64_t, std::int64_t>> gaps;
  std::uint64_t delivered_at = 0;
  bool lags = false;
  bool flush_on_tick = false;
  Written tick_answer;
  Written close_answer;
  int closes = 0;
  int opens = 0;
  Result<void> open_answer;
  Result<std::uint64_t> known_end{0};
};

class TempFile {
 public:
  TempFile() {
    std::string text = std::filesystem::temp_directory_path() / "mp_runner_XXXXXX";
    dir_ = ::mkdtemp(text.data());
  }
  ~TempFile() { std::filesystem::remove_all(dir_); }
  [[nodiscard]] std::filesystem::path path() const { return dir_ / "file"; }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream file{path()};
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) out.push_back(line);
    return out;
  }

 private:
  std::filesystem::path dir_;
};

struct Bench {
  FakeJournal journal;
  FakeSink sink;
  SinkRunnerConfig config{.name = "fake", .form = {.encoder = codec::encoder_named("json")}};
  std::unique_ptr<SinkFeed> feed;
  Timestamp now = kNow;

  void open() {
    feed = std::make_unique<SinkFeed>(config, journal::ReaderConfig{.location = {}, .name = "fake"},
                                      reader_of(journal), sink, [] { return UINT32_MAX; });
    const auto opened = feed->open();
    ASSERT_TRUE(opened.ok()) << opened.error().message;
  }
  // Steps, passing the time that is asked for, until the journal is read or `steps` are done.
  State run(int steps = 10'000) {
    State state = State::busy;
    for (int i = 0; i < steps && state != State::ended && state != State::failed; ++i) {
      state = feed->step(now);
      if (state == State::idle || state == State::backing) now += feed->pause();
      if (state == State::idle && feed->counters().read + journal.oldest >= journal.events.size() &&
          sink.taken.size() + discarded() >= feed->counters().eligible)
        break;
    }
    return state;
  }
  [[nodiscard]] std::uint64_t discarded() const {
    const auto& counters = feed->counters();
    return counters.discarded[0] + counters.discarded[1];
  }
};

inline std::vector<std::uint64_t> range(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> out;
  for (; begin < end; ++begin) out.push_back(begin);
  return out;
}

}  // namespace mp::pipeline
