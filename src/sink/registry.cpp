#include "sink/registry.hpp"

#include <algorithm>
#include <array>

namespace mp::sink {
namespace {

constexpr std::array<Entry, 2> kSinks = {{
    {"ndjson", "JSON lines in files, plain or zstd",
     [](const Settings& settings) { return make_ndjson(settings.ndjson); }},
    {"parquet", "Parquet files in hive folders, for SQL (needs DuckDB)",
     [](const Settings& settings) { return make_parquet(settings.parquet); }},
}};

}  // namespace

std::span<const Entry> all_sinks() {
  return kSinks;
}

const Entry* sink_named(std::string_view name) {
  const auto* const found =
      std::find_if(kSinks.begin(), kSinks.end(), [&](const Entry& e) { return e.name == name; });
  return found == kSinks.end() ? nullptr : found;
}

}  // namespace mp::sink
