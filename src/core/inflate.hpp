// L0. Inflating within bounds: gzip texts, such as some venues send in binary messages, and the
// messages of a deflate stream. Nothing else here or above inflates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp {

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

// The messages of one direction of a WebSocket with permessage-deflate (RFC 7692): raw deflate,
// each flushed and without the four bytes that a flush ends with. Up to kKeptMax of its memory is
// kept from message to message.
class MessageInflater {
 public:
  // A message may grow so many times; not asked of one that stays below kFreelyMax.
  static constexpr std::size_t kGrowthMax = 200;
  static constexpr std::size_t kFreelyMax = std::size_t{1} << 20U;
  static constexpr std::size_t kKeptMax = std::size_t{1} << 20U;

  struct Rule {
    std::size_t size_max;
    unsigned window_bits = 15;  // 8 to 15: how far back the sender refers
    bool keeps_context = true;  // messages refer to those before them
    std::size_t slack = 0;      // readable bytes behind each text
  };
  explicit MessageInflater(const Rule& rule);
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  // After any other end than `whole` the stream is lost, and read() must not be called again.
  enum class End : std::uint8_t { whole, damaged, too_long, grows_too_much };
  // `text` is valid until the next call.
  [[nodiscard]] End read(std::string_view compressed, std::string_view& text);

  [[nodiscard]] std::size_t memory_bytes() const { return text_.capacity(); }

 private:
  struct State;
  [[nodiscard]] End feed(std::string_view compressed, std::size_t size_max, std::size_t& size);

  const Rule rule_;
  std::unique_ptr<State> state_;
  std::string text_;
};

}  // namespace mp
