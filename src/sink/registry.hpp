// L3. The sinks that there are, by name. To add one: its file, its settings here, a line in
// registry.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sink/ndjson.hpp"
#include "sink/parquet.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

// The settings of every sink; each reads its own.
struct Settings {
  NdjsonConfig ndjson;
  ParquetConfig parquet;
};

// The same for one of the runners that a sink has where the collector has several shards: files of
// its own, and its share of the memory.
struct Shard {
  std::uint32_t number = 0;
  std::uint32_t count = 1;
};
[[nodiscard]] Settings settings_of(const Settings& settings, Shard shard);

struct Entry {
  std::string_view name;
  std::string_view what;  // one line, for a person
  std::unique_ptr<Sink> (*make)(const Settings& settings);
};

[[nodiscard]] std::span<const Entry> all_sinks();
// nullptr when there is none of that name.
[[nodiscard]] const Entry* sink_named(std::string_view name);

}  // namespace mp::sink
