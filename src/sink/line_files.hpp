// L3. Files of lines, what `ndjson` and `csv` share: where they stand, when one ends, and how each
// event gets into one exactly once.
#pragma once

#include <memory>
#include <string>

#include "sink/line_encoder.hpp"
#include "sink/sink.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

// Makes lines of events, where an encoder cannot: it may remember what came before.
class RowMaker {
 public:
  virtual ~RowMaker() = default;
  // Appends the lines of an event, each with its end; there may be none.
  virtual void append(const Item& item, std::string& out) = 0;
  // Events are missing from here on.
  virtual void forget() = 0;
  [[nodiscard]] virtual std::unique_ptr<RowMaker> copy() const = 0;
};

struct LineFormat {
  std::string extension;  // ".ndjson"
  Compression compression = Compression::none;
  std::string header{};                      // each file's first line, with its end
  std::unique_ptr<RowMaker> rows = nullptr;  // nothing: payloads are the lines
};

// Files in data_dir/<name>/<date>/, by the keys rotate_bytes and rotate_age of its section.
[[nodiscard]] std::unique_ptr<Sink> make_line_files(const Settings& settings, LineFormat format);

// These keys.
inline constexpr Key kRotateBytesKey{.name = "rotate_bytes",
                                     .fallback = Bytes{std::uint64_t{256} << 20U},
                                     .doc = "Begin a new file at this size.",
                                     .least = 64 << 10};
inline constexpr Key kRotateAgeKey{
    .name = "rotate_age",
    .fallback = std::chrono::hours{1},
    .doc = "Begin a new file after this time. One also begins with each day (UTC).",
    .least = 1000};

}  // namespace mp::sink
