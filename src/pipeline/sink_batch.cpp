#include "pipeline/sink_batch.hpp"

namespace mp::pipeline {
namespace {

// What an event weighs that is not encoded.
std::size_t weight_of(const Event& event) {
  const auto* book = std::get_if<Book>(&event.body);
  return sizeof(Event) +
         (book != nullptr ? (book->bids.size() + book->asks.size()) * sizeof(Level) : 0);
}

}  // namespace

bool SinkBatch::add(const Event& event, std::uint64_t index, std::optional<InstrumentKind> kind) {
  const std::size_t begin = bytes_.size();
  if (form_.encoder != nullptr) {
    if (!form_.encoder->append(event, kind, bytes_)) return false;
    bytes_.append(form_.encoder->end);
  }
  if (!form_.subject.empty() && !form_.subject.append(event, kind, subjects_)) {
    bytes_.resize(begin);
    return false;
  }
  weight_ += form_.encoder != nullptr ? bytes_.size() - begin : weight_of(event);
  taken_.push_back({.event = event,
                    .index = index,
                    .kind = kind,
                    .bytes_end = bytes_.size(),
                    .subject_end = subjects_.size()});
  return true;
}

void SinkBatch::clear() {
  items_.clear();
  taken_.clear();
  bytes_.clear();
  subjects_.clear();
  weight_ = 0;
}

void SinkBatch::finish() {
  const std::size_t end_size = form_.encoder == nullptr ? 0 : form_.encoder->end.size();
  std::size_t bytes = 0;
  std::size_t subjects = 0;
  items_.clear();
  for (const Taken& taken : taken_) {
    sink::Item item{.index = taken.index, .event = &taken.event, .kind = taken.kind};
    if (form_.encoder != nullptr)
      item.payload = std::string_view{bytes_}.substr(bytes, taken.bytes_end - bytes - end_size);
    item.subject = std::string_view{subjects_}.substr(subjects, taken.subject_end - subjects);
    items_.push_back(item);
    bytes = taken.bytes_end;
    subjects = taken.subject_end;
  }
}

sink::Batch SinkBatch::range(std::size_t begin, std::size_t end) const {
  const std::size_t from = begin == 0 ? 0 : taken_[begin - 1].bytes_end;
  const std::size_t to = end == 0 ? 0 : taken_[end - 1].bytes_end;
  return {.items = std::span{items_}.subspan(begin, end - begin),
          .bytes = std::string_view{bytes_}.substr(from, to - from)};
}

}  // namespace mp::pipeline
