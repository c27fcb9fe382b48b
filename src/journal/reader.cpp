#include "journal/reader.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace mp::journal {
namespace {

// Segments can vanish while a reader looks for the next one: after so many it tries again later.
constexpr int kSearchesMax = 16;

// How long a reader waits before it tries again to open a segment that it cannot open yet.
constexpr std::chrono::milliseconds kStuckWait{10};

}  // namespace

std::uint64_t JournalReader::ahead() const {
  if (control_.absent()) return 0;
  const std::uint64_t published = control_->next_index.load(std::memory_order_acquire);
  return published - std::min(published, expected_index());
}

// Part of next(), which is all that calls it.
[[gnu::always_inline]] inline Next JournalReader::take_event(const RecordHeader& header) {
  subject_ = subject_of(header);
  const ReaderSubjects::Names* const subject = subjects_.find(subject_, number_);
  if (subject == nullptr || !read_event_body(kind_of(header), body_of(bytes_, offset_, header),
                                             event_.body)) [[unlikely]] {
    const Next result = damaged_record();
    offset_ += header.length;
    ++ordinal_;
    return result;
  }
  event_.venue = subject->venue;
  event_.symbol = subject->symbol;
  event_.instrument = subject->instrument;
  event_.ts_event.reset();
  if (header.ts_event != kNoTime) event_.ts_event = from_nanoseconds(header.ts_event);
  event_.ts_recv = from_nanoseconds(header.ts_recv);
  event_.seq = header.seq;
  index_ = expected_index();
  offset_ += header.length;
  ++ordinal_;
  return Next::event;
}

Next JournalReader::next() {
  if (pending_lost_ > 0) return lose(std::exchange(pending_lost_, 0));
  if (std::exchange(pending_problem_, false)) return Next::corrupt;
  RecordHeader header;
  while (true) {
    std::optional<Next> result;
    const Found found = bytes_.base != nullptr ? look_at(bytes_, offset_, header) : Found::sealed;
    if (found == Found::record) [[likely]] {
      if (header.ordinal == ordinal_) [[likely]] {
        if (kind_of(header) != kDefinitionKind) return take_event(header);
        read_record(header);
        offset_ += header.length;
        continue;
      }
      if (header.ordinal > ordinal_)
        return lose(header.ordinal - std::exchange(ordinal_, header.ordinal));
      result = damaged();
    } else if (found == Found::damaged) {
      result = damaged();
    } else {
      result = found == Found::sealed ? advance() : at_end();
    }
    if (result) return *result;
  }
}

// Learns a definition. True for a record of any other kind.
bool JournalReader::read_record(const RecordHeader& header) {
  if (kind_of(header) != kDefinitionKind) return true;
  Definition definition;
  if (read_definition(body_of(bytes_, offset_, header), definition))
    subjects_.define(subject_of(header), definition, number_);
  return false;
}

Next JournalReader::lose(std::uint64_t count) {
  lost_count_ = count;
  return Next::lost;
}

// A record that is whole and makes no sense: its subject was lost, or another program wrote it.
Next JournalReader::damaged_record() {
  lost_count_ = 1;
  problem_ = "journal segment " + store_->segment_name(number_) + " has an event at byte " +
             std::to_string(offset_) + " that cannot be read; it is skipped";
  return Next::corrupt;
}

std::optional<Next> JournalReader::damaged() {
  const std::uint32_t word = commit_word(bytes_.base + offset_);
  if (reported_at_ == offset_ && reported_word_ == word) return at_end();
  const std::size_t next = find_record(bytes_, offset_ + kRecordAlign, ordinal_);
  // A writer that has just reopened the journal may have written here since our first look. It
  // writes in order: with a later record in sight, this one would be too.
  RecordHeader header;
  const Found found = look_at(bytes_, offset_, header);
  if (found == Found::sealed || (found == Found::record && header.ordinal >= ordinal_))
    return std::nullopt;
  problem_ = "journal segment " + store_->segment_name(number_) + " is damaged from byte " +
             std::to_string(offset_);
  if (next == bytes_.limit) {
    // How much is missing shows in the index that the next segment begins with.
    reported_at_ = offset_;
    reported_word_ = word;
    lost_count_ = 0;
    problem_ += " to its end";
    return Next::corrupt;
  }
  __builtin_memcpy(&header, bytes_.base + next, sizeof header);
  lost_count_ = header.ordinal - ordinal_;
  offset_ = next;
  ordinal_ = header.ordinal;
  problem_ += " to byte " + std::to_string(next) + "; " + std::to_string(lost_count_) +
              " events are missing";
  return Next::corrupt;
}

