// L2. The file of a recording: text in, plain or zstd out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/zstd_stream.hpp"
#include "core/files.hpp"
#include "core/result.hpp"

namespace mp::codec {

// What to do where the file is there already. What is no regular file is written to in any case.
enum class Existing : std::uint8_t { refuse, replace };

// Belongs to one thread at a time.
class RecordingFile {
 public:
  // A path that ends in ".zst" is compressed. ErrorKind::io or permission when the file cannot be
  // made.
  static Result<std::unique_ptr<RecordingFile>> open(const std::filesystem::path& path,
                                                     Existing existing);
  ~RecordingFile();
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  // The first error is that of all later calls: what follows it is not written.
  Result<void> write(std::string_view text);
  // Hands all so far to the system, so that a reader sees whole lines and a kill does not cost
  // them.
  Result<void> flush();
  // Ends the file; the destructor does it too, without an answer.
  Result<void> close();
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  RecordingFile(std::filesystem::path path, Fd file);
  Result<void> write_out(std::string_view text, ZstdEncoder::End end);

  std::filesystem::path path_;
  Fd file_;
  std::unique_ptr<ZstdEncoder> encoder_;
  std::string out_;
  std::uint64_t bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace mp::codec
