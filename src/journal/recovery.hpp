// L2. What a writer finds when it opens a journal: where to go on, and what is there.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "core/result.hpp"
#include "journal/keeper.hpp"
#include "journal/segment.hpp"
#include "journal/subjects.hpp"

namespace mp::journal {

struct Recovered {
  // The segment in which writing goes on; null: a new one is needed.
  std::unique_ptr<Segment> segment;
  SegmentHeader header;       // of `segment`
  std::size_t offset = 0;     // behind its last whole record
  std::uint32_t ordinal = 0;  // of its next event

  std::uint64_t next_index = 0;
  std::uint64_t next_number = 1;
  std::deque<FinishedSegment> finished;
};

// Cuts the torn tail of the last segment and removes segments that were never used. Earlier
// segments are left alone: readers deal with damage in them. `next_index` is what the last writer
// published: should it be ahead of what the segments hold, the difference is lost, and readers are
// told so.
[[nodiscard]] Result<Recovered> recover(Store& store, std::uint64_t next_index,
                                        WriterSubjects& subjects);

}  // namespace mp::journal
