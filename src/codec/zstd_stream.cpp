#include "codec/zstd_stream.hpp"

#include <zstd.h>

#include <array>

#include "core/assert.hpp"

namespace mp::codec {
namespace {

// Frames that need a larger window than 128 MiB are refused: memory stays bounded.
constexpr int kWindowLogMax = 27;
constexpr int kJobBytes = 1 << 20;  // what a worker takes at once

}  // namespace

struct ZstdEncoder::State {
  ZSTD_CCtx* context = ZSTD_createCCtx();
};

ZstdEncoder::ZstdEncoder(int level, int workers) : state_(std::make_unique<State>()) {
  MP_ASSERT(state_->context != nullptr);
  ZSTD_CCtx_setParameter(state_->context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(state_->context, ZSTD_c_checksumFlag, 1);
  if (workers == 0) return;
  // A libzstd without threads refuses, and compresses here.
  ZSTD_CCtx_setParameter(state_->context, ZSTD_c_nbWorkers, workers);
  ZSTD_CCtx_setParameter(state_->context, ZSTD_c_jobSize, kJobBytes);
}

ZstdEncoder::~ZstdEncoder() {
  ZSTD_freeCCtx(state_->context);
}

void ZstdEncoder::write(std::string_view plain, End end, std::string& out) {
  std::array<char, std::size_t{64} << 10U> chunk;
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  const ZSTD_EndDirective directive = end == End::none    ? ZSTD_e_continue
                                      : end == End::block ? ZSTD_e_flush
                                                          : ZSTD_e_end;
  while (true) {
    ZSTD_outBuffer piece{chunk.data(), chunk.size(), 0};
    const std::size_t rest = ZSTD_compressStream2(state_->context, &piece, &in, directive);
    MP_ASSERT(ZSTD_isError(rest) == 0);  // only memory and wrong use can fail here
    out.append(chunk.data(), piece.pos);
    if (in.pos == in.size && (end == End::none || rest == 0)) return;
  }
}

void ZstdEncoder::restart() {
  ZSTD_CCtx_reset(state_->context, ZSTD_reset_session_only);
}

struct ZstdDecoder::State {
  ZSTD_DCtx* context = ZSTD_createDCtx();
};

ZstdDecoder::ZstdDecoder() : state_(std::make_unique<State>()) {
  MP_ASSERT(state_->context != nullptr);
  ZSTD_DCtx_setParameter(state_->context, ZSTD_d_windowLogMax, kWindowLogMax);
}

ZstdDecoder::~ZstdDecoder() {
  ZSTD_freeDCtx(state_->context);
}

Result<ZstdDecoder::Step> ZstdDecoder::read(std::string_view in, std::span<char> out) {
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  ZSTD_outBuffer target{out.data(), out.size(), 0};
  while (source.pos < source.size && target.pos < target.size) {
    const std::size_t hint = ZSTD_decompressStream(state_->context, &target, &source);
    if (ZSTD_isError(hint) != 0) {
      return Error{ErrorKind::data,
                   std::string{"the zstd stream is damaged: "} + ZSTD_getErrorName(hint)};
    }
    between_frames_ = hint == 0;
  }
  // What a full output made zstd keep comes out without more input.
  while (source.pos == source.size && !between_frames_ && target.pos < target.size) {
    const std::size_t before = target.pos;
    const std::size_t hint = ZSTD_decompressStream(state_->context, &target, &source);
    if (ZSTD_isError(hint) != 0) {
      return Error{ErrorKind::data,
                   std::string{"the zstd stream is damaged: "} + ZSTD_getErrorName(hint)};
    }
    between_frames_ = hint == 0;
    if (target.pos == before) break;
  }
  return Step{.consumed = source.pos, .produced = target.pos};
}

}  // namespace mp::codec
