#include "config/sink_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/assign.hpp"
#include "pipeline/budget_file.hpp"
#include "pipeline/dead_letters.hpp"
#include "sink/registry.hpp"
#include "sink/subject.hpp"

namespace mp::config {
namespace {

using Problems = std::vector<Problem>;

constexpr std::size_t kNameMax = 40;

// What else lies where a sink has its folder.
constexpr std::array<std::string_view, 3> kTaken = {kJournalFolder, pipeline::kDeadLetterFolder,
                                                    pipeline::kBudgetFile};

// It names folders, cursors and threads.
bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, allowed);
}

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> out;
  for (const sink::Spec* spec : sink::all_specs()) out.push_back(spec->type);
  return out;
}

// By the key `type`, else by the section's name.
const sink::Spec* spec_of(const Member& section, Problems& problems) {
  const auto& members = section.value.members;
  const auto type = std::ranges::find(members, "type", &Member::key);
  if (type == members.end()) {
    const auto* const spec = sink::spec_of(section.key);
    if (spec == nullptr)
      problems.push_back({section.key_at,
                          fmt::format("[sink.{}] has no `type`, and there is no type of that name; "
                                      "{}",
                                      section.key, suggestion(section.key, type_names()))});
    return spec;
  }
  if (type->value.kind != NodeKind::text) {
    problems.push_back({type->value.at, fmt::format("`type` in [sink.{}] must be a string, but is "
                                                    "{}",
                                                    section.key, name_of(type->value.kind))});
    return nullptr;
  }
  const auto* const spec = sink::spec_of(type->value.text);
  if (spec == nullptr)
    problems.push_back(
        {type->value.at, fmt::format("unknown type of sink `{}`; {}", type->value.text,
                                     suggestion(type->value.text, type_names()))});
  return spec;
}

void check_word(const Node& node, const Target& target, std::span<const std::string_view> words) {
  if (words.empty() || std::ranges::find(words, node.text) != words.end()) return;
  target.refuse(node, fmt::format("one of \"{}\"", fmt::join(words, "\", \"")));
}

void check_channels(const Node& node, Problems& problems) {
  for (const Node& item : node.items) {
    if (channel_named(item.text)) continue;
    problems.push_back({item.at, fmt::format("unknown channel `{}`; {}", item.text,
                                             suggestion(item.text, kChannelNames))});
  }
}

void check_subject(const Node& node, const sink::Spec& spec, const std::string& text,
                   Problems& problems) {
  const auto subject = sink::Subject::compile(text, spec.subject_excludes);
  if (!subject) problems.push_back({node.at, subject.error().message});
}

void read_key(const Member& member, const sink::Key& key, sink::Settings& settings,
              const std::string& title, Problems& problems) {
  const Target target{key.name, title, {.least = key.least, .most = key.most}, problems};
  sink::Value value = settings.value(key.name);
  const std::size_t before = problems.size();
  std::visit([&](auto& to) { assign(member.value, target, to); }, value);
  if (problems.size() != before) return;
  if (const auto* const text = std::get_if<std::string>(&value)) {
    check_word(member.value, target,
               key.name == "encoding" ? settings.spec().encodings : key.words);
    if (key.name == "subject") check_subject(member.value, settings.spec(), *text, problems);
  }
  if (key.name == "channels") check_channels(member.value, problems);
  settings.set(key.name, std::move(value));
}

void read_sink(const Member& section, Config& config, Problems& problems) {
  const auto title = fmt::format("[sink.{}]", section.key);
  if (section.value.kind != NodeKind::table) {
    problems.push_back({section.value.at, fmt::format("{} must be a table, but is {}", title,
                                                      name_of(section.value.kind))});
    return;
  }
  if (!is_name(section.key)) {
    problems.push_back(
        {section.key_at, fmt::format("the name of {} must be of at most {} characters a to z, 0 to "
                                     "9, - and _",
                                     title, kNameMax)});
    return;
  }
  if (std::ranges::find(kTaken, section.key) != kTaken.end()) {
    problems.push_back({section.key_at, fmt::format("{} would write into what the collector calls "
                                                    "so in its data directory; expected another "
                                                    "name",
                                                    title)});
    return;
  }
  const sink::Spec* const spec = spec_of(section, problems);
  if (spec == nullptr) return;
  sink::Settings settings{*spec};
  settings.name = section.key;
  const auto keys = sink::keys_of(*spec);
  for (const Member& member : section.value.members) {
    if (member.key == "type") continue;
    const auto key = std::ranges::find(keys, member.key, &sink::Key::name);
    if (key != keys.end()) {
      read_key(member, **key, settings, title, problems);
      continue;
    }
    std::vector<std::string_view> names = {"type"};
    for (const auto* known : keys) names.push_back(known->name);
    problems.push_back({member.key_at, fmt::format("unknown key `{}` in {}; {}", member.key, title,
                                                   suggestion(member.key, names))});
  }
  std::erase_if(config.sinks, [&](const auto& usual) { return usual.name == settings.name; });
  config.sinks.push_back(std::move(settings));
}

}  // namespace

std::vector<sink::Settings> usual_sinks() {
  return {sink::Settings{sink::kParquet}};
}

void read_sinks(const Node& node, Config& config, Problems& problems) {
  if (node.kind != NodeKind::table) {
    problems.push_back({node.at, fmt::format("`sink` must be tables like [sink.NAME], but is {}",
                                             name_of(node.kind))});
    return;
  }
  for (const Member& section : node.members) read_sink(section, config, problems);
}

std::string format(const sink::Value& value) {
  return std::visit([](const auto& of) { return format(of); }, value);
}

}  // namespace mp::config
