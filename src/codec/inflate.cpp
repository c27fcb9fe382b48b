#include "codec/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/assert.hpp"

namespace mp::codec {
namespace {

constexpr std::size_t kSizeMin = std::size_t{16} << 10U;  // of the buffer, at first
constexpr int kGzipOnly = 15 + 16;                        // largest window, gzip header expected

Error damaged(std::string_view why) {
  return {ErrorKind::data, std::string{"the gzip text is "}.append(why)};
}

}  // namespace

struct Inflater::State {
  z_stream stream{};
};

Inflater::Inflater(std::size_t size_max) : state_(std::make_unique<State>()), size_max_(size_max) {
  MP_ASSERT(size_max_ > 0);
  MP_ASSERT(size_max_ < std::numeric_limits<uInt>::max());
  const int made = inflateInit2(&state_->stream, kGzipOnly);
  MP_ASSERT(made == Z_OK);
}

Inflater::~Inflater() {
  inflateEnd(&state_->stream);
}

Result<std::string_view> Inflater::read(std::string_view gzip) {
  z_stream& stream = state_->stream;
  if (gzip.size() > std::numeric_limits<uInt>::max()) return damaged("too long");
  const int reset = inflateReset(&stream);
  MP_ASSERT(reset == Z_OK);
  // zlib does not write to its input, though it says so only where ZLIB_CONST is defined.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::size_t size = 0;
  while (true) {
    if (size > size_max_) return damaged("too long");
    // One byte more than is allowed, so that a text of just that size can be told to end.
    if (size == text_.size()) text_.resize(std::min(size_max_ + 1, std::max(kSizeMin, 2 * size)));
    stream.next_out = reinterpret_cast<Bytef*>(text_.data() + size);
    stream.avail_out = static_cast<uInt>(text_.size() - size);
    const int result = inflate(&stream, Z_NO_FLUSH);
    size = text_.size() - stream.avail_out;
    if (result == Z_STREAM_END) break;
    if (result != Z_OK && result != Z_BUF_ERROR) return damaged("damaged");
    if (stream.avail_out != 0) return damaged("cut off");  // all input is used up
  }
  if (size > size_max_) return damaged("too long");
  if (stream.avail_in != 0) return damaged("followed by something else");
  return std::string_view{text_.data(), size};
}

}  // namespace mp::codec
