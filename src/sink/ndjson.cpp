// L3. The file sink: events as lines of JSON, plain or zstd, in data_dir/<name>/<date>/.
//
// A file is written in .staging and renamed into place when it is complete, which is the moment of
// delivery. Its name carries the indexes and the identity of its first event:
//   <date of its events>/[s<shard>-]<first>-<identity>-<end>.ndjson.zst
// Exactly once after a crash: what stood in .staging is removed, the runner starts again at the
// last file's end, and a file that exists already is recognised by its name and passed over.
#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "codec/zstd_stream.hpp"
#include "core/assert.hpp"
#include "sink/files.hpp"
#include "sink/ndjson_delivered.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr int kZstdLevel = 3;

class Ndjson final : public Sink {
 public:
  explicit Ndjson(const Settings& settings)
      : settings_(settings),
        compress_(settings.flag("compress")),
        file_bytes_max_(settings.bytes("rotate_bytes")),
        file_age_max_(settings.time("rotate_age")),
        folders_(folders_of(settings.data_dir / settings.name, settings.shard.number)),
        staged_(folders_.own / ".staging" / "open"),
        encoder_(kZstdLevel),
        known_(folders_) {}

  [[nodiscard]] std::optional<std::uint64_t> delivered() const override { return delivered_; }

  Result<void> open() override {
    lock_.close();
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    return empty_folder(staged_.parent_path());
  }

  Written write(const Batch& batch) override {
    if (auto room = make_room(); room.outcome != Outcome::done) return room;
    const std::span<const Item> items = batch.items;
    std::size_t from = 0;
    while (from < items.size() && items[from].index < taken_) ++from;
    while (recovering_ && from < items.size()) {
      const auto end = known_.end_of(items[from].index, *items[from].event, items[from].payload);
      if (!end) return {Outcome::retriable, end.error().message};
      recovering_ = end->has_value();
      if (*end) delivered_ = taken_ = **end;
      if (!recovering_) known_.forget();
      while (from < items.size() && items[from].index < taken_) ++from;
    }
    return from == items.size() ? Written{} : take(batch, from);
  }

  Written tick(Timestamp now) override {
    if (!file_.open() && !complete_) return {};
    if (!begun_at_) begun_at_ = now;
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    if (complete_ || now - *begun_at_ >= file_age_max_) return rotate();
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
  // From item `from` on. A file holds events of one day: where the next day begins, the file of the
  // day before is ended first, and the runner offers the batch again.
  Written take(const Batch& batch, std::size_t from) {
    const std::span<const Item> items = batch.items;
    const auto is_of_day = [&](const Item& item) {
      return date_of(item.event->ts_recv).view() == day_.view();
    };
    if (file_.open() && !is_of_day(items[from])) {
      if (auto rotated = rotate(); rotated.outcome != Outcome::done) return rotated;
    }
    if (!file_.open()) {
      if (auto begun = begin(items[from].index, *items[from].event); !begun)
        return {Outcome::retriable, begun.error().message};
    }
    std::size_t end = from + 1;
    while (end < items.size() && is_of_day(items[end])) ++end;
    // Lines lie one behind the other, each with its end.
    const char* const begin = items[from].payload.data();
    const char* const behind =
        end < items.size() ? items[end].payload.data() : batch.bytes.data() + batch.bytes.size();
    const std::string_view lines{begin, static_cast<std::size_t>(behind - begin)};
    if (compress_) {
      encoder_.write(lines, codec::ZstdEncoder::End::none, pending_);
    } else {
      pending_.append(lines);
    }
    taken_ = items[end - 1].index + 1;
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    return end < items.size() ? Written{.outcome = Outcome::more} : Written{};
  }

  // Ends the file that is full before a batch is taken.
  Written make_room() {
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    if (complete_ || (file_.open() && bytes_ >= file_bytes_max_)) return rotate();
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
    day_ = date_of(event.ts_recv);
    target_ = folders_.target / day_.view() / ndjson_name(folders_, first, event);
    bytes_ = 0;
    begun_at_.reset();
    return {};
  }

  Written rotate() {
    if (!complete_) {
      if (compress_) encoder_.write({}, codec::ZstdEncoder::End::frame, pending_);
      complete_ = true;
    }
    if (auto put = put_pending(); put.outcome != Outcome::done) return put;
    const bool durable = settings_.durable;
    if (const int code = durable && file_.open() ? sync_all(file_) : 0; code != 0)
      return start_over(file_error("make durable", staged_, code));
    file_.close();
    if (moved_to_.empty()) {
      crash_point("ndjson.before_rename");
      const auto target = std::filesystem::path{target_.string() + padded(taken_) +
                                                (compress_ ? ".ndjson.zst" : ".ndjson")};
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

  void crash_point(std::string_view place) const {
    if (settings_.crash_point != nullptr) settings_.crash_point(place);
  }

  const Settings settings_;
  const bool compress_;
  const std::uint64_t file_bytes_max_;  // as stored, plus one batch
  const std::chrono::milliseconds file_age_max_;
  Folders folders_;
  std::filesystem::path staged_;
  codec::ZstdEncoder encoder_;
  Fd lock_;
  Fd file_;
  DateText day_{};                // of file_
  std::filesystem::path target_;  // likewise, up to its end index
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

constexpr std::array kKeys = {
    Key{"compress", true, "Compress the files with zstd."},
    Key{.name = "rotate_bytes",
        .fallback = Bytes{std::uint64_t{256} << 20U},
        .doc = "Begin a new file at this size.",
        .least = 64 << 10},
    Key{.name = "rotate_age",
        .fallback = std::chrono::hours{1},
        .doc = "Begin a new file after this time. One also begins with each day (UTC).",
        .least = 1000},
};
constexpr std::array<std::string_view, 2> kEncodings = {"json", "marketprism"};

}  // namespace

constexpr Spec kNdjson = {
    .type = "ndjson",
    .what = "JSON lines in files, plain or zstd",
    .keys = kKeys,
    .encodings = kEncodings,
    .guarantee = Guarantee::exactly_once,
    .harmless = "A file appears by one rename, and its name tells which events it has.",
    .loss_window = "None; what is not in a file yet is in the journal.",
    .make = [](const Settings& settings) -> std::unique_ptr<Sink> {
      return std::make_unique<Ndjson>(settings);
    }};

}  // namespace mp::sink
