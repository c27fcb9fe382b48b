#include "cli/sink_document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/encoder.hpp"
#include "config/sink_section.hpp"
#include "sink/registry.hpp"

namespace mp::cli {
namespace {

// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

void write_key(const sink::Key& key, const std::string& value, std::string& out) {
  std::string words;
  if (!key.words.empty()) words = fmt::format(" One of {}.", fmt::join(key.words, ", "));
  out += fmt::format("| `{}` | {} | {}{} |\n", key.name,
                     value.empty() ? "" : fmt::format("`{}`", cell(value)), cell(key.doc), words);
}

bool is_common(const sink::Key& key) {
  return std::ranges::any_of(sink::common_keys(),
                             [&](const auto& common) { return common.name == key.name; });
}

constexpr std::string_view kHead = "\n| key | default | meaning |\n| --- | --- | --- |\n";

void write_common(std::string& out) {
  out +=
      "\n## Keys of every sink\n\n`encoding` and `subject` only where the sink below names them.\n";
  out += kHead;
  for (const auto& key : sink::common_keys())
    write_key(key, config::format(sink::default_of(key)), out);
  out += "\n| encoding | what |\n| --- | --- |\n";
  for (const auto& encoder : codec::all_encoders())
    out += fmt::format("| {} | {} |\n", encoder.name, cell(encoder.what));
}

void write_spec(const sink::Spec& spec, std::string& out) {
  out += fmt::format("\n## {}\n\n{}.\n\n", spec.type, spec.what);
  out +=
      fmt::format("- Delivers {}. A second delivery: {}\n", name_of(spec.guarantee), spec.harmless);
  out += fmt::format("- What can be lost: {}\n", spec.loss_window);
  if (!spec.encodings.empty())
    out += fmt::format("- Encodings: {}\n", fmt::join(spec.encodings, ", "));
  if (!spec.subject.empty()) out += fmt::format("- `subject`: `{}`\n", spec.subject);
  const sink::Settings settings{spec};
  for (const auto& usual : spec.usual)
    out += fmt::format("- `{}` is `{}` unless said\n", usual.key,
                       config::format(settings.value(usual.key)));
  if (spec.keys.empty()) return;
  out += kHead;
  for (const auto* key : sink::keys_of(spec)) {
    if (!is_common(*key)) write_key(*key, config::format(settings.value(key->name)), out);
  }
}

}  // namespace

std::string sink_document() {
  std::string out =
      "# Sinks\n\nWritten by `marketprism list sinks --markdown`; a test keeps it true.\n\nA sink "
      "is a section `[sink.NAME]` of the configuration, with its `type`; any number of a type may "
      "run side by side.\n\n```toml\n[sink.archive]\ntype = \"ndjson\"\nchannels = "
      "[\"trade\"]\n```\n\n| type | what | delivers |\n| --- | --- | --- |\n";
  for (const auto* spec : sink::all_specs())
    out += fmt::format("| [{0}](#{0}) | {1} | {2} |\n", spec->type, spec->what,
                       name_of(spec->guarantee));
  write_common(out);
  for (const auto* spec : sink::all_specs()) write_spec(*spec, out);
  return out;
}

}  // namespace mp::cli
