#include "pipeline/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "core/back_off.hpp"
namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = std::size_t{256} << 10U;  // are handed over at once
constexpr unsigned kNamesMax = 1000;                          // of recordings beside each other
constexpr BackOff kSayAgain{.first = std::chrono::seconds{10}, .most = std::chrono::minutes{10}};

// "s.ndjson.zst" and ".2" to "s.2.ndjson.zst".
fs::path with_word(const fs::path& file, std::string_view word) {
  fs::path stem = file;
  std::string endings;
  if (stem.extension() == ".zst") {
    endings = ".zst";
    stem.replace_extension();
  }
  endings.insert(0, stem.extension().string());
  stem.replace_extension();
  return fmt::format("{}{}{}", stem.string(), word, endings);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is for open() to say
  return fs::is_regular_file(path, ignored);
}

// The first shard's file of that name that is there; empty: none is.
fs::path in_the_way(const fs::path& file, std::uint32_t shards) {
  for (std::uint32_t number = 0; number < shards; ++number) {
    if (auto one = file_of_shard(file, number); is_file(one)) return one;
  }
  return {};
}

void remove_file(const fs::path& path) {
  std::error_code ignored;  // it stays, then
  if (is_file(path)) fs::remove(path, ignored);
}

}  // namespace

fs::path file_of_shard(const fs::path& file, std::uint32_t number) {
  if (number == 0 || file.empty()) return file;
  return with_word(file, fmt::format(".shard-{}", number));
}

fs::path next_name(const fs::path& file, std::uint32_t shards, unsigned names_max) {
  if (in_the_way(file, shards).empty()) return file;
  for (unsigned number = 2; number <= names_max; ++number) {
    auto name = with_word(file, fmt::format(".{}", number));
    if (in_the_way(name, shards).empty()) return name;
  }
  return {};
}

Result<fs::path> name_recording(const fs::path& file, std::uint32_t shards, IfExists if_exists) {
  if (file.empty() || if_exists == IfExists::replace) return file;
  if (if_exists == IfExists::refuse) {
    const auto existing = in_the_way(file, shards);
    if (existing.empty()) return file;
    return Error{ErrorKind::usage,
                 fmt::format("the recording {} exists; choose another name, or replace it with "
                             "--overwrite",
                             existing.string())};
  }
  auto name = next_name(file, shards, kNamesMax);
  if (!name.empty()) return name;
  return Error{ErrorKind::io,
               fmt::format("there are {} recordings beside {} already; move some away", kNamesMax,
                           file.string())};
}

Result<std::unique_ptr<Recording>> Recording::open(const fs::path& file,
                                                   const codec::RecordingHeader& header,
                                                   codec::Existing existing, obs::Logger& log,
                                                   std::size_t queue_bytes_max) {
  auto opened = codec::RecordingFile::open(file, existing);
  if (!opened) return opened.error();
  auto thread = RecordingThread::start(opened.take(), queue_bytes_max);
  if (!thread) {
    remove_file(file);
    return thread.error();
  }
  std::unique_ptr<Recording> made{new Recording{file, thread.take(), log}};
  made->lines_.header(header);
  made->first_ = made->last_ = header.recorded;
  return made;
}

Recording::~Recording() {
  if (!begun_) discard();
}

void Recording::connect(std::string_view conn, Timestamp time, std::string_view url) {
  lines_.connect(conn, time, url);
  line_done(time);
}
void Recording::send(std::string_view conn, Timestamp time, std::string_view data) {
  lines_.send(conn, time, data);
  line_done(time);
}
void Recording::recv(std::string_view conn, Timestamp time, std::string_view data,
                     codec::Payload payload) {
  lines_.recv(conn, time, data, payload);
  line_done(time);
}
void Recording::http(std::string_view conn, Timestamp time, std::string_view url,
                     std::string_view body) {
  lines_.http(conn, time, url, body);
  line_done(time);
}

void Recording::line_done(Timestamp time) {
  ++counters_.lines;
  if (lines_.lines() == 1) first_ = time;
  last_ = time;
  if (lines_.text().size() >= kBlockBytes) hand_over();
}

// The block, with a line before it that says what is missing there, if anything is.
std::string& Recording::block() {
  codec::RecordingLines note;
  if (lost_.lines > 0) note.lost(lost_);
  return lines_.text().insert(0, note.text());
}

void Recording::hand_over() {
  if (lines_.lines() == 0) return;
  const std::uint64_t lines = lines_.lines();
  const std::uint64_t bytes = lines_.text().size();
  if (thread_->put(block())) {
    lost_ = {};
  } else {
    lose(lines, bytes);
  }
  lines_.clear();
}

void Recording::lose(std::uint64_t lines, std::uint64_t bytes) {
  if (lost_.lines == 0) lost_.since = first_;
  lost_.until = last_;
  lost_.lines += lines;
  lost_.bytes += bytes;
  counters_.lost_lines += lines;
  counters_.lost_bytes += bytes;
}

void Recording::tell_lost() {
  if (counters_.lost_lines <= 2 * told_lost_) return;
  told_lost_ = counters_.lost_lines;
  log_.error("recording_behind",
             {{"file", file_.string()},
              {"lost_lines", counters_.lost_lines},
              {"problem", "its disk does not keep up; the recording says what is missing"}});
}

void Recording::flush(net::SteadyTime now) {
  begun_ = true;
  hand_over();
  thread_->flush();
  tell_lost();
  const auto written = thread_->statistics();
  if (!written.failure || (times_said_ > 0 && now < say_again_)) return;
  say_again_ = now + kSayAgain.longest(times_said_++);
  log_.error("recording_failed", {{"file", file_.string()},
                                  {"kept_bytes", written.file_bytes},
                                  {"problem", written.failure->message}});
  failed_.store(true, std::memory_order_relaxed);
}

Result<void> Recording::close() {
  begun_ = true;
  if (std::exchange(closed_, true)) return {};
  auto closed = thread_->close(block());
  if (!closed) failed_.store(true, std::memory_order_relaxed);
  if (!closed || counters_.lost_lines == 0) return closed;
  tell_lost();
  return Error{ErrorKind::io,
               fmt::format("the disk did not keep up with the recording {}: {} of its {} lines are "
                           "missing; it says where",
                           file_.string(), counters_.lost_lines, counters_.lines)};
}

void Recording::discard() {
  discarded_ = true;
  (void)close();  // whether the rest can be written does not matter any more
  remove_file(file_);
}

}  // namespace mp::pipeline
