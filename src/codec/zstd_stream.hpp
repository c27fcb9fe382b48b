// L2. Streaming zstd: the one wrapper of libzstd. Neither side allocates per call once warm.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::codec {

// The first bytes of every zstd frame.
inline constexpr std::string_view kZstdMagic{"\x28\xB5\x2F\xFD", 4};

class ZstdEncoder {
 public:
  enum class End : unsigned char {
    none,   // zstd may keep what it was given for a better ratio
    block,  // a decoder that has the output can decode all the input
    frame,  // the frame is complete; the next write starts another
  };

  // Level 1 (fast) to 19 (small). With workers, so many threads compress: output then comes some
  // megabytes behind the input, but for the end of a block or frame, which is waited for.
  explicit ZstdEncoder(int level, int workers = 0);
  ~ZstdEncoder();
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;

  // Appends what zstd gives out to `out`.
  void write(std::string_view plain, End end, std::string& out);
  // Forgets an unfinished frame.
  void restart();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class ZstdDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };

  ZstdDecoder();
  ~ZstdDecoder();
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  // Decodes from `in` to `out`, as far as either goes. ErrorKind::data: not zstd, or damaged.
  Result<Step> read(std::string_view in, std::span<char> out);
  // Whether the input so far ends where a frame ends: otherwise it was cut off.
  [[nodiscard]] bool between_frames() const { return between_frames_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool between_frames_ = true;
};

}  // namespace mp::codec
