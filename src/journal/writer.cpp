#include "journal/writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "core/assert.hpp"

namespace mp::journal {
namespace {

constexpr std::string_view kDiskFull = "journal disk full";
constexpr std::string_view kCannotWrite = "journal cannot be written";
constexpr std::string_view kTooLarge = "event larger than half a journal segment";

Result<void> check(const Config& config) {
  const auto refuse = [](const std::string& message) { return Error{ErrorKind::config, message}; };
  const auto is_size = [](std::uint64_t bytes) {
    return bytes % kPageBytes == 0 && bytes >= kSegmentBytesMin && bytes <= kSegmentBytesMax;
  };
  const std::string sizes = "a multiple of 4096 from 65536 to 1073741824";
  if (!is_size(config.segment_bytes))
    return refuse("journal segment_bytes is " + std::to_string(config.segment_bytes) +
                  "; expected " + sizes);
  if (config.retention_bytes < kSegmentsMin * config.segment_bytes)
    return refuse("journal retention_bytes is " + std::to_string(config.retention_bytes) +
                  "; expected at least " + std::to_string(kSegmentsMin) + " segments, " +
                  std::to_string(kSegmentsMin * config.segment_bytes));
  if (config.spare_memory_bytes != 0 && !is_size(config.spare_memory_bytes))
    return refuse("journal spare_memory_bytes is " + std::to_string(config.spare_memory_bytes) +
                  "; expected 0 or " + sizes);
  return {};
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const Config& config) {
  if (const auto checked = check(config); !checked) return checked.error();
  std::shared_ptr<Store> store;
  Config actual = config;
  if (config.dir.empty()) {
    store = create_memory_store();
    actual.spare_memory_bytes = 0;  // it is in memory already
    actual.fsync = Fsync::none;
  } else {
    auto opened = open_directory_store(config.dir, OpenMode::create);
    if (!opened) return opened.error();
    store = opened.take();
  }
  auto lock = store->lock();
  if (!lock) return lock.error();
  auto control = Control::create(*store);
  if (!control) return control.error();
  auto writer = std::make_unique<JournalWriter>(actual, store, lock.take(), control.take());
  if (const auto started = writer->start(); !started) return started.error();
  return std::unique_ptr<Writer>(std::move(writer));
}

Result<void> JournalWriter::start() {
  const std::uint64_t published = control_->next_index.load(std::memory_order_acquire);
  auto recovered = recover(*store_, published, subjects_);
  if (!recovered) return recovered.error();
  first_index_ = recovered->next_index;
  try {
    keeper_ = std::make_unique<Keeper>(config_, *store_, control_, std::move(recovered->finished),
                                       recovered->next_number);
  } catch (const std::system_error& error) {  // no thread is to be had
    return os_error("cannot start the thread that prepares journal segments", error.code().value());
  }
  if (recovered->segment) {
    resume(recovered.take());
  } else if (!rotate()) {
    return os_error("cannot reserve " + std::to_string(config_.segment_bytes) +
                        " bytes for a journal segment in " + store_->location().string(),
                    keeper_->last_error());
  }
  control_.set_state(WriterState::open);
  publish();
  return {};
}

void JournalWriter::resume(Recovered recovered) {
  first_index_ = recovered.header.first_index;
  ordinal_ = recovered.ordinal;
  salt_ = recovered.header.salt;
  activate(std::move(recovered.segment));
  offset_ = recovered.offset;
  if (offset_ > limit_) offset_ = limit_;
  control_->active_segment.store(active_->number, std::memory_order_release);
  choose_path();
}

JournalWriter::~JournalWriter() {
  if (!keeper_ || !active_) return;
  if (full_ && keeper_->has_segment()) rotate();
  write_gaps();  // also when the disk is full: the last segment may have room for them
  publish();
  if (active_ && active_->in_memory) {
    commit_record(base_ + offset_, kSealed);
    const std::uint64_t number = active_->number;
    keeper_->retire(std::move(active_), {number, next_index(), 0, wall_clock_ns()},
                    offset_ + kRecordAlign);
  }
  keeper_.reset();
  // An owner that wants to know has called sync() before.
  static_cast<void>(write_back().ok());
  control_.set_state(WriterState::closed);
  // Readers that wait have to learn that nothing more will come.
  control_->waiting.store(1);
  publish();
}

SubjectId JournalWriter::subject(std::string_view venue, std::string_view symbol,
                                 std::string_view instrument, const InstrumentFacts& facts) {
  return {subjects_.find_or_add({venue, symbol, instrument, facts})};
}

bool JournalWriter::append(SubjectId subject, const Event& event) {
  const std::size_t length = event_record_bytes(event.body);
  if (careful_ || subject.value >= subjects_.size() ||
      subjects_.defined_in(subject.value) != active_->number || length > limit_ - offset_)
      [[unlikely]] {
    return append_carefully(subject, event, length);
  }
  write(subject.value, length, event);
  ++counters_.appended;
  return true;
}

bool JournalWriter::append_carefully(SubjectId subject, const Event& event, std::size_t length) {
  if (subject.value >= subjects_.size()) {
    ++counters_.dropped;  // a subject that could not be defined: there is no stream to mark
    return false;
  }
  if (length > config_.segment_bytes / 2) {
    too_large_bytes_ = std::max<std::uint64_t>(too_large_bytes_, length);
    ++too_large_;
    drop(subject, event, kTooLarge);
    if (!full_) write_gaps();
    choose_path();
    return false;
  }
  if (full_ && !(keeper_->has_segment() && rotate())) return drop_for_room(subject, event);
  if (active_->in_memory && keeper_->has_disk_segment()) rotate();
  if (!write_gaps() || !make_room(subject.value, length)) return drop_for_room(subject, event);
  write(subject.value, length, event);
  ++counters_.appended;
  choose_path();
  // Should this memory be lost, the indices of its events are not given out again.
  if (active_->in_memory) control_->next_index.store(next_index(), std::memory_order_relaxed);
  if (config_.fsync == Fsync::always && !active_->in_memory && sync_data(active_->fd) != 0) {
    ++sync_errors_;
    return false;
  }
  return true;
}

bool JournalWriter::drop(SubjectId subject, const Event& event, std::string_view reason) {
  WriterSubjects::Subject& about = subjects_[subject.value];
  if (about.dropped == 0) {
    gaps_.push_back(subject.value);
    about.dropped_since = event.ts_recv;
  }
  ++about.dropped;
  about.dropped_at = event.ts_recv;
  about.reason = reason;
  ++counters_.dropped;
  choose_path();
  return false;
}

Room JournalWriter::room() const {
  if (full_) return Room::none;
  const bool borrowed = active_->in_memory && !config_.dir.empty();
  return borrowed ? Room::spare_memory : Room::as_configured;
}

bool JournalWriter::drop_for_room(SubjectId subject, const Event& event) {
  const int code = keeper_->last_error();
  if (means_full(code)) return drop(subject, event, kDiskFull);
  refused_code_ = code;
  ++refused_;
  return drop(subject, event, kCannotWrite);
}

// What keeps the next append from the short path.
void JournalWriter::choose_path() {
  careful_ = full_ || !gaps_.empty() || active_->in_memory || config_.fsync == Fsync::always;
}

// One gap event for each subject that lost events, with their exact number.
bool JournalWriter::write_gaps() {
  while (!gaps_.empty()) {
    const std::uint32_t id = gaps_.back();
    WriterSubjects::Subject& about = subjects_[id];
    gap_event_.ts_event.reset();
    gap_event_.ts_recv = about.dropped_at;
    gap_event_.seq = 0;  // the journal's own: it is in no venue's sequence
    Status status;
    status.condition = Condition::gap;
    status.reason = about.reason;
    status.missing = static_cast<std::int64_t>(about.dropped);
    status.since = about.dropped_since;
    gap_event_.body = status;
    const std::size_t length = event_record_bytes(gap_event_.body);
    if (!make_room(id, length)) return false;
    write(id, length, gap_event_);
    about.dropped = 0;
    gaps_.pop_back();
  }
  return true;
}

// Room for the record and for the definition of its subject, which is written here if it is
// missing.
bool JournalWriter::make_room(std::uint32_t id, std::size_t length) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool defined = subjects_.defined_in(id) == active_->number;
    const std::size_t definition =
        defined ? 0 : definition_record_bytes(subjects_[id].definition());
    if (definition + length <= limit_ - offset_) {
      if (!defined) write_definition(id, definition);
      return true;
    }
    if (attempt == 0 && !rotate()) return false;
  }
  return false;
}

