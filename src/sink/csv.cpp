// L3. CSV files with the columns of Tardis' downloadable files, so that what reads those reads
// ours. Exactly once, by the names of its files: line_files.cpp.
#include <array>
#include <string>

#include "core/assert.hpp"
#include "sink/registry.hpp"
#include "sink/tardis_rows.hpp"

namespace mp::sink {
namespace {

constexpr std::array<std::string_view, 3> kCsvCompressions = {"gzip", "zstd", "none"};

Compression compression_named(std::string_view name) {
  if (name == "gzip") return Compression::gzip;
  return name == "zstd" ? Compression::zstd : Compression::none;
}

constexpr std::array kCsvKeys = {
    Key{.name = "data_type",
        .fallback = "trades",
        .doc = "The rows that it writes, by Tardis' name; a section for each.",
        .words = kTardisTypes},
    Key{.name = "compress",
        .fallback = "gzip",
        .doc = "The compression of the files.",
        .words = kCsvCompressions},
    kRotateBytesKey,
    kRotateAgeKey,
};

}  // namespace

constexpr Spec kCsv = {
    .type = "csv",
    .what = "CSV files with Tardis' columns: trades, books, quotes, derivative tickers",
    .keys = kCsvKeys,
    .guarantee = Guarantee::exactly_once,
    .harmless = "A file appears by one rename, and its name tells which events it has.",
    .loss_window =
        "None of trades, quotes and changes of books. After a start, snapshots of books "
        "begin with the venue's next one.",
    .make = [](const Settings& settings) -> std::unique_ptr<Sink> {
      const auto type = tardis_type_named(settings.text("data_type"));
      MP_ASSERT(type.has_value());
      return make_line_files(settings, {.extension = ".csv",
                                        .compression = compression_named(settings.text("compress")),
                                        .header = tardis_header(*type),
                                        .rows = make_tardis_rows(*type)});
    }};

}  // namespace mp::sink
