// L5. Problems of a configuration: where each is and what is wrong, as a person reads it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mp::config {

// A stretch of one line of the text. Lines and columns count from 1, columns in characters.
struct Span {
  std::uint32_t line = 0;  // 0: the text as a whole
  std::uint32_t column = 0;
  std::uint32_t width = 1;
  friend bool operator==(const Span&, const Span&) = default;
};

struct Problem {
  Span at;
  std::string text;  // a sentence without a full stop
  friend bool operator==(const Problem&, const Problem&) = default;
};

// All problems in the order of the text, each as
//   file:3:1: unknown key `retention_byte` in [journal]; did you mean `retention_bytes`?
//     3 | retention_byte = "8GiB"
//       | ^^^^^^^^^^^^^^
// without a line end after the last. At most kShownMax are shown; the rest is counted.
inline constexpr std::size_t kShownMax = 50;
[[nodiscard]] std::string describe(std::span<const Problem> problems, std::string_view file,
                                   std::string_view text);

// Without byte order marks at its start. Places count from there.
[[nodiscard]] std::string_view without_mark(std::string_view text);

// "did you mean `a` or `b`?" with those of `known` that are near `name` in spelling, else
// "known are `a`, `b`, ...".
[[nodiscard]] std::string suggestion(std::string_view name,
                                     std::span<const std::string_view> known);

}  // namespace mp::config
