// Counts what a test program allocates, by replacing operator new. The thread sanitizer has one of
// its own: with it nothing is counted, and such tests are left out.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MP_TEST_COUNTS_NO_ALLOCATIONS
#endif
#endif

namespace mp::test {

// Allocations of this thread so far.
[[nodiscard]] std::size_t allocations();

}  // namespace mp::test