void JournalWriter::write(std::uint32_t id, std::size_t length, const Event& event) {
  std::byte* const at = base_ + offset_;
  const auto size = static_cast<std::uint32_t>(length);
  write_event_record(at, {id, ordinal_, size, salt_ ^ static_cast<std::uint32_t>(offset_)}, event);
  commit_record(at, size);
  offset_ += length;
  ++ordinal_;
}

void JournalWriter::write_definition(std::uint32_t id, std::size_t length) {
  std::byte* const at = base_ + offset_;
  const auto size = static_cast<std::uint32_t>(length);
  write_definition_record(at, {id, ordinal_, size, salt_ ^ static_cast<std::uint32_t>(offset_)},
                          subjects_[id].definition());
  commit_record(at, size);
  offset_ += length;
  subjects_.set_defined_in(id, active_->number);
}

void JournalWriter::activate(std::unique_ptr<Segment> segment) {
  active_ = std::move(segment);
  base_ = active_->bytes.data();
  limit_ = active_->bytes.size() - kRecordAlign;
  keeper_->set_active(*active_);
}

// The new segment is complete before the old one is sealed, so a kill at any point leaves a journal
// that readers can follow.
bool JournalWriter::rotate() {
  auto next = keeper_->take();
  full_ = next == nullptr;
  if (full_) return false;
  std::unique_ptr<Segment> old = std::move(active_);
  std::byte* const old_end = old ? base_ + offset_ : nullptr;
  const std::size_t old_used = offset_ + kRecordAlign;
  const SegmentHeader header{.salt = random_number(),
                             .number = next->number,
                             .first_index = next_index(),
                             .created_ns = wall_clock_ns(),
                             .size = next->bytes.size()};
  write_segment_header(next->bytes.data(), header);
  activate(std::move(next));
  offset_ = kSegmentHeaderBytes;
  salt_ = header.salt;
  first_index_ = header.first_index;
  ordinal_ = 0;
  begin_with_definitions();
  if (active_->in_memory) {
    const auto process = static_cast<std::uint64_t>(::getpid());
    control_->spare_place.store(process << 32U | static_cast<std::uint32_t>(active_->fd.value()));
    control_->spare_segment.store(active_->number, std::memory_order_release);
  }
  control_->active_segment.store(active_->number, std::memory_order_release);
  if (old) {
    commit_record(old_end, kSealed);
    const FinishedSegment facts{old->number, first_index_, old->bytes.size(), header.created_ns};
    keeper_->retire(std::move(old), facts, old_used);
  }
  choose_path();
  return true;
}

