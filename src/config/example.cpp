// The example file, written from the tables of keys.
#include <fmt/format.h>

#include <algorithm>

#include "config/assign.hpp"
#include "config/parse.hpp"
#include "config/sink_section.hpp"
#include "sink/registry.hpp"

namespace mp::config {
namespace {

constexpr std::size_t kColumns = 100;

void comment(std::string& out, std::string_view text) {
  std::size_t column = kColumns;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column + 1 + word.size() > kColumns) {
      if (!out.empty() && out.back() != '\n') out += '\n';
      out += '#';
      column = 1;
    }
    out += fmt::format(" {}", word);
    column += 1 + word.size();
  }
  out += '\n';
}

enum class Style : std::uint8_t { defaults, examples, off };

// defaults: what is in force anyway. examples: a value for each key. off: the same, commented out.
template <class T>
void write_section(std::string& out, const Section<T>& section, std::string_view title, Style style,
                   const T& object) {
  out += '\n';
  comment(out, section.doc);
  out += fmt::format("{}{}\n", style == Style::off ? "# " : "", title);
  for (const auto& key : section.keys) {
    auto value = std::visit([&](auto field) { return format(object.*field); }, key.field);
    const bool is_off = style == Style::off || (style == Style::defaults && value.empty());
    if (value.empty() || style != Style::defaults) {
      value = key.example.empty() ? value : std::string(key.example);
    }
    comment(out, key.doc);
    out += fmt::format("{}{} = {}\n", is_off ? "# " : "", key.name, value);
  }
}

// The keys that every sink has stand once, with the first.
void write_sink(std::string& out, const sink::Spec& spec, bool first, bool off) {
  const sink::Settings settings{spec};
  out += '\n';
  comment(out, fmt::format("{}; delivers {}.", spec.what, name_of(spec.guarantee)));
  out += fmt::format("{}[sink.{}]\n", off ? "# " : "", spec.type);
  for (const auto* key : sink::keys_of(spec)) {
    const bool is_common = std::ranges::any_of(
        sink::common_keys(), [&](const auto& common) { return common.name == key->name; });
    const bool depends = key->name == "encoding" || key->name == "subject";
    if (is_common && !first && !depends) continue;
    auto value = format(settings.value(key->name));
    const bool is_off = off || value.empty();
    if (value.empty()) value = key->example;
    const auto words = key->name == "encoding" ? spec.encodings : key->words;
    comment(out, words.empty() ? std::string{key->doc}
                               : fmt::format("{} One of {}.", key->doc, fmt::join(words, ", ")));
    out += fmt::format("{}{} = {}\n", is_off ? "# " : "", key->name, value);
  }
}

void write_sinks(std::string& out) {
  const auto usual = usual_sinks();
  for (const auto& settings : usual) write_sink(out, settings.spec(), true, false);
  for (const sink::Spec* spec : sink::all_specs()) {
    const bool is_usual =
        std::ranges::any_of(usual, [&](const auto& settings) { return &settings.spec() == spec; });
    if (!is_usual) write_sink(out, *spec, false, true);
  }
}

}  // namespace

std::string example() {
  std::string out =
      "# The configuration of marketprism: every key, its meaning and its default. A key that is "
      "left\n# out has its default; an unknown key is an error. Sizes are \"64MiB\", durations "
      "\"24h\" or\n# \"1m30s\". Check a file with `marketprism validate FILE`, use it with "
      "`marketprism run FILE`.\n";
  write_section(out, kFeedSection, "[[feed]]", Style::examples, Feed{});
  const Config defaults;
  for_each_section(defaults, [&](const auto& section, const auto& object) {
    write_section(out, section, fmt::format("[{}]", section.path), Style::defaults, object);
  });
  write_sinks(out);
  write_section(out, kVenueSection, "[venue.binance]", Style::off, VenueOverride{});
  return out;
}

}  // namespace mp::config