// No more is written to this segment.
bool JournalReader::is_finished() const {
  return control_.absent() || control_->active_segment.load(std::memory_order_acquire) > number_;
}

// No whole record stands here: the writer has not come further, or it was killed, or what it wrote
// never reached the disk.
std::optional<Next> JournalReader::at_end() {
  // In this order: what had been published by now is found below, here or in the next segment.
  const std::uint64_t published =
      control_.absent() ? 0 : control_->next_index.load(std::memory_order_acquire);
  const bool finished = is_finished();
  const bool closed = !control_.absent() && control_.state() == WriterState::closed;
  if (!finished && !closed) return Next::idle;
  // The writer may have written between our look and its end: look again, now that it is over.
  RecordHeader header;
  const Found found = look_at(bytes_, offset_, header);
  if (found == Found::record || found == Found::sealed) return std::nullopt;
  if (found == Found::end && std::exchange(truncated_, false)) {
    lost_count_ = 0;
    problem_ = "journal segment " + store_->segment_name(number_) + " was cut off at byte " +
               std::to_string(bytes_.limit);
    return Next::corrupt;
  }
  const bool reported = found != Found::end && reported_at_ == offset_ &&
                        reported_word_ == commit_word(bytes_.base + offset_);
  if (!reported && found != Found::end &&
      find_record(bytes_, offset_ + kRecordAlign, ordinal_) != bytes_.limit)
    return damaged();
  if (finished) return advance();
  if (published <= expected_index()) return Next::closed;
  const std::uint64_t missing = published - expected_index();
  first_index_ += missing;
  return lose(missing);
}

// --- From segment to segment ---

std::optional<Next> JournalReader::advance() {
  obstacle_.clear();
  for (int search = 0; search < kSearchesMax; ++search) {
    const std::uint64_t expected = expected_index();
    const bool is_start = std::exchange(any_start_, false);
    const bool nothing_more = !control_.absent() && !is_finished();
    std::uint64_t number = number_ + 1;
    Opened opened = nothing_more ? Opened::missing : open_segment(number);
    if (opened == Opened::missing && !nothing_more) {
      opened = open_next(number);
      if (opened == Opened::missing && number != 0) {
        any_start_ = is_start;
        continue;
      }
    }
    if (opened == Opened::unusable) return Next::corrupt;
    if (opened == Opened::yes) {
      if (!is_start && first_index_ > expected) return lose(first_index_ - expected);
      return std::nullopt;
    }
    any_start_ = is_start;
    stuck_ = opened == Opened::refused || (!control_.absent() && is_finished());
    if (opened == Opened::refused || opened == Opened::not_ready) return Next::idle;
    if (control_.absent() || (control_.state() == WriterState::closed && !is_finished()))
      return Next::closed;
    return Next::idle;
  }
  return Next::idle;
}

// Removed by retention, or not the next number: the first one behind it that exists; 0: none.
JournalReader::Opened JournalReader::open_next(std::uint64_t& number) {
  const auto numbers = store_->segments();
  if (!numbers) return refuse(numbers.error().message);
  const auto behind = std::ranges::upper_bound(*numbers, number_);
  number = behind == numbers->end() ? 0 : *behind;
  return number == 0 ? Opened::missing : open_segment(number);
}

