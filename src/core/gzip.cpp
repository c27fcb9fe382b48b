#include "core/gzip.hpp"

#include <zlib.h>

#include "core/assert.hpp"

namespace mp {

std::string gzip(std::string_view text) {
  constexpr int kGzipOnly = 15 + 16;  // largest window, gzip header
  constexpr int kMemoryUsual = 8;
  MP_ASSERT(text.size() <= std::size_t{1} << 30U);
  z_stream stream{};
  const int made = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipOnly, kMemoryUsual,
                                Z_DEFAULT_STRATEGY);
  MP_ASSERT(made == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  // zlib does not write to its input, though it says so only where ZLIB_CONST is defined.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  MP_ASSERT(done == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace mp
