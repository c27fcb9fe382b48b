// The configuration as it is in force, written from the tables of keys.
#include <fmt/format.h>

#include "config/assign.hpp"
#include "config/parse.hpp"
#include "config/sink_section.hpp"
#include "obs/mask.hpp"

namespace mp::config {
namespace {

// Writes keys with what each comes from.
class Writer {
 public:
  Writer(const Origins& origins, std::vector<Effective>& out) : origins_(origins), out_(out) {}

  void add(std::string key, const std::string& value, const std::string& usual) {
    auto origin = origins_.of(key);
    if (origin.empty()) origin = value == usual ? "default" : "command line";
    const auto name = std::string_view{key}.substr(key.rfind('.') + 1);
    const bool is_secret = !value.empty() && obs::is_secret_name(name);
    out_.push_back({.key = std::move(key),
                    .value = is_secret ? "\"***\"" : obs::masked(value),
                    .origin = std::move(origin)});
  }

  template <class T>
  void add_keys(const Section<T>& section, std::string_view path, const T& object) {
    const T defaults{};
    for (const auto& key : section.keys) {
      const auto text_of = [&](const T& of) {
        return std::visit([&](auto field) { return format(of.*field); }, key.field);
      };
      add(fmt::format("{}.{}", path, key.name), text_of(object), text_of(defaults));
    }
  }

  void add_sink(const sink::Settings& sink) {
    const sink::Settings usual{sink.spec()};
    add(fmt::format("sink.{}.type", sink.name), format(std::string{sink.spec().type}),
        format(sink.name));
    for (const auto* key : sink::keys_of(sink.spec())) {
      add(fmt::format("sink.{}.{}", sink.name, key->name), format(sink.value(key->name)),
          format(usual.value(key->name)));
    }
  }

 private:
  const Origins& origins_;
  std::vector<Effective>& out_;
};

}  // namespace

std::vector<Effective> effective(const Config& config) {
  std::vector<Effective> out;
  Writer to{config.origins, out};
  for (std::size_t i = 0; i < config.feeds.size(); ++i)
    to.add_keys(kFeedSection, fmt::format("feed[{}]", i), config.feeds[i]);
  for_each_section(config, [&](const auto& section, const auto& object) {
    to.add_keys(section, section.path, object);
  });
  for (const auto& sink : config.sinks) to.add_sink(sink);
  for (const auto& [venue, object] : config.venues)
    to.add_keys(kVenueSection, fmt::format("venue.{}", venue), object);
  return out;
}

}  // namespace mp::config
