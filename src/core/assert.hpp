// L0. MP_ASSERT: a broken promise inside our own code. It stays on in release builds.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace mp {

[[noreturn]] inline void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "marketprism: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace mp

#define MP_ASSERT(expression)                                  \
  do {                                                         \
    if (!(expression)) [[unlikely]]                            \
      ::mp::assertion_failed(#expression, __FILE__, __LINE__); \
  } while (false)
