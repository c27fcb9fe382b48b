#include "core/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/assert.hpp"

namespace mp {
namespace {

constexpr std::size_t kSizeMin = std::size_t{16} << 10U;  // of the buffer, at first
constexpr int kGzipOnly = 15 + 16;                        // largest window, gzip header expected
constexpr int kStreamsMax = 16;                           // in one message: each costs a window
constexpr std::size_t kWindowBytesMax = std::size_t{32} << 10U;

Error damaged(std::string_view why) {
  return {ErrorKind::data, std::string{"the gzip text is "}.append(why)};
}

bool fits(std::size_t size) {
  return size < std::numeric_limits<uInt>::max();
}

void set_input(z_stream& stream, std::string_view bytes) {
  // zlib does not write to its input, though it says so only where ZLIB_CONST is defined.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
}

struct Output {
  std::string& buffer;
  std::size_t& size;  // of it, that are filled
  std::size_t size_max;
  std::size_t slack = 0;  // of the buffer, behind what is filled
};

// Until the input is used up or the stream ends.
enum class Stop : std::uint8_t { input_used, stream_end, too_long, damaged };
Stop inflate_into(z_stream& stream, const Output& out) {
  while (true) {
    if (out.size > out.size_max) return Stop::too_long;
    // One byte more than is allowed, so that a text of just that size can be told to end.
    if (out.size + out.slack >= out.buffer.size())
      out.buffer.resize(std::min(out.size_max + 1, std::max(kSizeMin, 2 * out.size)) + out.slack);
    const std::size_t room = out.buffer.size() - out.slack - out.size;
    stream.next_out = reinterpret_cast<Bytef*>(out.buffer.data() + out.size);
    stream.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream, Z_NO_FLUSH);
    out.size += room - stream.avail_out;
    if (result == Z_STREAM_END) return out.size > out.size_max ? Stop::too_long : Stop::stream_end;
    if (result != Z_OK && result != Z_BUF_ERROR) return Stop::damaged;
    if (stream.avail_out != 0) return Stop::input_used;
  }
}

}  // namespace

struct Inflater::State {
  z_stream stream{};
};

Inflater::Inflater(std::size_t size_max) : state_(std::make_unique<State>()), size_max_(size_max) {
  MP_ASSERT(size_max_ > 0);
  MP_ASSERT(fits(size_max_));
  const int made = inflateInit2(&state_->stream, kGzipOnly);
  MP_ASSERT(made == Z_OK);
}

Inflater::~Inflater() {
  inflateEnd(&state_->stream);
}

Result<std::string_view> Inflater::read(std::string_view gzip) {
  z_stream& stream = state_->stream;
  if (!fits(gzip.size())) return damaged("too long");
  const int reset = inflateReset(&stream);
  MP_ASSERT(reset == Z_OK);
  set_input(stream, gzip);
  std::size_t size = 0;
  switch (inflate_into(stream, {.buffer = text_, .size = size, .size_max = size_max_})) {
    case Stop::too_long:
      return damaged("too long");
    case Stop::damaged:
      return damaged("damaged");
    case Stop::input_used:
      return damaged("cut off");
    case Stop::stream_end:
      break;
  }
  if (stream.avail_in != 0) return damaged("followed by something else");
  return std::string_view{text_.data(), size};
}

struct MessageInflater::State {
  z_stream stream{};
  std::array<Bytef, kWindowBytesMax> window{};  // while a stream ends and the next one begins

  // The sender may end its stream with any block, and go on with the same window.
  void begin_anew() {
    uInt size = 0;
    int done = inflateGetDictionary(&stream, window.data(), &size);
    MP_ASSERT(done == Z_OK);
    done = inflateReset(&stream);
    MP_ASSERT(done == Z_OK);
    done = inflateSetDictionary(&stream, window.data(), size);
    MP_ASSERT(done == Z_OK);
  }
};

MessageInflater::MessageInflater(const Rule& rule)
    : rule_(rule), state_(std::make_unique<State>()) {
  MP_ASSERT(fits(rule_.size_max));
  MP_ASSERT(rule_.window_bits >= 8);
  MP_ASSERT(rule_.window_bits <= 15);
  // Negative: without a header. Senders that are zlib take 9 for 8.
  const int made =
      inflateInit2(&state_->stream, -static_cast<int>(std::max(9U, rule_.window_bits)));
  MP_ASSERT(made == Z_OK);
}

MessageInflater::~MessageInflater() {
  inflateEnd(&state_->stream);
}

MessageInflater::End MessageInflater::read(std::string_view compressed, std::string_view& text) {
  constexpr std::string_view kEndOfFlush{"\x00\x00\xFF\xFF", 4};
  if (!fits(compressed.size())) return End::too_long;
  if (text_.size() > kKeptMax) std::string().swap(text_);
  const std::size_t grown = std::max(kFreelyMax, kGrowthMax * compressed.size());
  const std::size_t size_max = std::min(rule_.size_max, grown);
  std::size_t size = 0;
  for (const std::string_view part : {compressed, kEndOfFlush}) {
    const End end = feed(part, size_max, size);
    if (end == End::too_long && size_max < rule_.size_max) return End::grows_too_much;
    if (end != End::whole) return end;
  }
  if (!rule_.keeps_context) {
    const int reset = inflateReset(&state_->stream);
    MP_ASSERT(reset == Z_OK);
  }
  text = std::string_view{text_.data(), size};
  return End::whole;
}

MessageInflater::End MessageInflater::feed(std::string_view compressed, std::size_t size_max,
                                           std::size_t& size) {
  set_input(state_->stream, compressed);
  const Output out{.buffer = text_, .size = size, .size_max = size_max, .slack = rule_.slack};
  for (int streams = 0; streams < kStreamsMax; ++streams) {
    switch (inflate_into(state_->stream, out)) {
      case Stop::too_long:
        return End::too_long;
      case Stop::damaged:
        return End::damaged;
      case Stop::input_used:
        return End::whole;
      case Stop::stream_end:
        state_->begin_anew();
        if (state_->stream.avail_in == 0) return End::whole;
    }
  }
  return End::damaged;
}

}  // namespace mp
