#include "journal/keeper.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "journal/cursor.hpp"

namespace mp::journal {
namespace {

constexpr std::chrono::milliseconds kIdleTick{1000};  // retention by age
constexpr std::chrono::milliseconds kFullTick{100};   // looking for room on a full disk

// How often a segment is tried at once where the system refuses it for another reason than room.
constexpr int kTriesMax = 3;

// Files in a row that somebody put where the next segments would be.
constexpr int kNumbersTakenMax = 1000;

}  // namespace

Keeper::Keeper(const Config& config, Store& store, const Control& control,
               std::deque<FinishedSegment> finished, std::uint64_t next_number)
    : config_(config),
      store_(store),
      control_(control),
      next_number_(next_number),
      finished_(std::move(finished)),
      thread_([this] { run(); }) {}

Keeper::~Keeper() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  finish_retired(std::move(retired_));
  persist_spare();
  // One that stays is blank, and is removed at the next start.
  if (ready_ && !ready_->in_memory) static_cast<void>(store_.remove_segment(ready_->number));
}

std::unique_ptr<Segment> Keeper::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ != State::preparing; });
  if (state_ == State::full) return nullptr;
  ready_kind_ = ReadyKind::none;
  state_ = State::preparing;
  auto segment = std::move(ready_);
  ++lent_;
  lock.unlock();
  changed_.notify_all();
  return segment;
}

void Keeper::set_active(const Segment& segment) {
  const std::lock_guard guard(mutex_);
  active_ = segment.in_memory ? nullptr : &segment;
  active_bytes_ = segment.in_memory ? 0 : segment.bytes.size();
  lent_ = std::max<std::uint64_t>(lent_, 1);  // one that was resumed was never taken
}

void Keeper::retire(std::unique_ptr<Segment> segment, FinishedSegment facts, std::size_t used) {
  {
    const std::lock_guard guard(mutex_);
    retired_.push_back({std::move(segment), facts, used});
    --lent_;
  }
  changed_.notify_all();
}

std::chrono::milliseconds Keeper::tick() const {
  std::chrono::milliseconds tick = kIdleTick;
  if (state_ == State::full || spare_taken_) tick = kFullTick;
  if (config_.fsync == Fsync::interval) tick = std::min(tick, config_.fsync_interval);
  return std::max(tick, std::chrono::milliseconds{1});
}

void Keeper::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    work(lock);
    changed_.wait_for(lock, tick(), [this] {
      return stopping_ || !retired_.empty() || state_ == State::preparing;
    });
  }
}

void Keeper::work(std::unique_lock<std::mutex>& lock) {
  auto retired = std::move(retired_);
  retired_.clear();
  const Segment* const active = active_;
  const std::uint64_t lent = lent_;
  lock.unlock();
  finish_retired(std::move(retired));
  if (config_.fsync == Fsync::interval) sync_active(active);
  persist_spare();
  apply_retention(lent);
  lock.lock();
  if (!stopping_) prepare(lock);
  count();
}

void Keeper::finish_retired(std::vector<Retired> retired) {
  for (Retired& one : retired) {
    if (one.segment->in_memory) {
      spare_ = std::move(one);
      continue;
    }
    if (config_.fsync != Fsync::none && sync_data(one.segment->fd) != 0) ++sync_errors_;
    finished_.push_back(one.facts);
  }
}

// The spare segment becomes an ordinary one as soon as the disk takes it.
void Keeper::persist_spare() {
  if (!spare_) return;
  const Segment& segment = *spare_->segment;
  const int code = store_.add_segment(segment.number, {segment.bytes.data(), spare_->used});
  if (code != 0) {
    if (code == EEXIST) remove_blank(segment.number);
    last_error_ = code;
    return;
  }
  control_->spare_segment.store(0, std::memory_order_release);
  FinishedSegment facts = spare_->facts;
  facts.bytes = spare_->used;
  const auto behind = std::ranges::find_if(
      finished_, [&](const FinishedSegment& other) { return other.number > facts.number; });
  finished_.insert(behind, facts);
  spare_.reset();
  spare_taken_ = false;
}

// One that was prepared under a number that came into use otherwise, and could not be removed then.
void Keeper::remove_blank(std::uint64_t number) {
  const auto fd = store_.open_segment(number, Access::read);
  if (!fd || !fd->open() || read_segment_header(*fd).state != HeaderState::blank) return;
  static_cast<void>(store_.remove_segment(number));  // again at the next tick
}

void Keeper::sync_active(const Segment* active) {
  const std::uint64_t index = control_->next_index.load(std::memory_order_acquire);
  if (active == nullptr || index == synced_index_) return;
  if (sync_data(active->fd) == 0) {
    synced_index_ = index;
  } else {
    ++sync_errors_;
  }
}

bool Keeper::remove_oldest(std::optional<std::uint64_t> held_from) {
  if (finished_.empty()) return false;
  const FinishedSegment& oldest = finished_.front();
  if (held_from && oldest.next_index > *held_from) return false;
  if (store_.remove_segment(oldest.number) != 0) return false;  // again at the next tick
  finished_.pop_front();
  return true;
}

