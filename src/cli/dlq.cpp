// Dead letters on the command line.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "cli/collect.hpp"
#include "cli/file_commands.hpp"
#include "cli/output.hpp"
#include "core/utf8.hpp"
#include "net/clock.hpp"
#include "pipeline/dead_letter_replay.hpp"
#include "pipeline/dead_letters.hpp"

namespace mp::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".ndjson";
constexpr std::size_t kProblemShown = 200;

struct LetterFile {
  std::string sink;
  fs::path path;
};

Result<std::vector<LetterFile>> letter_files(const DlqOptions& options) {
  const fs::path data_dir = options.data_dir;
  if (const int code = look_for(data_dir); code != 0)
    return os_error("cannot read " + data_dir.string(), code);
  const fs::path folder = data_dir / pipeline::kDeadLetterFolder;
  const Listing listing = list_folder(folder);
  if (listing.code != 0 && listing.code != ENOENT)
    return os_error("cannot read " + folder.string(), listing.code);
  std::vector<LetterFile> out;
  for (const std::string& name : listing.names) {
    if (!name.ends_with(kSuffix)) continue;
    const std::string sink = name.substr(0, name.size() - kSuffix.size());
    if (options.sink.empty() || options.sink == sink)
      out.push_back({.sink = sink, .path = folder / name});
  }
  std::ranges::sort(out, {}, &LetterFile::sink);
  return out;
}

// Hands over each line of a file, without its end; false ends the reading.
Result<void> each_line(const fs::path& path, const std::function<bool(std::string_view)>& on_line) {
  const auto text = read_file(path);
  if (!text) return text.error();
  std::string_view rest = text->has_value() ? std::string_view{**text} : std::string_view{};
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!line.empty() && !on_line(line)) return {};
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return {};
}

}  // namespace

int dlq_list(const DlqOptions& options) {
  const auto files = letter_files(options);
  if (!files) return fail(files.error());
  Output output;
  std::uint64_t all = 0;
  pipeline::DeadLetterReader reader;
  for (const LetterFile& file : *files) {
    std::map<std::string, std::uint64_t> counts;
    auto read = each_line(file.path, [&](std::string_view line) {
      pipeline::DeadLetter letter;
      const bool good = reader.read(line, letter);
      ++counts[good ? std::string{letter.problem} : "(cannot be read: " + reader.why() + ")"];
      ++all;
      return true;
    });
    if (!read) return fail(read.error());
    for (const auto& [problem, count] : counts) {
      output.buffer() +=
          fmt::format("{:>8}  {}  {}", count, file.sink, printable(problem, kProblemShown));
      output.line_done();
    }
  }
  if (all == 0) {
    output.buffer() += "there are no dead letters";
    output.line_done();
  }
  if (auto written = output.flush(); !written) return fail(written.error());
  return 0;
}

int dlq_show(const DlqOptions& options) {
  const auto files = letter_files(options);
  if (!files) return fail(files.error());
  Output output;
  std::uint64_t shown = 0;
  std::uint64_t more = 0;
  for (const LetterFile& file : *files) {
    auto read = each_line(file.path, [&](std::string_view line) {
      if (options.limit > 0 && shown == options.limit) {
        ++more;
        return true;
      }
      ++shown;
      output.buffer() += line;
      output.line_done();
      return !output.reader_gone();
    });
    if (!read) return fail(read.error());
  }
  if (auto written = output.flush(); !written) return fail(written.error());
  if (more > 0) complain(fmt::format("{} more; --limit 0 shows all", more));
  return 0;
}

int dlq_replay(const DlqOptions& options) {
  const std::vector<std::string> targets =
      options.config.empty() ? std::vector<std::string>{} : std::vector{options.config};
  auto config = load_targets(targets, options.overrides);
  if (!config) return fail(config.error());
  if (options.config.empty()) config->data.dir = options.data_dir;
  const auto collector = collector_config(*config, Sinks::as_configured);
  const auto found = std::ranges::find(collector.sinks, options.sink, &sink::Settings::name);
  if (found == collector.sinks.end()) {
    return fail({ErrorKind::config,
                 fmt::format("there is no sink {} in the configuration; name the file that has it "
                             "with --config",
                             options.sink)});
  }
  const auto now = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
  auto replayed = pipeline::replay_dead_letters(*found, now);
  if (!replayed) return fail(replayed.error());
  Output output;
  output.buffer() += fmt::format("{} delivered, {} refused again, {} cannot be read",
                                 replayed->delivered, replayed->refused, replayed->unreadable);
  output.line_done();
  if (auto written = output.flush(); !written) return fail(written.error());
  if (replayed->refused + replayed->unreadable == 0) return 0;
  return fail({ErrorKind::data, replayed->problem});
}

}  // namespace mp::cli
