#include "sink/ndjson.hpp"

#include <cerrno>
#include <optional>
#include <string>

#include "codec/zstd_stream.hpp"
#include "core/assert.hpp"
#include "sink/ndjson_delivered.hpp"

namespace mp::sink {
namespace {

class Ndjson final : public Sink {
 public:
  explicit Ndjson(const NdjsonConfig& config)
      : config_(config),
        folders_(folders_of(config.data_dir / "ndjson", config.shard)),
        staged_(folders_.own / ".staging" / "open"),
        encoder_(config.zstd_level),
        known_(folders_) {}

  [[nodiscard]] std::string_view name() const override { return "ndjson"; }
  [[nodiscard]] Encoding encoding() const override { return Encoding::ndjson; }
  [[nodiscard]] std::uint64_t delivered() const override { return delivered_; }

  Result<void> open() override {
    lock_.close();
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
      const auto end =
          known_.end_of(batch.indexes[from], batch.events[from], lines_of(batch.bytes, from, 1));
      if (!end) return {Outcome::retriable, end.error().message};
      recovering_ = end->has_value();
      if (*end) delivered_ = taken_ = **end;
      if (!recovering_) known_.forget();
      while (from < batch.events.size() && batch.indexes[from] < taken_) ++from;
    }
    if (from == batch.events.size()) return {};
    if (!file_.open()) {
      if (auto begun = begin(batch.indexes[from], batch.events[from]); !begun)
        return {Outcome::retriable, begun.error().message};
    }
    const std::string_view lines = lines_of(batch.bytes, from, batch.events.size());
    if (config_.compression == Compression::zstd) {
      encoder_.write(lines, codec::ZstdEncoder::End::none, pending_);
    } else {
      pending_.append(lines);
    }
    taken_ = batch.indexes.back() + 1;
    return put_pending();
  }

  Written tick(Timestamp now) override {
    if (!file_.open() && !complete_) return {};
    if (!begun_at_) begun_at_ = now;
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    if (complete_ || now - *begun_at_ >= config_.file_age_max) return rotate();
    return {};
  }

  Result<std::uint64_t> delivered_before(std::uint64_t index, const Event& event) override {
    if (!recovering_) return 0;
    return known_.end_before(index, event);
  }

  Written close() override {
    if (!file_.open() && !complete_) return {};
    return rotate();
  }

 private:
  // Ends the file that is full before a batch is taken.
  Written make_room() {
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    if (complete_ || (file_.open() && bytes_ >= config_.file_bytes_max)) return rotate();
    return {};
  }

  // Writes what is pending. On a full disk the rest stays pending: a batch that was taken is never
  // written twice, and no more is taken until the rest is written.
  Written put_pending() {
    const Done done = write_all(file_, pending_);
    pending_.erase(0, done.bytes);
    bytes_ += done.bytes;
    if (done.code == 0) return {};
    return {Outcome::retriable, file_error("write", staged_, done.code).message};
  }

  Result<void> begin(std::uint64_t first, const Event& event) {
    auto file = create_file(staged_);
    if (!file) return file.error();
    file_ = file.take();
    encoder_.restart();
    target_ = folders_.target / date_of(event.ts_recv).view() / ndjson_name(folders_, first, event);
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
    const bool durable = config_.durable == Durable::yes;
    if (const int code = durable && file_.open() ? sync_all(file_) : 0; code != 0)
      return start_over(file_error("make durable", staged_, code));
    file_.close();
    if (moved_to_.empty()) {
      crash_point("ndjson.before_rename");
      const bool zstd = config_.compression == Compression::zstd;
      const auto target = std::filesystem::path{target_.string() + padded(taken_) +
                                                (zstd ? ".ndjson.zst" : ".ndjson")};
      const auto moved = move_file(staged_, target);
      if (!moved) return {Outcome::retriable, moved.error().message};
      if (*moved == Moved::was_not_there) return start_over(file_error("rename", staged_, ENOENT));
      moved_to_ = target.parent_path();
      crash_point("ndjson.after_rename");
    }
    if (auto synced = durable ? sync_folder(moved_to_) : Result<void>{}; !synced)
      return {Outcome::retriable, synced.error().message};
    moved_to_.clear();
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

  // `count` lines behind the first `skipped`, or those that there are.
  static std::string_view lines_of(std::string_view lines, std::size_t skipped, std::size_t count) {
    for (; skipped > 0; --skipped) {
      const std::size_t end = lines.find('\n');
      MP_ASSERT(end != std::string_view::npos);
      lines.remove_prefix(end + 1);
    }
    std::size_t end = 0;
    for (; count > 0 && end < lines.size(); --count) end = lines.find('\n', end) + 1;
    return lines.substr(0, end);
  }

  void crash_point(std::string_view place) const {
    if (config_.crash_point != nullptr) config_.crash_point(place);
  }

  NdjsonConfig config_;
  Folders folders_;
  std::filesystem::path staged_;
  codec::ZstdEncoder encoder_;
  Fd lock_;
  Fd file_;
  std::filesystem::path target_;  // of file_, up to its end index
  std::string pending_;           // encoded and not yet written: at most a batch
  std::uint64_t bytes_ = 0;
  std::uint64_t taken_ = 0;  // events below this are in file_, pending_ or delivered
  std::uint64_t delivered_ = 0;
  std::optional<Timestamp> begun_at_;
  bool complete_ = false;           // the staged file only wants its rename
  std::filesystem::path moved_to_;  // the folder that wants a sync after that; empty: not moved yet
  NdjsonDelivered known_;
  bool recovering_ = true;  // until the first event that no earlier run delivered
};

}  // namespace

std::unique_ptr<Sink> make_ndjson(const NdjsonConfig& config) {
  return std::make_unique<Ndjson>(config);
}

}  // namespace mp::sink
