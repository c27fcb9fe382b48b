// L3. The file sink: events as lines of JSON, plain or zstd, in data_dir/<name>/<date>/. Exactly
// once, by the names of its files: line_files.cpp.
#include <array>
#include <string>

#include "sink/line_files.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr std::array kKeys = {
    Key{"compress", true, "Compress the files with zstd."},
    kRotateBytesKey,
    kRotateAgeKey,
};
constexpr std::array<std::string_view, 2> kEncodings = {"json", "marketprism"};

}  // namespace

constexpr Spec kNdjson = {
    .type = "ndjson",
    .what = "JSON lines in files, plain or zstd",
    .keys = kKeys,
    .encodings = kEncodings,
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
