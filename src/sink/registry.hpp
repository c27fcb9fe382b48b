// L3. The sinks that there are, by type. To add one: its file, which defines its spec, a line here
// and one in registry.cpp.
#pragma once

#include <span>
#include <string_view>

#include "sink/spec.hpp"

namespace mp::sink {

extern const Spec kClickHouse;
extern const Spec kCsv;
extern const Spec kInflux;
extern const Spec kKafka;
extern const Spec kMqtt;
extern const Spec kNats;
extern const Spec kNdjson;
extern const Spec kParquet;
extern const Spec kPostgres;
extern const Spec kQuestDb;
extern const Spec kRedis;
extern const Spec kStdout;
extern const Spec kZeroMq;

[[nodiscard]] std::span<const Spec* const> all_specs();
// nullptr when there is none of that type.
[[nodiscard]] const Spec* spec_of(std::string_view type);

}  // namespace mp::sink
