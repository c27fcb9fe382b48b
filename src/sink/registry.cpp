#include "sink/registry.hpp"

#include <algorithm>
#include <array>

namespace mp::sink {
namespace {

constexpr std::array kSpecs = {
    &kClickHouse, &kCsv,      &kInflux,  &kKafka, &kMqtt,   &kNats,   &kNdjson,
    &kParquet,    &kPostgres, &kQuestDb, &kRedis, &kStdout, &kZeroMq,
};

}  // namespace

std::span<const Spec* const> all_specs() {
  return kSpecs;
}

const Spec* spec_of(std::string_view type) {
  const auto* const found = std::ranges::find(kSpecs, type, &Spec::type);
  return found == kSpecs.end() ? nullptr : *found;
}

}  // namespace mp::sink
