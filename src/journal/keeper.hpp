// L2. The writer's helper thread: prepares the next segment ahead of time, removes what retention
// no longer wants, writes back to the disk, and knows what to do when the disk is full.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "journal/control.hpp"
#include "journal/journal.hpp"
#include "journal/segment.hpp"

namespace mp::journal {

// A segment that is no longer written to.
struct FinishedSegment {
  std::uint64_t number = 0;
  std::uint64_t next_index = 0;  // of the first event behind it
  std::uint64_t bytes = 0;       // on the disk
  std::int64_t end_ns = 0;       // when the next one came into use
};

class Keeper {
 public:
  // `store` and `control` outlive the keeper. `next_number` is that of the first segment to
  // prepare.
  Keeper(const Config& config, Store& store, const Control& control,
         std::deque<FinishedSegment> finished, std::uint64_t next_number);
  ~Keeper();  // writes a spare segment to the disk if it can, removes what was prepared in vain
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // A segment of zeros; waits while one is being prepared. Null: there is no room anywhere, and the
  // keeper goes on trying.
  [[nodiscard]] std::unique_ptr<Segment> take();
  // Whether take() would give one without waiting, and one on the disk.
  [[nodiscard]] bool has_segment() const { return ready_kind_.load() != ReadyKind::none; }
  [[nodiscard]] bool has_disk_segment() const { return ready_kind_.load() == ReadyKind::disk; }

  // The segment that the writer writes to; the keeper syncs it. It stays the writer's.
  void set_active(const Segment& segment);
  // Takes a segment over that is full. `used` bytes of it count.
  void retire(std::unique_ptr<Segment> segment, FinishedSegment facts, std::size_t used);

  // Why there is no segment, for a message.
  [[nodiscard]] int last_error() const { return last_error_.load(); }
  [[nodiscard]] std::uint64_t segments() const { return segments_.load(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(); }
  [[nodiscard]] std::uint64_t sync_errors() const { return sync_errors_.load(); }

 private:
  enum class State : std::uint8_t { preparing, ready, full };
  enum class ReadyKind : std::uint8_t { none, memory, disk };
  struct Retired {
    std::unique_ptr<Segment> segment;
    FinishedSegment facts;
    std::size_t used = 0;
  };

  void run();
  void work(std::unique_lock<std::mutex>& lock);
  void finish_retired(std::vector<Retired> retired);
  void persist_spare();
  void remove_blank(std::uint64_t number);
  void sync_active(const Segment* active);
  void apply_retention(std::uint64_t lent);
  void prepare(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] std::unique_ptr<Segment> create_on_disk(std::uint64_t& number);
  [[nodiscard]] std::unique_ptr<Segment> map_segment(std::uint64_t number, Fd fd);
  [[nodiscard]] std::unique_ptr<Segment> create_in_memory(std::uint64_t& number);
  bool remove_oldest(std::optional<std::uint64_t> held_from);
  void count();
  [[nodiscard]] std::chrono::milliseconds tick() const;

  const Config config_;
  Store& store_;
  const Control& control_;

  // Between the writer, which takes and retires a segment now and then, and the helper thread. The
  // writer holds it for moments only, except in take() when the helper is late.
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::preparing;
  std::unique_ptr<Segment> ready_;
  std::vector<Retired> retired_;
  // Only the helper frees segments, so it may use this without the mutex. Null: in memory, or none.
  const Segment* active_ = nullptr;
  std::uint64_t active_bytes_ = 0;
  std::uint64_t lent_ = 0;  // segments that the writer has: two for a moment when it rolls over
  bool stopping_ = false;

  // The helper's own.
  std::uint64_t next_number_;
  std::deque<FinishedSegment> finished_;  // the oldest first
  std::optional<Retired> spare_;          // finished, to be written to the disk
  bool spare_taken_ = false;
  std::uint64_t synced_index_ = 0;

  std::atomic<ReadyKind> ready_kind_ = ReadyKind::none;
  std::atomic<int> last_error_ = 0;
  std::atomic<std::uint64_t> segments_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> sync_errors_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace mp::journal
