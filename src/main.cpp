#include <malloc.h>

#include <csignal>

#include "cli/command_line.hpp"

namespace {

// Each flush of the Parquet sink frees what the next one needs: it stays with the process instead
// of coming back as new pages, which costs 60 to 90 ns an event. More than that goes back as ever.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kKept = 32 << 20U;
  constexpr int kOnItsOwn = 4 << 20U;
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  ::mallopt(M_MMAP_THRESHOLD, kOnItsOwn);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  // A reader of our output that goes away is an error to handle, not a signal to die of.
  std::signal(SIGPIPE, SIG_IGN);
  keep_freed_memory();
  return mp::cli::run_command_line(argc, argv);
}
