#include "sink/ndjson_delivered.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "codec/gzip_stream.hpp"
#include "codec/zstd_stream.hpp"

namespace mp::sink {
namespace {

constexpr std::size_t kPartBytes = std::size_t{1} << 16U;
constexpr std::size_t kIndexDigits = 20;
constexpr std::size_t kIdentityDigits = 16;

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr == text.data()) return std::nullopt;
  return number;
}

// Looks for a line in a text that comes in parts.
class LineSearch {
 public:
  explicit LineSearch(std::string_view line) : wanted_("\n" + std::string{line}) {
    if (!wanted_.ends_with('\n')) wanted_.push_back('\n');
  }
  bool found_in(std::string_view part) {
    text_.append(part);
    if (text_.find(wanted_) != std::string::npos) return true;
    const std::size_t kept = std::min(text_.size(), wanted_.size() - 1);
    text_.erase(0, text_.size() - kept);
    return false;
  }

 private:
  std::string wanted_;
  std::string text_ = "\n";
};

}  // namespace

std::string ndjson_name(const Folders& folders, std::uint64_t first, const Event& event) {
  return folders.prefix + padded(first) + "-" + hex_of(file_identity_of(event)) + "-";
}

// Names are <prefix><first>-<identity>-<end>.ndjson[.zst].
void NdjsonDelivered::add(const std::string& name, Day& day) const {
  constexpr std::size_t kEndAt = kIndexDigits + kIdentityDigits + 2;
  if (!name.starts_with(folders_.prefix)) return;
  const std::string_view rest = std::string_view{name}.substr(folders_.prefix.size());
  if (rest.size() < kEndAt + kIndexDigits || rest[kIndexDigits] != '-' || rest[kEndAt - 1] != '-')
    return;
  const auto first = number_at(rest.substr(0, kIndexDigits));
  const auto end = number_at(rest.substr(kEndAt, kIndexDigits));
  if (first && end && *end > *first) day.files.push_back({*first, *end, name});
}

Result<const NdjsonDelivered::Day*> NdjsonDelivered::day_of(Timestamp time) {
  const std::string date{date_of(time).view()};
  const auto known = std::ranges::find(days_, date, &Day::date);
  if (known != days_.end()) return &*known;
  const auto folder = folders_.target / date;
  const Listing listing = list_folder(folder);
  if (listing.code != 0 && listing.code != ENOENT)
    return file_error("list the folder", folder, listing.code);
  Day day{.date = date, .files = {}};
  for (const std::string& name : listing.names) add(name, day);
  days_.push_back(std::move(day));
  return &days_.back();
}

Result<std::optional<std::uint64_t>> NdjsonDelivered::end_of(std::uint64_t index,
                                                             const Event& event,
                                                             std::string_view line) {
  const auto day = day_of(event.ts_recv);
  if (!day) return day.error();
  const std::string prefix = ndjson_name(folders_, index, event);
  for (const Stretch& file : (*day)->files) {
    if (file.name.starts_with(prefix)) return std::optional{file.end};
  }
  // A file lies in the folder of its first event's day.
  for (const auto back : {std::chrono::days{0}, std::chrono::days{1}}) {
    const auto begun = day_of(event.ts_recv - back);
    if (!begun) return begun.error();
    for (const Stretch& file : (*begun)->files) {
      if (file.first >= index || file.end <= index) continue;
      const auto has = holds(folders_.target / (*begun)->date / file.name, line);
      if (!has) return has.error();
      if (*has) return std::optional{file.end};
    }
  }
  return std::optional<std::uint64_t>{};
}

Result<std::uint64_t> NdjsonDelivered::end_before(std::uint64_t index, const Event& event) {
  std::uint64_t end = 0;
  for (const auto back : {std::chrono::days{0}, std::chrono::days{1}}) {
    const auto day = day_of(event.ts_recv - back);
    if (!day) return day.error();
    for (const Stretch& file : (*day)->files) {
      if (file.first >= index || file.end <= end) continue;
      end = file.end;
    }
  }
  return end;
}

namespace {

// Looks through a part of a compressed file; nothing: it goes on.
std::optional<bool> look(auto& decoder, std::string_view rest, std::span<char> out,
                         LineSearch& search) {
  while (true) {
    const auto step = decoder.read(rest, out);
    if (!step) return false;
    rest.remove_prefix(step->consumed);
    if (search.found_in({out.data(), step->produced})) return true;
    if (rest.empty() && step->produced < out.size()) return std::nullopt;
    if (step->consumed == 0 && step->produced == 0) return false;
  }
}

}  // namespace

// What cannot be decoded was damaged since, and does not have the line.
Result<bool> NdjsonDelivered::holds(const std::filesystem::path& file,
                                    std::string_view line) const {
  const auto opened = open_file(file, O_RDONLY);
  if (opened.code == ENOENT) return false;
  if (opened.code != 0) return file_error("open", file, opened.code);
  const auto extension = file.extension();
  codec::ZstdDecoder zstd;
  codec::GzipDecoder gzip;
  LineSearch search{line};
  std::vector<std::byte> in(kPartBytes);
  std::vector<char> out(kPartBytes);
  for (std::uint64_t offset = 0;;) {
    const Done got = read_at(opened.fd, in, offset);
    if (got.code != 0) return file_error("read", file, got.code);
    if (got.bytes == 0) return false;
    offset += got.bytes;
    const std::string_view part{reinterpret_cast<const char*>(in.data()), got.bytes};
    std::optional<bool> found;
    if (extension == ".zst") {
      found = look(zstd, part, out, search);
    } else if (extension == ".gz") {
      found = look(gzip, part, out, search);
    } else if (search.found_in(part)) {
      found = true;
    }
    if (found) return *found;
  }
}

}  // namespace mp::sink
