// Where a reader begins.
#include <algorithm>
#include <limits>
#include <utility>

#include "journal/reader.hpp"

namespace mp::journal {

Result<std::unique_ptr<Reader>> Reader::open(const ReaderConfig& config) {
  auto reader = JournalReader::open(config);
  if (!reader) return reader.error();
  return std::unique_ptr<Reader>(reader.take());
}

Result<std::unique_ptr<JournalReader>> JournalReader::open(const ReaderConfig& config) {
  std::shared_ptr<Store> store;
  if (names_memory_store(config.location)) {
    store = find_memory_store(config.location);
    if (!store)
      return Error{ErrorKind::unavailable, "there is no journal " + config.location.string() +
                                               " in this process; only the process that writes a "
                                               "journal in memory can read it"};
  } else {
    auto opened = open_directory_store(config.location, OpenMode::read);
    if (!opened) return opened.error();
    store = opened.take();
  }
  auto control = Control::open(*store);
  if (!control) return control.error();
  const auto segments = store->segments();
  if (!segments) return segments.error();
  if (control->absent() && segments->empty())
    return Error{ErrorKind::unavailable,
                 "there is no journal in " + config.location.string() + " yet"};
  if (config.hold && config.name.empty())
    return Error{ErrorKind::usage, "a journal reader that holds segments needs a name"};
  std::optional<Cursor> cursor;
  if (!config.name.empty()) {
    auto opened = Cursor::open(*store, config.name, config.hold ? Hold::yes : Hold::no);
    if (!opened) return opened.error();
    cursor = opened.take();
  }
  auto reader =
      std::make_unique<JournalReader>(std::move(store), control.take(), std::move(cursor));
  if (const auto started = reader->start(config); !started) return started.error();
  return reader;
}

Result<void> JournalReader::start(const ReaderConfig& config) {
  if (auto refused = refuse_other_version(); !refused) return refused;
  const auto committed = cursor_ ? cursor_->index() : std::nullopt;
  any_start_ = true;
  Result<void> found;
  if (config.from_index) {
    found = seek_index(*config.from_index);
  } else if (config.from == From::newest) {
    found = seek_newest();
  } else if (config.from == From::cursor && committed) {
    found = seek_index(*committed);
  } else {
    found = seek_oldest();
  }
  if (!found) return found;
  if (config.hold && cursor_ && (!committed || config.from != From::cursor))
    cursor_->commit(expected_index());
  return {};
}

Result<void> JournalReader::refuse_other_version() const {
  const auto numbers = store_->segments();
  if (!numbers) return numbers.error();
  if (numbers->empty()) return {};
  auto fd = store_->open_segment(numbers->back(), Access::read);
  if (!fd) return fd.error();
  if (!fd->open()) return {};
  const HeaderReading reading = read_segment_header(*fd);
  if (reading.state != HeaderState::other_version) return {};
  return Error{ErrorKind::data,
               "journal segment " + store_->segment_name(numbers->back()) + " has format version " +
                   std::to_string(reading.header.version) + "; this program reads version " +
                   std::to_string(kFormatVersion)};
}

// Opens the oldest one now, so that it cannot vanish before the first next().
Result<void> JournalReader::seek_oldest() {
  const auto numbers = store_->segments();
  if (!numbers) return numbers.error();
  if (numbers->empty()) return {};
  const Opened opened = open_segment(numbers->front());
  if (opened == Opened::refused) return Error{ErrorKind::io, obstacle_};
  any_start_ = opened != Opened::yes;
  pending_problem_ = opened == Opened::unusable;
  return {};
}

Result<void> JournalReader::seek_index(std::uint64_t index) {
  const auto numbers = store_->segments();
  if (!numbers) return numbers.error();
  for (auto number = numbers->rbegin(); number != numbers->rend(); ++number) {
    const auto fd = store_->open_segment(*number, Access::read);
    if (!fd) return fd.error();
    if (!fd->open()) continue;
    const HeaderReading reading = read_segment_header(*fd);
    if (reading.state == HeaderState::unread)
      return os_error("cannot read journal segment " + store_->segment_name(*number), reading.code);
    if (reading.state != HeaderState::valid || reading.header.number != *number) continue;
    if (reading.header.first_index > index) continue;
    const Opened opened = open_segment(*number);
    if (opened == Opened::refused) return Error{ErrorKind::io, obstacle_};
    if (opened != Opened::yes) break;
    skip_to(static_cast<std::uint32_t>(
        std::min<std::uint64_t>(index - first_index_, std::numeric_limits<std::uint32_t>::max())));
    return {};
  }
  // Retention was faster: begin with the oldest there is, and say what is missing.
  for (const std::uint64_t number : *numbers) {
    const Opened opened = open_segment(number);
    if (opened == Opened::refused) return Error{ErrorKind::io, obstacle_};
    if (opened != Opened::yes) continue;
    if (first_index_ > index) pending_lost_ = first_index_ - index;
    return {};
  }
  any_start_ = numbers->empty() && index == 0;
  first_index_ = index;
  return {};
}

Result<void> JournalReader::seek_newest() {
  const auto numbers = store_->segments();
  if (!numbers) return numbers.error();
  for (auto number = numbers->rbegin(); number != numbers->rend(); ++number) {
    const Opened opened = open_segment(*number);
    if (opened == Opened::refused) return Error{ErrorKind::io, obstacle_};
    if (opened != Opened::yes) continue;
    skip_to(std::numeric_limits<std::uint32_t>::max());
    return {};
  }
  return {};
}

// Walks to the event `ordinal` of the segment, or to its end, learning the subjects on the way.
void JournalReader::skip_to(std::uint32_t ordinal) {
  RecordHeader header;
  while (ordinal_ < ordinal) {
    const Found found = look_at(bytes_, offset_, header);
    if (found == Found::sealed || found == Found::end) break;
    if (found == Found::record && header.ordinal >= ordinal_) {
      if (kind_of(header) != kDefinitionKind && header.ordinal >= ordinal) break;
      ordinal_ = std::max(ordinal_, header.ordinal);
      if (read_record(header)) ++ordinal_;
      offset_ += header.length;
      continue;
    }
    const std::size_t next = find_record(bytes_, offset_ + kRecordAlign, ordinal_);
    if (next == bytes_.limit) break;
    offset_ = next;
  }
  // What was committed had been read, whether or not it is still whole.
  if (ordinal != std::numeric_limits<std::uint32_t>::max() && is_finished())
    ordinal_ = std::max(ordinal_, ordinal);
}

}  // namespace mp::journal