void JournalWriter::begin_with_definitions() {
  const std::size_t end =
      offset_ + std::min<std::size_t>(kDefinitionBytesMax, active_->bytes.size() / 4);
  for (std::uint32_t id = 0; id < subjects_.size(); ++id) {
    // An id that recovery has not seen has no names.
    if (subjects_[id].venue.empty() && subjects_[id].symbol.empty()) continue;
    const std::size_t length = definition_record_bytes(subjects_[id].definition());
    if (offset_ + length > end) return;
    write_definition(id, length);
  }
}

WriterCounters JournalWriter::counters() const {
  WriterCounters counters = counters_;
  counters.segments = keeper_->segments();
  counters.bytes = keeper_->bytes();
  counters.sync_errors = sync_errors_ + keeper_->sync_errors();
  return counters;
}

WriterTroubles JournalWriter::troubles() const {
  return {.too_large = too_large_,
          .too_large_bytes = too_large_bytes_,
          .refused = refused_,
          .refused_code = refused_code_,
          .sync_errors = sync_errors_ + keeper_->sync_errors(),
          .room_code = keeper_->last_error()};
}

Result<void> JournalWriter::sync() {
  auto written = write_back();
  if (!written) ++sync_errors_;
  return written;
}

Result<void> JournalWriter::write_back() {
  if (!active_ || active_->in_memory || config_.fsync == Fsync::none) return {};
  int code = sync_data(active_->fd);
  if (code == 0) code = store_->sync();
  if (code == 0) return {};
  return os_error("cannot write the journal " + store_->location().string() + " back", code);
}

}  // namespace mp::journal
