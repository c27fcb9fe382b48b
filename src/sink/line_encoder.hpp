// L3. The compression of files of lines, one of three behind one face.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/gzip_stream.hpp"
#include "codec/zstd_stream.hpp"

namespace mp::sink {

enum class Compression : std::uint8_t { none, gzip, zstd };

class LineEncoder {
 public:
  enum class End : std::uint8_t { none, file };

  explicit LineEncoder(Compression compression) {
    if (compression == Compression::gzip) gzip_.emplace(kGzipLevel);
    if (compression == Compression::zstd) zstd_.emplace(kZstdLevel, kZstdWorkers);
  }

  // What a file's name ends with.
  [[nodiscard]] const char* suffix() const { return gzip_ ? ".gz" : zstd_ ? ".zst" : ""; }

  // Appends what there is to `out`: all of it at the end of the file.
  void write(std::string_view lines, End end, std::string& out) {
    if (gzip_) {
      using Mark = codec::GzipEncoder::End;
      gzip_->write(lines, end == End::file ? Mark::text : Mark::none, out);
    } else if (zstd_) {
      using Mark = codec::ZstdEncoder::End;
      zstd_->write(lines, end == End::file ? Mark::frame : Mark::none, out);
    } else {
      out.append(lines);
    }
  }
  // Forgets an unfinished file.
  void restart() {
    if (gzip_) gzip_->restart();
    if (zstd_) zstd_->restart();
  }

 private:
  static constexpr int kGzipLevel = 6;
  // Of lines of market data level 3 makes more bytes, and takes longer.
  static constexpr int kZstdLevel = 1;
  static constexpr int kZstdWorkers = 2;

  std::optional<codec::GzipEncoder> gzip_;
  std::optional<codec::ZstdEncoder> zstd_;
};

}  // namespace mp::sink
