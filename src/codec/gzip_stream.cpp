#include "codec/gzip_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/assert.hpp"

namespace mp::codec {
namespace {

constexpr int kGzip = 15 + 16;  // largest window, gzip header
constexpr int kMemory = 8;      // zlib's own default
constexpr std::size_t kPartBytes = std::size_t{1} << 15U;

}  // namespace

struct GzipEncoder::State {
  z_stream stream{};
};

GzipEncoder::GzipEncoder(int level) : state_(std::make_unique<State>()) {
  const int made =
      deflateInit2(&state_->stream, level, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY);
  MP_ASSERT(made == Z_OK);
}

GzipEncoder::~GzipEncoder() {
  deflateEnd(&state_->stream);
}

void GzipEncoder::write(std::string_view plain, End end, std::string& out) {
  z_stream& stream = state_->stream;
  std::array<unsigned char, kPartBytes> part{};
  do {
    const std::size_t size =
        std::min<std::size_t>(plain.size(), std::numeric_limits<uInt>::max() / 2);
    // zlib reads from it only.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(size);
    plain.remove_prefix(size);
    const int flush = end == End::text && plain.empty() ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = part.data();
      stream.avail_out = static_cast<uInt>(part.size());
      const int state = deflate(&stream, flush);
      MP_ASSERT(state != Z_STREAM_ERROR);
      out.append(reinterpret_cast<const char*>(part.data()), part.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!plain.empty());
  if (end == End::text) restart();
}

void GzipEncoder::restart() {
  deflateReset(&state_->stream);
}

struct GzipDecoder::State {
  z_stream stream{};
  bool ended = false;
};

GzipDecoder::GzipDecoder() : state_(std::make_unique<State>()) {
  const int made = inflateInit2(&state_->stream, kGzip);
  MP_ASSERT(made == Z_OK);
}

GzipDecoder::~GzipDecoder() {
  inflateEnd(&state_->stream);
}

Result<GzipDecoder::Step> GzipDecoder::read(std::string_view in, std::span<char> out) {
  if (state_->ended) return Step{};
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  z_stream& stream = state_->stream;
  const std::size_t given = std::min(in.size(), kMost);
  const std::size_t room = std::min(out.size(), kMost);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // read only
  stream.avail_in = static_cast<uInt>(given);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(room);
  const int state = inflate(&stream, Z_NO_FLUSH);
  state_->ended = state == Z_STREAM_END;
  if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
    return Error{ErrorKind::data, "damaged gzip"};
  return Step{given - stream.avail_in, room - stream.avail_out};
}

}  // namespace mp::codec
