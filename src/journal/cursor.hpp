// L2. A reader's persisted place in a journal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.hpp"
#include "journal/format.hpp"
#include "journal/store.hpp"

namespace mp::journal {

enum class Hold : std::uint8_t { no, yes };

class Cursor {
 public:
  // One reader at a time has the cursor of a name (ErrorKind::locked). Names are letters, digits,
  // '.', '_' and '-'.
  static Result<Cursor> open(Store& store, std::string_view name, Hold hold);

  [[nodiscard]] std::optional<std::uint64_t> index() const;  // nothing: never committed
  void commit(std::uint64_t index);

 private:
  Fd fd_;  // carries the lock
  Mapping mapping_;
  CursorPage* page_ = nullptr;
};

// Where the reader of that name stands, without being it. Nothing: it has never been there, or its
// file is damaged.
[[nodiscard]] Result<std::optional<std::uint64_t>> committed_index(Store& store,
                                                                   std::string_view name);

// The lowest index at which a reader that holds segments stands; nothing: nobody holds any. An
// error: nobody can tell now, so all may be held.
[[nodiscard]] Result<std::optional<std::uint64_t>> lowest_held_index(const Store& store);

}  // namespace mp::journal
