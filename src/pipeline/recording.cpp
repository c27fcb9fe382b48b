#include "pipeline/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "core/back_off.hpp"
namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kNamesMax = 1000;  // of recordings beside each other
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
                                                   const codec::RecordingWriter::Header& header,
                                                   codec::Existing existing, obs::Logger& log) {
  auto writer = codec::RecordingWriter::open(file, header, existing);
  if (!writer) return writer.error();
  return std::unique_ptr<Recording>{new Recording{file, writer.take(), log}};
}

Recording::~Recording() {
  if (begun_) return;
  discard();
}

void Recording::flush(net::SteadyTime now) {
  begun_ = true;
  const auto flushed = writer_->flush();
  if (flushed) return;
  const bool first = !failed_.exchange(true, std::memory_order_relaxed);
  if (!first && now < say_again_) return;
  say_again_ = now + kSayAgain.longest(times_said_++);
  log_.error("recording_failed", {{"file", file_.string()},
                                  {"kept_bytes", writer_->bytes()},
                                  {"problem", flushed.error().message}});
}

Result<void> Recording::close() {
  begun_ = true;
  auto closed = writer_->close();
  if (!closed) failed_.store(true, std::memory_order_relaxed);
  return closed;
}

void Recording::discard() {
  discarded_ = true;
  (void)close();  // whether the rest can be written does not matter any more
  remove_file(file_);
}

}  // namespace mp::pipeline
