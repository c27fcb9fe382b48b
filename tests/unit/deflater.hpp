// The sender's side of permessage-deflate (RFC 7692), for tests.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>

namespace mp {

class Deflater {
 public:
  explicit Deflater(int window_bits = 15) {
    EXPECT_EQ(deflateInit2(&stream_, 9, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  std::string message(std::string_view text) {
    std::string out(deflateBound(&stream_, static_cast<uLong>(text.size())) + 64, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream_, Z_SYNC_FLUSH), Z_OK);
    out.resize(out.size() - stream_.avail_out);
    EXPECT_TRUE(out.ends_with(std::string_view("\x00\x00\xFF\xFF", 4)));
    out.resize(out.size() - 4);
    return out;
  }
  // What comes next refers to nothing before it.
  void forget() { EXPECT_EQ(deflateReset(&stream_), Z_OK); }

 private:
  z_stream stream_{};
};

}  // namespace mp
