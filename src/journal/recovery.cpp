#include "journal/recovery.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace mp::journal {
namespace {

// A published index beyond this is damage of the control page.
constexpr std::uint64_t kIndexMax = std::uint64_t{1} << 56U;

struct SurveyEntry {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  bool readable = false;
  SegmentHeader header;
};

Result<std::vector<SurveyEntry>> survey(Store& store) {
  std::vector<SurveyEntry> all;
  const auto numbers = store.segments();
  if (!numbers) return numbers.error();
  for (const std::uint64_t number : *numbers) {
    auto fd = store.open_segment(number, Access::read);
    if (!fd) return fd.error();
    if (!fd->open()) continue;
    const HeaderReading reading = read_segment_header(*fd);
    const FileSize size = file_size(*fd);
    if (reading.state == HeaderState::unread || size.code != 0)
      return os_error("cannot read journal segment " + store.segment_name(number),
                      reading.code != 0 ? reading.code : size.code);
    if (reading.state == HeaderState::other_version)
      return Error{ErrorKind::data,
                   "journal segment " + store.segment_name(number) + " has format version " +
                       std::to_string(reading.header.version) + "; this program writes version " +
                       std::to_string(kFormatVersion) + ": use another directory"};
    if (reading.state == HeaderState::blank) {
      if (const int code = store.remove_segment(number); code != 0)
        return os_error("cannot remove journal segment " + store.segment_name(number), code);
      continue;
    }
    // A file under the wrong number is a copy of something else.
    const bool readable = reading.state == HeaderState::valid && reading.header.number == number;
    all.push_back({number, size.bytes, readable, reading.header});
  }
  return all;
}

// When and with which index the segment behind each one begins.
std::deque<FinishedSegment> finished_of(const std::vector<SurveyEntry>& all,
                                        std::uint64_t next_index, std::uint64_t active_number) {
  std::deque<FinishedSegment> finished;
  std::uint64_t index = next_index;
  std::int64_t end_ns = wall_clock_ns();
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    if (one->number != active_number) finished.push_front({one->number, index, one->bytes, end_ns});
    if (!one->readable) continue;
    index = one->header.first_index;
    end_ns = one->header.created_ns;
  }
  return finished;
}

struct Walk {
  std::size_t offset = kSegmentHeaderBytes;
  std::uint32_t ordinal = 0;
  bool sealed = false;
};

// Goes through all whole records. A stretch that was never written back, with records behind it
// (possible after a power loss), is marked so that readers do not take it for the end.
Walk walk(const RecordBytes& bytes, const SegmentHeader& segment, Access access,
          WriterSubjects& subjects) {
  Walk at;
  RecordHeader header;
  while (true) {
    const Found found = look_at(bytes, at.offset, header);
    if (found == Found::sealed) at.sealed = true;
    if (found == Found::sealed || found == Found::end) return at;
    if (found == Found::record && header.ordinal >= at.ordinal) {
      Definition definition;
      at.ordinal = header.ordinal;
      if (kind_of(header) != kDefinitionKind) {
        ++at.ordinal;
      } else if (read_definition(body_of(bytes, at.offset, header), definition)) {
        subjects.restore(subject_of(header), definition, segment.number);
      }
      at.offset += header.length;
      continue;
    }
    const std::size_t next = find_record(bytes, at.offset + kRecordAlign, at.ordinal);
    if (next == bytes.limit) return at;
    if (found == Found::nothing && access == Access::write)
      commit_record(const_cast<std::byte*>(bytes.base) + at.offset, kHole);
    at.offset = next;
  }
}

// Only what is not zero is written, so that pages stay clean.
void clear_tail(const Mapping& mapping, std::size_t offset) {
  if (offset + kRecordAlign > mapping.size()) return;
  if (commit_word(mapping.data() + offset) != 0) commit_record(mapping.data() + offset, 0);
  for (; offset + kRecordAlign <= mapping.size(); offset += kRecordAlign) {
    std::uint64_t word = 0;
    std::memcpy(&word, mapping.data() + offset, sizeof word);
    if (word != 0) std::memset(mapping.data() + offset, 0, sizeof word);
  }
}

Result<void> open_last(Store& store, const SurveyEntry& last, Recovered& result,
                       WriterSubjects& subjects) {
  auto fd = store.open_segment(last.number, Access::write);
  if (!fd) return fd.error();
  if (!fd->open())
    return Error{ErrorKind::io, "journal segment " + store.segment_name(last.number) +
                                    " went away while the journal was opened"};
  const std::string name = "journal segment " + store.segment_name(last.number);
  const bool whole = last.bytes == last.header.size;
  if (whole) {
    // A copied file may have holes, which a full disk would turn into SIGBUS.
    if (const int code = reserve_blocks(*fd, last.bytes); code != 0)
      return os_error("cannot reserve " + std::to_string(last.bytes) + " bytes for " + name, code);
  }
  auto mapping = Mapping::of(*fd, last.bytes, whole ? Access::write : Access::read, name);
  if (!mapping) return mapping.error();
  const RecordBytes bytes{mapping->data(), last.bytes & ~(kRecordAlign - 1), last.header.salt};
  const Walk end = walk(bytes, last.header, whole ? Access::write : Access::read, subjects);
  result.next_index = std::max(result.next_index, last.header.first_index + end.ordinal);
  if (!whole || end.sealed) return {};
  clear_tail(*mapping, end.offset);
  if (result.next_index != last.header.first_index + end.ordinal) return {};
  result.segment = std::make_unique<Segment>();
  result.segment->number = last.number;
  result.segment->fd = fd.take();
  result.segment->bytes = mapping.take();
  result.segment->bytes.touch(end.offset);
  result.header = last.header;
  result.offset = end.offset;
  result.ordinal = end.ordinal;
  return {};
}

}  // namespace

Result<Recovered> recover(Store& store, std::uint64_t next_index, WriterSubjects& subjects) {
  auto found = survey(store);
  if (!found) return found.error();
  const std::vector<SurveyEntry>& all = *found;
  Recovered result;
  result.next_index = next_index < kIndexMax ? next_index : 0;
  const auto last = std::ranges::find_if(all.rbegin(), all.rend(), &SurveyEntry::readable);
  if (last != all.rend()) {
    if (const auto opened = open_last(store, *last, result, subjects); !opened)
      return opened.error();
    // An unreadable segment behind it is where readers go next: write behind that one.
    if (last != all.rbegin()) result.segment.reset();
  }
  if (!all.empty()) result.next_number = all.back().number + 1;
  if (result.next_number > kSegmentNumberLast)
    return Error{ErrorKind::data, "journal segment " + store.segment_name(all.back().number) +
                                      " has a number behind which there is no room: move it away"};
  result.finished = finished_of(all, result.next_index, result.segment ? last->number : 0);
  return result;
}

}  // namespace mp::journal
