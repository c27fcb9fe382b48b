#include "pipeline/dead_letter_replay.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/files.hpp"
#include "pipeline/dead_letters.hpp"
#include "pipeline/sink_batch.hpp"
#include "pipeline/sink_runner_feed.hpp"

namespace mp::pipeline {
namespace {

using sink::Outcome;

// Files and connections of its own, beside those of the collector's shards.
constexpr std::uint32_t kShard = 9'999;
constexpr int kTriesMax = 5;  // in a row, without a pause: who asked for it can ask again
constexpr std::uint64_t kPartsMax = std::uint64_t{1} << 32U;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty()) out.push_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return out;
}

// One letter after the other, so that each has an answer of its own.
class Replay {
 public:
  Replay(const SinkRunnerConfig& config, sink::Sink& sink)
      : name_(config.name), batch_(config.form), sink_(sink) {}

  // Nothing: it is taken. A refusal is a sentence; an error ends the replay.
  Result<std::optional<std::string>> send(const DeadLetter& letter, std::uint64_t index) {
    batch_.clear();
    if (!batch_.add(letter.event, index, std::nullopt))
      return std::optional<std::string>{"its encoding has no form for the event"};
    batch_.finish();
    const auto written = answer_of([&] { return sink_.write(batch_.range(0, 1)); });
    if (!written) return written.error();
    if (!written->refused.empty()) return std::optional{written->refused.front().problem};
    if (written->outcome == Outcome::permanent) return std::optional{written->problem};
    return std::optional<std::string>{};
  }

  Result<void> close() {
    const auto closed = answer_of([&] { return sink_.close(); });
    if (!closed) return closed.error();
    return {};
  }

 private:
  // Done, or permanent.
  Result<sink::Written> answer_of(const auto& ask) {
    sink::Written written;
    for (int tries = 0; tries < kTriesMax; ++tries) {
      written = ask();
      for (std::uint64_t parts = 0; written.outcome == Outcome::more && parts < kPartsMax; ++parts)
        written = ask();
      if (written.outcome == Outcome::done || written.outcome == Outcome::permanent) return written;
      if (written.taken == 1) return written;  // dealt with all the same
      if (written.outcome == Outcome::rewind) break;
      if (written.outcome == Outcome::reopen) {
        if (auto opened = sink_.open(); !opened) return opened.error();
      }
    }
    return Error{ErrorKind::unavailable,
                 "the sink " + name_ + " does not take them now: " + written.problem};
  }

  std::string name_;
  SinkBatch batch_;
  sink::Sink& sink_;
};

// Letters are only appended, in whole lines, by who has the file: what is there now stays there.
Result<std::string> lines_now(const std::filesystem::path& path) {
  const OpenedFile opened = open_file(path, O_RDONLY);
  if (opened.code == ENOENT) return std::string{};
  const std::string what = "cannot read " + path.string();
  if (opened.code != 0) return os_error(what, opened.code);
  const FileLock lock{opened.fd};
  if (lock.code() != 0) return os_error(what, lock.code());
  auto text = read_file(path);
  if (!text) return text.error();
  return std::move(*text).value_or("");
}

// Puts `left` in the place of the first `bytes` of the file.
Result<void> replace_lines(const std::filesystem::path& path, std::size_t bytes, std::string left) {
  const std::string what = "cannot write the dead letters " + path.string() + " anew";
  const OpenedFile opened = open_file(path, O_RDONLY | O_CREAT);
  if (opened.code != 0) return os_error(what, opened.code);
  const FileLock lock{opened.fd};
  if (lock.code() != 0) return os_error(what, lock.code());
  const auto now = read_file(path);
  if (!now) return now.error();
  const std::string text = now->value_or("");
  if (text.size() > bytes) left.append(text, bytes);
  const int code = replace_whole(path, left, mp::Written::to_the_disk);
  if (code != 0) return os_error(what, code);
  return {};
}

Result<Fd> turn_to_send(const std::filesystem::path& path) {
  std::filesystem::path mark = path;
  mark += ".sending";
  OpenedFile opened = open_file(mark, O_RDWR | O_CREAT);
  if (opened.code != 0) return os_error("cannot open " + mark.string(), opened.code);
  const int locked = lock_file(opened.fd);
  if (locked == 0) return std::move(opened.fd);
  if (locked != EWOULDBLOCK) return os_error("cannot lock " + mark.string(), locked);
  return Error{ErrorKind::locked,
               "the dead letters " + path.string() + " are being sent by another process just now"};
}

}  // namespace

Result<Replayed> replay_dead_letters(const sink::Settings& wanted, Timestamp now) {
  sink::Settings settings = wanted;
  settings.shard = {.number = kShard, .count = 1};
  auto config = settings_of_runner(settings);
  if (!config) return config.error();
  const auto path = config->dead_letter;
  Replayed out;
  const int there = look_for(path);
  if (there == ENOENT) return out;
  if (there != 0) return os_error("cannot look for " + path.string(), there);
  const auto turn = turn_to_send(path);
  if (!turn) return turn.error();
  const auto text = lines_now(path);
  if (!text) return text.error();
  const auto lines = lines_of(*text);
  if (lines.empty()) return out;

  const auto sink = settings.spec().make(settings);
  if (auto opened = sink->open(); !opened) return opened.error();
  Replay replay{*config, *sink};
  DeadLetterReader reader;
  std::string left;
  auto index = static_cast<std::uint64_t>(to_nanoseconds(now));
  for (const std::string_view line : lines) {
    DeadLetter letter;
    std::optional<std::string> problem;
    if (reader.read(line, letter)) {
      auto sent = replay.send(letter, index++);
      if (!sent) return sent.error();
      problem = sent.take();
      if (!problem) ++out.delivered;
      if (problem) ++out.refused;
    } else {
      problem = "a line cannot be read: " + reader.why();
      ++out.unreadable;
    }
    if (!problem) continue;
    out.problem = *problem;
    left.append(line).push_back('\n');
  }
  if (auto closed = replay.close(); !closed) return closed.error();
  if (auto replaced = replace_lines(path, text->size(), std::move(left)); !replaced)
    return replaced.error();
  return out;
}

}  // namespace mp::pipeline
