// L0. The lock on a file to which several append, and which one of them may replace as a whole.
#pragma once

#include "core/files.hpp"

namespace mp {

// Waits until nobody else has the file; as long as the lock lives, nobody gets it.
class FileLock {
 public:
  // Of an open file, which outlives the lock. `code`: it is not locked.
  explicit FileLock(const Fd& file);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  [[nodiscard]] int code() const { return code_; }
  // Its name is gone, or another file's now: who writes to it writes to nobody.
  [[nodiscard]] bool was_replaced() const { return replaced_; }

 private:
  const Fd& file_;
  int code_ = 0;
  bool replaced_ = false;
};

}  // namespace mp
