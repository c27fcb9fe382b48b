#include "sink/parquet_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/hash.hpp"
#include "core/time.hpp"
#include "sink/files.hpp"

namespace mp::sink {
namespace {

constexpr std::string_view kSuffix = ".parquet";
constexpr std::string_view kBeforeShard = ".s";
constexpr std::size_t kWhoMax = 100;

// Numbers of a fixed width, from the end of a text on.
class FromTheEnd {
 public:
  explicit FromTheEnd(std::string_view text) : rest_(text) {}

  // "-<digits>": the number, and the text before it is what is left.
  std::uint64_t number(std::size_t digits, int base) {
    if (rest_.size() <= digits || rest_[rest_.size() - digits - 1] != '-') {
      ok_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    const std::string_view text = rest_.substr(rest_.size() - digits);
    const auto read = std::from_chars(text.data(), text.data() + digits, value, base);
    ok_ = ok_ && read.ec == std::errc{} && read.ptr == text.data() + digits;
    rest_.remove_suffix(digits + 1);
    return value;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

Timestamp time_of(std::uint64_t nanoseconds) {
  return from_nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

}  // namespace

bool join(Stretch& older, const Stretch& newer) {
  const bool one_journal = older.has_times() && newer.has_times() && newer.first >= older.end &&
                           newer.latest >= older.earliest;
  if (!one_journal) return false;
  older.end = newer.end;
  older.earliest = std::min(older.earliest, newer.earliest);
  older.latest = std::max(older.latest, newer.latest);
  return true;
}

std::uint64_t end_before(const Stretch& stretch, std::uint64_t index, Timestamp ts_recv) {
  if (!stretch.has_times() || stretch.first >= index || stretch.earliest > ts_recv) return 0;
  const bool of_another_journal = stretch.end > index && stretch.latest < ts_recv;
  return of_another_journal ? 0 : stretch.end;
}

std::string ParquetName::text() const {
  std::string out = who;
  out.append(kBeforeShard).append(std::to_string(shard));
  out.append("-").append(padded(stretch.first)).append("-").append(padded(stretch.end));
  for (const Timestamp time : {stretch.earliest, stretch.latest})
    out.append("-").append(hex_of(static_cast<std::uint64_t>(to_nanoseconds(time))));
  return out.append(kSuffix);
}

std::optional<ParquetName> ParquetName::parse(std::string_view name) {
  constexpr std::size_t kIndexDigits = 20;
  constexpr std::size_t kTimeDigits = 16;
  if (!name.ends_with(kSuffix)) return std::nullopt;
  FromTheEnd numbers{name.substr(0, name.size() - kSuffix.size())};
  ParquetName out;
  out.stretch.latest = time_of(numbers.number(kTimeDigits, 16));
  out.stretch.earliest = time_of(numbers.number(kTimeDigits, 16));
  out.stretch.end = numbers.number(kIndexDigits, 10);
  out.stretch.first = numbers.number(kIndexDigits, 10);
  if (!numbers.ok() || out.stretch.end <= out.stretch.first) return std::nullopt;
  const std::string_view rest = numbers.rest();
  const std::size_t dot = rest.rfind(kBeforeShard);
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view shard = rest.substr(dot + kBeforeShard.size());
  const auto read = std::from_chars(shard.data(), shard.data() + shard.size(), out.shard);
  if (read.ec != std::errc{} || read.ptr != shard.data() + shard.size()) return std::nullopt;
  out.who = rest.substr(0, dot);
  return out;
}

std::string who_of(std::string_view instrument) {
  constexpr std::size_t kHashed = 17;
  std::string out = safe_component(instrument);
  if (out.size() <= kWhoMax) return out;
  out.resize(kWhoMax - kHashed);
  return out + "~" + hex_of(fnv1a(instrument));
}

std::filesystem::path partition_folder(Channel channel, std::string_view venue,
                                       std::chrono::sys_days day) {
  return std::filesystem::path{"type=" + std::string{name_of(channel)}} /
         ("venue=" + safe_component(venue)) /
         ("date=" + std::string{date_of(Timestamp{day}).view()});
}

}  // namespace mp::sink
