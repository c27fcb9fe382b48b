#include "core/file_lock.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace mp {
namespace {

constexpr int kInterruptsMax = 1000;  // as in files.cpp

template <class Call>
int code_of(Call call) {
  int result = call();
  for (int i = 0; result != 0 && errno == EINTR && i < kInterruptsMax; ++i) result = call();
  return result == 0 ? 0 : errno;
}

}  // namespace

FileLock::FileLock(const Fd& file) : file_(file) {
  code_ = code_of([&] { return ::flock(file_.value(), LOCK_EX); });
  struct stat facts{};
  if (code_ == 0) code_ = code_of([&] { return ::fstat(file_.value(), &facts); });
  replaced_ = code_ == 0 && facts.st_nlink == 0;
}

FileLock::~FileLock() {
  static_cast<void>(code_of([&] { return ::flock(file_.value(), LOCK_UN); }));
}

}  // namespace mp
