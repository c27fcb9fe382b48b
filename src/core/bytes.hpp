// L0. A size of files or memory. A type of its own, so that it cannot be taken for a count of rows.
#pragma once

#include <cstdint>

namespace mp {

struct Bytes {
  std::uint64_t count = 0;
  friend bool operator==(Bytes, Bytes) = default;
};

}  // namespace mp
