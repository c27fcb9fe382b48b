// A file is written in .staging and renamed into place when it is complete, which is the moment of
// delivery. Its name carries the indexes and the identity of its first event:
//   <date of its events>/[s<shard>-]<first>-<identity>-<end>.ndjson.zst
// Exactly once after a crash: what stood in .staging is removed, the runner starts again at the
// last file's end, and a file that exists already is recognised by its name and passed over.
#include "sink/line_files.hpp"

#include <optional>

#include "sink/files.hpp"
#include "sink/line_source.hpp"
#include "sink/ndjson_delivered.hpp"
#include "sink/staged_file.hpp"

namespace mp::sink {
namespace {

class LineFiles final : public Sink {
 public:
  LineFiles(const Settings& settings, LineFormat format)
      : extension_(std::move(format.extension)),
        header_(std::move(format.header)),
        lines_(std::move(format.rows)),
        file_bytes_max_(settings.bytes(kRotateBytesKey.name)),
        file_age_max_(settings.time(kRotateAgeKey.name)),
        folders_(folders_of(settings.data_dir / settings.name, settings.shard.number)),
        file_(settings, folders_.own / ".staging" / "open", format.compression),
        known_(folders_) {}

  [[nodiscard]] std::optional<std::uint64_t> delivered() const override { return delivered_; }

  Result<void> open() override {
    lock_.close();
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    return empty_folder(file_.path().parent_path());
  }

  Written write(const Batch& batch) override {
    if (auto room = make_room(); room.outcome != Outcome::done) return room;
    const std::span<const Item> items = batch.items;
    std::size_t from = next_of(items, 0);
    while (recovering_ && from < items.size()) {
      const Item& item = items[from];
      const auto end = known_.end_of(item.index, *item.event, lines_.line_of(item));
      if (!end) return {Outcome::retriable, end.error().message};
      recovering_ = end->has_value();
      if (*end) pass_over(**end);
      if (!recovering_) known_.forget();
      from = next_of(items, from);
    }
    return from == items.size() ? Written{} : take(batch, from);
  }

  Written tick(Timestamp now) override {
    if (!file_.open() && !file_.complete()) return {};
    if (!begun_at_) begun_at_ = now;
    if (auto put = file_.put(); put.outcome != Outcome::done) return put;
    if (file_.complete() || now - *begun_at_ >= file_age_max_) return rotate();
    return {};
  }

  Result<std::uint64_t> delivered_before(std::uint64_t index, const Event& event) override {
    if (!recovering_) return 0;
    return known_.end_before(index, event);
  }

  Written close() override {
    if (!file_.open() && !file_.complete()) return {};
    return rotate();
  }

 private:
  // From item `from` on. A file holds events of one day: where the next day begins, the file of the
  // day before is ended first, and the runner offers the batch again.
  Written take(const Batch& batch, std::size_t from) {
    const std::span<const Item> items = batch.items;
    const auto is_of_day = [&](const Item& item) {
      return item.event->ts_recv >= day_ && item.event->ts_recv < day_ + std::chrono::days{1};
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
    file_.add(lines_.lines_of(batch, from, end));
    taken_ = items[end - 1].index + 1;
    if (auto put = file_.put(); put.outcome != Outcome::done) return put;
    return end < items.size() ? Written{.outcome = Outcome::more} : Written{};
  }

  // The first from there on that is not taken yet. What has no line needs no file.
  std::size_t next_of(std::span<const Item> items, std::size_t from) {
    for (; from < items.size(); ++from) {
      if (items[from].index < taken_) continue;
      if (!lines_.is_empty(items[from])) break;
      taken_ = items[from].index + 1;
      if (!file_.open()) delivered_ = taken_;
    }
    return from;
  }

  void pass_over(std::uint64_t end) {
    delivered_ = taken_ = end;
    lines_.forget();
  }

  // Ends the file that is full before a batch is taken.
  Written make_room() {
    if (auto put = file_.put(); put.outcome != Outcome::done) return put;
    if (file_.complete() || (file_.open() && file_.bytes() >= file_bytes_max_)) return rotate();
    return {};
  }

  Result<void> begin(std::uint64_t first, const Event& event) {
    if (auto begun = file_.begin(header_); !begun) return begun;
    lines_.mark();
    day_ = std::chrono::floor<std::chrono::days>(event.ts_recv);
    target_ = folders_.target / date_of(day_).view() / ndjson_name(folders_, first, event);
    begun_at_.reset();
    return {};
  }

  Written rotate() {
    const Written finished =
        file_.finish(target_.string() + padded(taken_) + extension_ + file_.suffix());
    if (finished.outcome == Outcome::done) delivered_ = taken_;
    if (finished.outcome == Outcome::rewind) {
      taken_ = delivered_;
      lines_.rewind();
    }
    return finished;
  }

  const std::string extension_;
  const std::string header_;
  LineSource lines_;
  const std::uint64_t file_bytes_max_;  // as stored, plus one batch
  const std::chrono::milliseconds file_age_max_;
  Folders folders_;
  Fd lock_;
  StagedFile file_;
  Timestamp day_{};               // of file_: when it began
  std::filesystem::path target_;  // likewise, up to its end index
  std::uint64_t taken_ = 0;       // events below this are in file_ or delivered
  std::uint64_t delivered_ = 0;
  std::optional<Timestamp> begun_at_;
  NdjsonDelivered known_;
  bool recovering_ = true;  // until the first event that no earlier run delivered
};

}  // namespace

std::unique_ptr<Sink> make_line_files(const Settings& settings, LineFormat format) {
  return std::make_unique<LineFiles>(settings, std::move(format));
}

}  // namespace mp::sink
