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

// DuckDB does not start with much less.
constexpr std::uint64_t kDuckdbMemoryMin = std::uint64_t{64} << 20U;

}  // namespace

Settings settings_of(const Settings& settings, Shard shard) {
  Settings out = settings;
  out.ndjson.shard = out.parquet.shard = shard.number;
  std::uint64_t& memory = out.parquet.duckdb.memory_bytes_max;
  memory = std::min(memory, std::max(kDuckdbMemoryMin, memory / shard.count));
  return out;
}

std::span<const Entry> all_sinks() {
  return kSinks;
}

const Entry* sink_named(std::string_view name) {
  const auto* const found =
      std::find_if(kSinks.begin(), kSinks.end(), [&](const Entry& e) { return e.name == name; });
  return found == kSinks.end() ? nullptr : found;
}

}  // namespace mp::sink
