// L2. Gzip texts of bounded size, such as some venues send in binary messages.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::codec {

// The first bytes of every gzip text.
inline constexpr std::string_view kGzipMagic{"\x1F\x8B", 2};

// Keeps its memory from text to text: nothing is allocated once warm.
class Inflater {
 public:
  // A text that would be longer than `size_max` is refused, however short it is compressed.
  explicit Inflater(std::size_t size_max);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // The one text in `gzip`, valid until the next call. ErrorKind::data: not gzip, damaged, cut off,
  // too long, or something stands behind it.
  Result<std::string_view> read(std::string_view gzip);

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::size_t size_max_;
  std::string text_;
};

}  // namespace mp::codec
