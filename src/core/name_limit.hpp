// L0. How long a venue's name may be.
#pragma once

#include <cstddef>

namespace mp {

// No venue's names come near it. A symbol that is longer is none, and an instrument whose name
// would be is called by its symbol: names go into tables, file names and the journal's subjects.
inline constexpr std::size_t kNameBytesMax = 256;

}  // namespace mp
