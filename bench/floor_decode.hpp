// The floor of decoding: simdjson On-Demand reads the same fields of each message as text and does
// nothing else: no decimals, no events, no checks beyond its own.
#pragma once

#include <memory>
#include <string_view>

namespace mp::bench {

class FloorDecoder {
 public:
  // The venue must be one that decode_floor_venues() names.
  explicit FloorDecoder(std::string_view venue);
  ~FloorDecoder();
  FloorDecoder(const FloorDecoder&) = delete;
  FloorDecoder& operator=(const FloorDecoder&) = delete;

  // `frame` has net::kFrameSlack readable bytes behind it. False: not a message that it knows.
  [[nodiscard]] bool read(std::string_view frame);

  // Of all texts that were read: so that reading them cannot be left out.
  [[nodiscard]] std::uint64_t sum() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::bench
