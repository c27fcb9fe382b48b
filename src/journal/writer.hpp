// L2. The writer of a journal. Contract: journal.hpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "journal/control.hpp"
#include "journal/journal.hpp"
#include "journal/keeper.hpp"
#include "journal/recovery.hpp"
#include "journal/segment.hpp"
#include "journal/subjects.hpp"

namespace mp::journal {

class JournalWriter final : public Writer {
 public:
  JournalWriter(const Config& config, std::shared_ptr<Store> store, Fd lock, Control control)
      : config_(config),
        store_(std::move(store)),
        lock_(std::move(lock)),
        control_(std::move(control)) {}
  ~JournalWriter() override;
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  Result<void> start();

  SubjectId subject(std::string_view venue, std::string_view symbol, std::string_view instrument,
                    const InstrumentFacts& facts) override;
  bool append(SubjectId subject, const Event& event) override;
  void publish() override { control_.publish(next_index()); }
  void promise(Timestamp no_earlier) override { control_.promise(to_nanoseconds(no_earlier)); }
  [[nodiscard]] std::uint64_t next_index() const override { return first_index_ + ordinal_; }
  [[nodiscard]] WriterCounters counters() const override;
  [[nodiscard]] WriterTroubles troubles() const override;
  Result<void> sync() override;
  [[nodiscard]] Room room() const override;
  [[nodiscard]] std::filesystem::path location() const override { return store_->location(); }

 private:
  void resume(Recovered recovered);
  bool append_carefully(SubjectId subject, const Event& event, std::size_t length);
  bool drop(SubjectId subject, const Event& event, std::string_view reason);
  bool drop_for_room(SubjectId subject, const Event& event);
  bool make_room(std::uint32_t id, std::size_t length);
  bool write_gaps();
  void write(std::uint32_t id, std::size_t length, const Event& event);
  void write_definition(std::uint32_t id, std::size_t length);
  bool rotate();
  void activate(std::unique_ptr<Segment> segment);
  void begin_with_definitions();
  void choose_path();
  Result<void> write_back();

  const Config config_;
  const std::shared_ptr<Store> store_;  // shared with the readers of a journal in memory
  const Fd lock_;
  const Control control_;
  WriterSubjects subjects_;
  std::unique_ptr<Keeper> keeper_;

  std::unique_ptr<Segment> active_;
  std::byte* base_ = nullptr;
  std::size_t offset_ = 0;
  std::size_t limit_ = 0;  // leaves room for the word that seals the segment
  std::uint32_t salt_ = 0;
  std::uint32_t ordinal_ = 0;  // of the next event in this segment
  std::uint64_t first_index_ = 0;

  bool careful_ = false;             // something has to be looked at with each append
  bool full_ = false;                // there is no segment to write to
  std::vector<std::uint32_t> gaps_;  // subjects with dropped events
  Event gap_event_;
  WriterCounters counters_;
  // Part of troubles(): written by the writer's thread.
  std::atomic<std::uint64_t> too_large_ = 0;
  std::atomic<std::uint64_t> too_large_bytes_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<int> refused_code_ = 0;
  std::atomic<std::uint64_t> sync_errors_ = 0;
};

}  // namespace mp::journal
