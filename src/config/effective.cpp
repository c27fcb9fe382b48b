// The configuration as it is in force, written from the tables of keys.
#include <fmt/format.h>

#include "config/assign.hpp"
#include "config/parse.hpp"
#include "config/sink_section.hpp"

namespace mp::config {
namespace {

template <class T>
void add_keys(const Section<T>& section, std::string_view path, const T& object,
              std::vector<Effective>& out) {
  const T defaults{};
  for (const auto& key : section.keys) {
    const auto text_of = [&](const T& of) {
      return std::visit([&](auto field) { return format(of.*field); }, key.field);
    };
    const auto value = text_of(object);
    out.push_back({.key = fmt::format("{}.{}", path, key.name),
                   .value = value,
                   .is_default = value == text_of(defaults)});
  }
}

void add_sink(const sink::Settings& sink, std::vector<Effective>& out) {
  const sink::Settings usual{sink.spec()};
  out.push_back({.key = fmt::format("sink.{}.type", sink.name),
                 .value = format(std::string{sink.spec().type}),
                 .is_default = sink.name == sink.spec().type});
  for (const auto* key : sink::keys_of(sink.spec())) {
    const auto& value = sink.value(key->name);
    out.push_back({.key = fmt::format("sink.{}.{}", sink.name, key->name),
                   .value = format(value),
                   .is_default = value == usual.value(key->name)});
  }
}

}  // namespace

std::vector<Effective> effective(const Config& config) {
  std::vector<Effective> out;
  for (std::size_t i = 0; i < config.feeds.size(); ++i)
    add_keys(kFeedSection, fmt::format("feed[{}]", i), config.feeds[i], out);
  for_each_section(config, [&](const auto& section, const auto& object) {
    add_keys(section, section.path, object, out);
  });
  for (const auto& sink : config.sinks) add_sink(sink, out);
  for (const auto& [venue, object] : config.venues)
    add_keys(kVenueSection, fmt::format("venue.{}", venue), object, out);
  return out;
}

}  // namespace mp::config
