#include "sim/deflate.hpp"

#include <zlib.h>

#include "core/assert.hpp"

namespace mp::sim {

bool offers_deflate(std::string_view extensions) {
  return extensions.find("permessage-deflate") != std::string_view::npos;
}

struct MessageDeflater::State {
  z_stream stream{};
};

MessageDeflater::MessageDeflater() : state_(std::make_unique<State>()) {
  const int made =
      deflateInit2(&state_->stream, Z_BEST_SPEED, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  MP_ASSERT(made == Z_OK);
}

MessageDeflater::~MessageDeflater() {
  deflateEnd(&state_->stream);
}

std::string MessageDeflater::deflate(std::string_view text) {
  constexpr std::size_t kFlushBytes = 64;  // more than a flush takes
  constexpr std::size_t kEndOfFlush = 4;   // which the other side adds
  if (text.empty()) return std::string(1, '\0');
  z_stream& stream = state_->stream;
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + kFlushBytes, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = ::deflate(&stream, Z_SYNC_FLUSH);
  MP_ASSERT(done == Z_OK);
  MP_ASSERT(stream.avail_out > 0);
  out.resize(out.size() - stream.avail_out - kEndOfFlush);
  return out;
}

}  // namespace mp::sim