// In the directory, or in the writer's memory while the disk is full.
Result<Fd> JournalReader::find_segment(std::uint64_t number) const {
  auto fd = store_->open_segment(number, Access::read);
  if (!fd || fd->open() || control_.absent()) return fd;
  if (control_->spare_segment.load(std::memory_order_acquire) != number) {
    // It may have come to the disk just now.
    return store_->open_segment(number, Access::read);
  }
  const std::uint64_t place = control_->spare_place.load(std::memory_order_acquire);
  auto spare = reopen(static_cast<std::uint32_t>(place >> 32U),
                      static_cast<int>(place & 0xFFFF'FFFFU), Access::read);
  const HeaderReading reading = spare.code == 0 ? read_segment_header(spare.fd) : HeaderReading{};
  if (reading.state == HeaderState::valid && reading.header.number == number)
    return std::move(spare.fd);
  // Of a writer that is gone, or of another user.
  const bool gone = spare.code == ENOENT || spare.code == EACCES || spare.code == EPERM ||
                    spare.code == ESRCH || spare.code == ENXIO;
  const int code = spare.code != 0 && !gone ? spare.code : reading.code;
  if (code != 0) return os_error("cannot read the spare journal segment in memory", code);
  return store_->open_segment(number, Access::read);
}

// The next look tries again.
JournalReader::Opened JournalReader::refuse(const std::string& why) {
  obstacle_ = why;
  return Opened::refused;
}

JournalReader::Opened JournalReader::skip_segment(std::uint64_t number, const std::string& why) {
  number_ = number;
  if (mapping_.data() != nullptr) finished_.push_back(std::move(mapping_));
  mapping_ = Mapping{};
  first_index_ = expected_index();
  ordinal_ = 0;
  bytes_ = {};
  lost_count_ = 0;
  problem_ = why;
  return Opened::unusable;
}

JournalReader::Opened JournalReader::open_segment(std::uint64_t number) {
  auto fd = find_segment(number);
  const std::string name = "journal segment " + store_->segment_name(number);
  if (!fd) return refuse(fd.error().message);
  if (!fd->open()) return Opened::missing;
  const HeaderReading reading = read_segment_header(*fd);
  const FileSize file = file_size(*fd);
  if (const int code = reading.code != 0 ? reading.code : file.code; code != 0)
    return refuse(os_error("cannot read " + name, code).message);
  if (reading.state == HeaderState::blank) return Opened::not_ready;
  if (reading.state == HeaderState::other_version)
    return skip_segment(number,
                        name + " has format version " + std::to_string(reading.header.version) +
                            "; this program reads version " + std::to_string(kFormatVersion));
  if (reading.state == HeaderState::damaged || reading.header.number != number)
    return skip_segment(number, name + " does not begin with its header; it is skipped");
  const std::uint64_t size = std::min(reading.header.size, file.bytes);
  auto mapping = Mapping::of(*fd, size, Access::read, name);
  if (!mapping) return refuse(mapping.error().message);
  if (mapping_.data() != nullptr) finished_.push_back(std::move(mapping_));
  mapping_ = mapping.take();
  number_ = number;
  bytes_ = {mapping_.data(), size & ~(kRecordAlign - 1), reading.header.salt};
  offset_ = kSegmentHeaderBytes;
  ordinal_ = 0;
  first_index_ = reading.header.first_index;
  reported_at_ = 0;
  truncated_ = size < reading.header.size;
  stuck_ = false;
  return Opened::yes;
}

// --- Waiting and the cursor ---

bool JournalReader::has_news() const {
  if (pending_lost_ > 0 || control_.state() == WriterState::closed || is_finished()) return true;
  if (control_->next_index.load(std::memory_order_seq_cst) > expected_index()) return true;
  if (bytes_.base == nullptr || offset_ + kRecordAlign > bytes_.limit) return false;
  const std::uint32_t word = commit_word(bytes_.base + offset_);
  return word != 0 && !(reported_at_ == offset_ && reported_word_ == word);
}

void JournalReader::wait(std::chrono::milliseconds longest) {
  if (control_.absent()) return;
  if (stuck_) longest = std::min(longest, kStuckWait);
  const auto end = std::chrono::steady_clock::now() + longest;
  while (stuck_ || !has_news()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds{0}) return;
    control_.wait(left, [this] { return !stuck_ && has_news(); });
  }
}

void JournalReader::commit(std::uint64_t index) {
  if (cursor_) cursor_->commit(index);
}

}  // namespace mp::journal
