#include "sink/ndjson.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <string>

#include "codec/zstd_stream.hpp"
#include "core/assert.hpp"

namespace mp::sink {
namespace {

class Ndjson final : public Sink {
 public:
  explicit Ndjson(const NdjsonConfig& config)
      : config_(config),
        folders_(folders_of(config.data_dir / "ndjson", config.shard)),
        staged_(folders_.own / ".staging" / "open"),
        encoder_(config.zstd_level) {}

  [[nodiscard]] std::string_view name() const override { return "ndjson"; }
  [[nodiscard]] Encoding encoding() const override { return Encoding::ndjson; }
  [[nodiscard]] std::uint64_t delivered() const override { return delivered_; }

  Result<void> open() override {
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    return empty_folder(staged_.parent_path());
  }

  Written write(const Batch& batch) override {
    if (auto room = make_room(); room.outcome != Outcome::done) return room;
    std::size_t from = 0;
    while (from < batch.events.size() && batch.indexes[from] < taken_) ++from;
    while (recovering_ && from < batch.events.size()) {
      const auto end = delivered_before(batch.indexes[from], batch.events[from]);
      recovering_ = end.has_value();
      if (end) delivered_ = taken_ = *end;
      while (from < batch.events.size() && batch.indexes[from] < taken_) ++from;
    }
    if (from == batch.events.size()) return {};
    if (!file_.is_open()) {
      if (auto begun = begin(batch.indexes[from], batch.events[from]); !begun)
        return {Outcome::retriable, begun.error().message};
    }
    const std::string_view lines = lines_after(batch.bytes, from);
    if (config_.compression == Compression::zstd) {
      encoder_.write(lines, codec::ZstdEncoder::End::none, pending_);
    } else {
      pending_.append(lines);
    }
    taken_ = batch.indexes.back() + 1;
    return put_pending();
  }

  Written tick(Timestamp now) override {
    if (!file_.is_open() && !complete_) return {};
    if (!begun_at_) begun_at_ = now;
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    if (complete_ || now - *begun_at_ >= config_.file_age_max) return rotate();
    return {};
  }

  Written close() override {
    if (!file_.is_open() && !complete_) return {};
    return rotate();
  }

 private:
  // Ends the file that is full before a batch is taken.
  Written make_room() {
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    if (complete_ || (file_.is_open() && bytes_ >= config_.file_bytes_max)) return rotate();
    return {};
  }

  // Writes what is pending. On a full disk the rest stays pending: a batch that was taken is never
  // written twice, and no more is taken until the rest is written.
  Written put_pending() {
    std::size_t done = 0;
    while (done < pending_.size()) {
      const ssize_t put = ::write(file_.handle(), pending_.data() + done, pending_.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        const Error error = file_error("write", staged_);
        pending_.erase(0, done);
        return {Outcome::retriable, error.message};
      }
      done += static_cast<std::size_t>(put);
      bytes_ += static_cast<std::uint64_t>(put);
    }
    pending_.clear();
    return {};
  }

  Result<void> begin(std::uint64_t first, const Event& event) {
    auto file = create_file(staged_);
    if (!file) return file.error();
    file_ = file.take();
    encoder_.restart();
    target_ = folders_.target / date_of(event.ts_recv).view() / name_of(first, event);
    bytes_ = 0;
    begun_at_.reset();
    return {};
  }

  Written rotate() {
    if (!complete_) {
      if (config_.compression == Compression::zstd)
        encoder_.write({}, codec::ZstdEncoder::End::frame, pending_);
      complete_ = true;
    }
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    if (file_.is_open() && config_.durable == Durable::yes && ::fsync(file_.handle()) != 0)
      return start_over(file_error("make durable", staged_));
    file_.close();
    crash_point("ndjson.before_rename");
    const bool zstd = config_.compression == Compression::zstd;
    const auto target = std::filesystem::path{target_.string() + padded(taken_) +
                                              (zstd ? ".ndjson.zst" : ".ndjson")};
    if (auto moved = move_file(staged_, target, config_.durable); !moved)
      return {Outcome::retriable, moved.error().message};
    crash_point("ndjson.after_rename");
    complete_ = false;
    delivered_ = taken_;
    return {};
  }

  // After a failed fsync nobody knows what the file holds, and asking again proves nothing.
  Written start_over(const Error& error) {
    file_.close();
    pending_.clear();
    complete_ = false;
    taken_ = delivered_;
    return {Outcome::rewind, error.message};
  }

  // The end of the file that a run before this one completed, beginning with this very event.
  [[nodiscard]] std::optional<std::uint64_t> delivered_before(std::uint64_t first,
                                                              const Event& event) const {
    const std::string prefix = name_of(first, event);
    std::error_code none;
    const auto day = folders_.target / date_of(event.ts_recv).view();
    for (const auto& entry : std::filesystem::directory_iterator{day, none}) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(prefix)) continue;
      std::uint64_t end = 0;
      const char* const digits = name.data() + prefix.size();
      const auto read = std::from_chars(digits, name.data() + name.size(), end);
      if (read.ec == std::errc{} && end > first) return end;
    }
    return std::nullopt;
  }

  // Of a file that begins with this event, up to its end index.
  [[nodiscard]] std::string name_of(std::uint64_t first, const Event& event) const {
    return folders_.prefix + padded(first) + "-" + hex_of(identity_of(event)) + "-";
  }

  static std::string_view lines_after(std::string_view lines, std::size_t count) {
    for (; count > 0; --count) {
      const std::size_t end = lines.find('\n');
      MP_ASSERT(end != std::string_view::npos);
      lines.remove_prefix(end + 1);
    }
    return lines;
  }

  void crash_point(std::string_view place) const {
    if (config_.crash_point != nullptr) config_.crash_point(place);
  }

  NdjsonConfig config_;
  Folders folders_;
  std::filesystem::path staged_;
  codec::ZstdEncoder encoder_;
  File lock_;
  File file_;
  std::filesystem::path target_;  // of file_, up to its end index
  std::string pending_;           // encoded and not yet written: at most a batch
  std::uint64_t bytes_ = 0;
  std::uint64_t taken_ = 0;  // events below this are in file_, pending_ or delivered
  std::uint64_t delivered_ = 0;
  std::optional<Timestamp> begun_at_;
  bool complete_ = false;   // the staged file only wants its rename
  bool recovering_ = true;  // until the first event that no earlier run delivered
};

}  // namespace

std::unique_ptr<Sink> make_ndjson(const NdjsonConfig& config) {
  return std::make_unique<Ndjson>(config);
}

}  // namespace mp::sink
