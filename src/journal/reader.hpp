// L2. A reader of a journal. Contract: journal.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/control.hpp"
#include "journal/cursor.hpp"
#include "journal/journal.hpp"
#include "journal/segment.hpp"
#include "journal/subjects.hpp"

namespace mp::journal {

class JournalReader final : public Reader {
 public:
  JournalReader(std::shared_ptr<Store> store, Control control, std::optional<Cursor> cursor)
      : store_(std::move(store)), control_(std::move(control)), cursor_(std::move(cursor)) {}

  // Reader::open.
  static Result<std::unique_ptr<JournalReader>> open(const ReaderConfig& config);
  Result<void> start(const ReaderConfig& config);

  Next next() override;
  [[nodiscard]] const Event& event() const override { return event_; }
  [[nodiscard]] const InstrumentFacts& facts() const override { return subjects_.facts(subject_); }
  [[nodiscard]] std::uint64_t index() const override { return index_; }
  [[nodiscard]] std::uint64_t ahead() const override;
  [[nodiscard]] std::uint64_t lost_count() const override { return lost_count_; }
  [[nodiscard]] const std::string& problem() const override { return problem_; }
  [[nodiscard]] const std::string& obstacle() const override { return obstacle_; }
  void release() override { finished_.clear(); }
  void wait(std::chrono::milliseconds longest) override;
  void commit(std::uint64_t index) override;

  // For a reader that merges several: whether wait() would return at once, and why not.
  [[nodiscard]] bool has_news() const;
  [[nodiscard]] bool is_stuck() const { return stuck_; }
  [[nodiscard]] const Control& control() const { return control_; }

 private:
  // `refused`: the system could not do it now, obstacle_ says why; nothing else has changed.
  enum class Opened : std::uint8_t { yes, missing, not_ready, unusable, refused };

  Result<void> refuse_other_version() const;
  Result<void> seek_index(std::uint64_t index);
  Result<void> seek_newest();
  Result<void> seek_oldest();
  void skip_to(std::uint32_t ordinal);

  bool read_record(const RecordHeader& header);
  Next take_event(const RecordHeader& header);
  // These answer nothing when reading can go on at once.
  std::optional<Next> damaged();
  std::optional<Next> at_end();
  std::optional<Next> advance();
  Next damaged_record();
  Opened open_segment(std::uint64_t number);
  Opened open_next(std::uint64_t& number);
  Opened refuse(const std::string& why);
  Opened skip_segment(std::uint64_t number, const std::string& why);
  Result<Fd> find_segment(std::uint64_t number) const;
  Next lose(std::uint64_t count);

  [[nodiscard]] std::uint64_t expected_index() const { return first_index_ + ordinal_; }
  [[nodiscard]] bool is_finished() const;

  const std::shared_ptr<Store> store_;  // shared with the writer of a journal in memory
  const Control control_;
  std::optional<Cursor> cursor_;
  ReaderSubjects subjects_;

  // The segment that is being read; number 0: none yet.
  std::uint64_t number_ = 0;
  Mapping mapping_;
  RecordBytes bytes_;
  std::size_t offset_ = 0;
  std::uint32_t ordinal_ = 0;  // of the next event in it
  std::uint64_t first_index_ = 0;
  std::vector<Mapping> finished_;  // read to the end, until release()

  bool any_start_ = false;       // the first segment to be opened is where reading begins
  std::size_t reported_at_ = 0;  // damage behind which nothing was found yet
  std::uint32_t reported_word_ = 0;
  std::uint64_t pending_lost_ = 0;
  bool pending_problem_ = false;
  bool truncated_ = false;  // the file is shorter than its header says
  bool stuck_ = false;      // there is a next segment, and it cannot be opened yet

  Event event_;
  std::uint32_t subject_ = 0;  // of event_
  std::uint64_t index_ = 0;
  std::uint64_t lost_count_ = 0;
  std::string problem_;
  std::string obstacle_;
};

}  // namespace mp::journal
