// L3. Where the lines of a file sink come from: payloads, or a maker of rows that remembers. Each
// event's lines are made once, and again from where a file began when that file is lost.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sink/line_files.hpp"

namespace mp::sink {

class LineSource {
 public:
  explicit LineSource(std::unique_ptr<RowMaker> rows) : rows_(std::move(rows)) {}

  // The lines of an event that is looked at before it is taken; valid until the next call.
  std::string_view line_of(const Item& item) {
    if (!rows_) return item.payload;
    if (peeked_ != item.index) {
      line_.clear();
      rows_->append(item, line_);
      peeked_ = item.index;
    }
    return line_;
  }
  [[nodiscard]] bool is_empty(const Item& item) { return rows_ && line_of(item).empty(); }

  // Of the items from `from` to `end`, each with its end; valid until the next call.
  std::string_view lines_of(const Batch& batch, std::size_t from, std::size_t end) {
    const auto items = batch.items;
    if (!rows_) {
      const char* const begin = items[from].payload.data();
      const char* const behind =
          end < items.size() ? items[end].payload.data() : batch.bytes.data() + batch.bytes.size();
      return {begin, static_cast<std::size_t>(behind - begin)};
    }
    lines_.clear();
    for (const Item& item : items.subspan(from, end - from)) lines_.append(line_of(item));
    return lines_;
  }

  // A file begins with the event that was looked at last.
  void mark() {
    marked_rows_ = rows_ ? rows_->copy() : nullptr;
    marked_ = peeked_;
    marked_line_ = line_;
  }
  // That file is lost: its events come again.
  void rewind() {
    if (!marked_rows_) return;
    rows_ = marked_rows_->copy();
    peeked_ = marked_;
    line_ = marked_line_;
  }
  // Events are passed over.
  void forget() {
    if (rows_) rows_->forget();
  }

 private:
  std::unique_ptr<RowMaker> rows_;
  std::optional<std::uint64_t> peeked_;  // of this event is line_
  std::string line_;
  std::string lines_;
  std::unique_ptr<RowMaker> marked_rows_;  // behind the event of marked_
  std::optional<std::uint64_t> marked_;
  std::string marked_line_;
};

}  // namespace mp::sink
