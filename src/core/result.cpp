#include "core/result.hpp"

namespace mp {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::data:
      return 65;
    case ErrorKind::unavailable:
      return 69;
    case ErrorKind::internal:
      return 70;
    case ErrorKind::io:
      return 74;
    case ErrorKind::locked:
      return 75;
    case ErrorKind::permission:
      return 77;
    case ErrorKind::config:
      return 78;
  }
  return 70;
}

}  // namespace mp
