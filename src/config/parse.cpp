#include "config/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "config/check.hpp"
#include "config/document.hpp"
#include "config/override.hpp"
#include "config/sink_section.hpp"
#include "config/table_reader.hpp"

namespace mp::config {
namespace {

using Problems = std::vector<Problem>;

void must_be(const Node& node, Problems& problems, std::string_view what,
             std::string_view expected) {
  problems.push_back(
      {node.at, fmt::format("{} must be {}, but is {}", what, expected, name_of(node.kind))});
}

void read_feeds(const Node& node, const Known& known, Parsed& parsed) {
  if (node.kind != NodeKind::array || node.items.empty()) {
    return must_be(node, parsed.problems, "[[feed]]", "written with two brackets on each side");
  }
  for (const auto& item : node.items) {
    if (item.kind != NodeKind::table) {
      must_be(item, parsed.problems, "each [[feed]]", "a table");
      continue;
    }
    Feed feed;
    read_table(item, "[[feed]]", kFeedSection.keys, feed, parsed.problems);
    check_feed(item, known, feed, parsed.problems);
    parsed.config.feeds.push_back(std::move(feed));
  }
}

void read_venues(const Node& node, const Known& known, Parsed& parsed) {
  if (node.kind != NodeKind::table) {
    return must_be(node, parsed.problems, "`venue`", "tables like [venue.NAME]");
  }
  for (const auto& member : node.members) {
    check_venue_name(member.key, member.key_at, known, parsed.problems);
    const auto title = fmt::format("[venue.{}]", member.key);
    if (member.value.kind != NodeKind::table) {
      must_be(member.value, parsed.problems, title, "a table");
      continue;
    }
    VenueOverride override;
    read_table(member.value, title, kVenueSection.keys, override, parsed.problems);
    check_override(member.value, override, parsed.problems);
    parsed.config.venues.insert_or_assign(member.key, std::move(override));
  }
}

// A section that is there once. False when there is none of that path.
bool read_section(const std::string& path, const Node& node, Parsed& parsed) {
  bool is_known = false;
  for_each_section(parsed.config, [&](const auto& section, auto& object) {
    if (section.path != path) return;
    is_known = true;
    if (node.kind != NodeKind::table) {
      return must_be(node, parsed.problems, fmt::format("[{}]", path), "a table");
    }
    read_table(node, fmt::format("[{}]", path), section.keys, object, parsed.problems);
  });
  return is_known;
}

void refuse_section(const Member& member, const std::string& path, Problems& problems) {
  Config config;
  std::vector<std::string_view> paths = {"feed", "venue", "sink"};
  for_each_section(config, [&](const auto& section, auto&) { paths.push_back(section.path); });
  std::vector<std::string_view> homes;  // sections that have such a key
  for_each_section(config, [&](const auto& section, auto&) {
    for (const auto& key : section.keys) {
      if (key.name == member.key) homes.push_back(section.path);
    }
  });
  if (member.value.kind != NodeKind::table && homes.size() == 1) {
    problems.push_back(
        {member.key_at, fmt::format("the key `{}` belongs below [{}]", member.key, homes.front())});
    return;
  }
  problems.push_back(
      {member.key_at, fmt::format("unknown section `{}`; {}", path, suggestion(path, paths))});
}

void read_root(const Node& root, const Known& known, Parsed& parsed) {
  for (const auto& member : root.members) {
    if (member.key == "feed") {
      read_feeds(member.value, known, parsed);
    } else if (member.key == "venue") {
      read_venues(member.value, known, parsed);
    } else if (member.key == "sink") {
      read_sinks(member.value, parsed.config, parsed.problems);
    } else if (!read_section(member.key, member.value, parsed)) {
      refuse_section(member, member.key, parsed.problems);
    }
  }
}

}  // namespace

Parsed parse(std::string_view text, const Known& known, std::span<const std::string> overrides,
             std::string_view name) {
  Parsed parsed;
  auto document = parse_document(text);
  parsed.problems = std::move(document.problems);
  if (!parsed.problems.empty()) return parsed;
  apply_overrides(overrides, document);
  parsed.problems = std::move(document.problems);
  read_root(document.root, known, parsed);
  check_whole(document.root, parsed.config, parsed.problems);
  parsed.config.origins.read(document.root, name);
  return parsed;
}

Result<Config> load_text(std::string_view text, std::string_view name, const Known& known,
                         std::span<const std::string> overrides) {
  auto parsed = parse(text, known, overrides, name);
  if (parsed.problems.empty()) return std::move(parsed.config);
  const auto of_overrides = std::ranges::find_if(
      parsed.problems, [](const Problem& problem) { return is_override(problem.at); });
  const bool only = std::ranges::all_of(
      parsed.problems, [](const Problem& problem) { return is_override(problem.at); });
  if (only) return Error{ErrorKind::usage, describe_override(*of_overrides, overrides)};
  std::erase_if(parsed.problems, [](const Problem& problem) { return is_override(problem.at); });
  return Error{ErrorKind::config, describe(parsed.problems, name, text)};
}

Result<Config> load(const std::filesystem::path& file, const Known& known,
                    std::span<const std::string> overrides) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kTextMax + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof())) {
    const auto kind = errno == EACCES ? ErrorKind::permission : ErrorKind::io;
    return Error{kind, fmt::format("cannot read the configuration {}: {}", file.string(),
                                   std::strerror(errno))};
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto config = load_text(text, file.string(), known, overrides);
  if (config && config->feeds.empty()) {
    return Error{
        ErrorKind::config,
        fmt::format("{}: there is nothing to collect; expected a [[feed]] with a venue and "
                    "instruments",
                    file.string())};
  }
  return config;
}

journal::Config journal_config(const Config& config) {
  journal::Config journal;
  const auto& from = config.journal;
  if (!from.memory) journal.dir = from.dir.empty() ? config.data.dir / kJournalFolder : from.dir;
  journal.segment_bytes = from.segment_bytes.count;
  journal.retention_bytes = from.retention_bytes.count;
  journal.retention_age = std::chrono::ceil<std::chrono::seconds>(from.retention_age);
  journal.spare_memory_bytes = from.spare_memory_bytes.count;
  journal.fsync = from.fsync;
  journal.fsync_interval = from.fsync_interval;
  return journal;
}

}  // namespace mp::config
