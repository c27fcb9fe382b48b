// L3. The file sink: events as lines of JSON, plain or zstd, in data_dir/<name>/<date>/. Exactly
// once, by the names of its files: line_files.cpp.
#include <array>
#include <string>

#include "sink/line_files.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr std::array kNdjsonKeys = {
    Key{"compress", true, "Compress the files with zstd."},
    kRotateBytesKey,
    kRotateAgeKey,
};

}  // namespace

constexpr Spec kNdjson = {
    .type = "ndjson",
    .what = "JSON lines in files, plain or zstd",
    .keys = kNdjsonKeys,
    .encodings = kMessageEncodings,
    .guarantee = Guarantee::exactly_once,
    .harmless = "A file appears by one rename, and its name tells which events it has.",
    .loss_window = "None; what is not in a file yet is in the journal.",
    .make = [](const Settings& settings) -> std::unique_ptr<Sink> {
      return make_line_files(
          settings,
          {.extension = ".ndjson",
           .compression = settings.flag("compress") ? Compression::zstd : Compression::none});
    }};

}  // namespace mp::sink
