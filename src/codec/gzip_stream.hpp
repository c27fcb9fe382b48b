// L2. Streaming gzip for files and bodies. The same text has the same
// bytes each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::codec {

class GzipEncoder {
 public:
  enum class End : std::uint8_t {
    none,  // zlib may keep what it was given for a better ratio
    text,  // the text is complete; the next write starts another
  };

  // Level 1 (fast) to 9 (small).
  explicit GzipEncoder(int level);
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  // Appends what zlib gives out to `out`.
  void write(std::string_view plain, End end, std::string& out);
  // Forgets an unfinished text.
  void restart();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class GzipDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };

  GzipDecoder();
  ~GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  // Decodes from `in` to `out`, as far as either goes; behind the end of the text nothing.
  // ErrorKind::data: not gzip, or damaged.
  Result<Step> read(std::string_view in, std::span<char> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::codec
