// Counts what this test program allocates, by replacing operator new.
#pragma once

#include <cstddef>

namespace mp::book::test {

// Allocations of this thread so far.
[[nodiscard]] std::size_t allocations();

}  // namespace mp::book::test