void Keeper::apply_retention(std::uint64_t lent) {
  const auto total = [&] {
    std::uint64_t bytes = (lent + 1) * config_.segment_bytes;  // and the prepared one
    for (const FinishedSegment& one : finished_) bytes += one.bytes;
    return bytes;
  };
  // The budget of bytes is a promise to the disk: it comes before readers that hold segments.
  while (!finished_.empty() && total() > config_.retention_bytes && remove_oldest(std::nullopt)) {
  }
  const std::int64_t oldest_end =
      wall_clock_ns() - std::chrono::nanoseconds(config_.retention_age).count();
  if (finished_.empty() || finished_.front().end_ns > oldest_end) return;
  const auto held_from = lowest_held_index(store_);
  if (!held_from) return;  // any of them may be held
  while (!finished_.empty() && finished_.front().end_ns <= oldest_end &&
         remove_oldest(*held_from)) {
  }
}

void Keeper::prepare(std::unique_lock<std::mutex>& lock) {
  if (ready_ && !ready_->in_memory) return;
  const bool has_spare = ready_ != nullptr;
  const bool may_use_spare = !has_spare && !spare_taken_ && config_.spare_memory_bytes > 0;
  std::uint64_t number = has_spare ? ready_->number : next_number_;
  // The writer may have rolled over since the last time, and the full segment may lie in retired_.
  const std::uint64_t lent = lent_ + retired_.size();
  lock.unlock();
  apply_retention(lent);
  auto segment = create_on_disk(number);
  if (!segment && may_use_spare) segment = create_in_memory(number);
  lock.lock();
  if (has_spare && !ready_) {
    // The writer has just taken the spare segment, so the number is in use. A segment that was
    // never used and stays is removed at the next start.
    if (segment) static_cast<void>(store_.remove_segment(number));
    return;
  }
  if (segment) {
    next_number_ = number + 1;
    spare_taken_ = segment->in_memory || (spare_taken_ && !has_spare);
    ready_kind_ = segment->in_memory ? ReadyKind::memory : ReadyKind::disk;
    ready_ = std::move(segment);
  }
  state_ = ready_ ? State::ready : State::full;
  changed_.notify_all();
}

// What the system refuses once may work at the next try. A number that is taken, by a file that
// somebody put there, is left to it: `number` is the one that the segment has.
std::unique_ptr<Segment> Keeper::create_on_disk(std::uint64_t& number) {
  int code = 0;
  int taken = 0;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    auto created = store_.create_segment(number, config_.segment_bytes);
    code = created.code;
    if (means_full(code)) {
      const auto held_from = lowest_held_index(store_);
      while (held_from && means_full(code) && remove_oldest(*held_from)) {
        created = store_.create_segment(number, config_.segment_bytes);
        code = created.code;
      }
      if (means_full(code)) break;
    }
    if (code == EEXIST && ++taken < kNumbersTakenMax) {
      ++number;
      tries = -1;
    }
    if (code != 0) continue;
    if (config_.fsync != Fsync::none && store_.sync() != 0) ++sync_errors_;
    if (auto segment = map_segment(number, std::move(created.fd))) return segment;
    code = ENOMEM;
  }
  last_error_ = code;
  return nullptr;
}

std::unique_ptr<Segment> Keeper::map_segment(std::uint64_t number, Fd fd) {
  auto mapping = Mapping::of(fd, config_.segment_bytes, Access::write, "a journal segment");
  if (!mapping) {
    // One that stays is in the way of its number alone, and is removed at the next start.
    static_cast<void>(store_.remove_segment(number));
    return nullptr;
  }
  mapping->touch(0);
  auto segment = std::make_unique<Segment>();
  segment->number = number;
  segment->fd = std::move(fd);
  segment->bytes = mapping.take();
  return segment;
}

std::unique_ptr<Segment> Keeper::create_in_memory(std::uint64_t& number) {
  // It will come to the disk under its number.
  for (int taken = 0; taken < kNumbersTakenMax; ++taken) {
    const auto fd = store_.open_segment(number, Access::read);
    if (!fd || !fd->open()) break;
    ++number;
  }
  Fd fd(::memfd_create("journal-spare", MFD_CLOEXEC));
  if (!fd.open() || reserve_blocks(fd, config_.spare_memory_bytes) != 0) return nullptr;
  auto mapping =
      Mapping::of(fd, config_.spare_memory_bytes, Access::write, "the spare journal segment");
  if (!mapping) return nullptr;
  auto segment = std::make_unique<Segment>();
  segment->number = number;
  segment->fd = std::move(fd);
  segment->bytes = mapping.take();
  segment->in_memory = true;
  return segment;
}

void Keeper::count() {
  std::uint64_t segments = finished_.size();
  std::uint64_t bytes = 0;
  for (const FinishedSegment& one : finished_) bytes += one.bytes;
  if (active_bytes_ > 0) ++segments;
  if (ready_ && !ready_->in_memory) bytes += ready_->bytes.size();
  segments_ = segments;
  bytes_ = bytes + active_bytes_;
}

}  // namespace mp::journal
