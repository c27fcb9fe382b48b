#include "pipeline/load_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <system_error>
#include <vector>

#include "core/files.hpp"

namespace mp::pipeline {
namespace {

constexpr std::string_view kFirstLine = "marketprism-load 1\n";
constexpr std::string_view kLastWord = "end ";

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return hash;
}

std::string last_line(std::string_view text) {
  return fmt::format("{}{:016x}\n", kLastWord, fnv1a(text));
}

// A name that would break the lines is not kept.
bool fits_a_line(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return static_cast<std::uint8_t>(c) < ' '; });
}

}  // namespace

// Lines "WORK<tab>VENUE<tab>SYMBOL<tab>INSTRUMENT", then a checksum of all that stands before it.
Result<void> LoadBook::read() {
  if (file_.empty()) return {};
  const auto found = read_file(file_);
  if (!found) {
    file_.clear();  // what cannot be read now must not be replaced
    return found.error();
  }
  if (!*found) return {};
  const std::string& text = **found;
  const auto damaged = [this] {
    entries_.clear();
    found_.clear();
    return Error{ErrorKind::data, "cannot read the loads of instruments in " + file_.string() +
                                      ": it is not what a collector wrote there"};
  };
  if (text.size() > kBytesMax) return damaged();
  const std::size_t end = text.rfind(kLastWord);
  if (!text.starts_with(kFirstLine) || end == std::string::npos) return damaged();
  std::string_view lines = std::string_view{text}.substr(0, end);
  if (std::string_view{text}.substr(end) != last_line(lines)) return damaged();
  lines.remove_prefix(kFirstLine.size());
  while (!lines.empty()) {
    const std::size_t size = lines.find('\n');
    if (size == std::string_view::npos || entries_.size() == kInstrumentsMax ||
        !take(lines.substr(0, size)))
      return damaged();
    lines.remove_prefix(size + 1);
  }
  return {};
}

bool LoadBook::take(std::string_view line) {
  std::array<std::string_view, 4> cells;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t tab = i + 1 == cells.size() ? line.size() : line.find('\t');
    if (tab == std::string_view::npos) return false;
    cells[i] = line.substr(0, tab);
    line.remove_prefix(std::min(line.size(), tab + 1));
  }
  double work = 0;
  const auto* const end = cells[0].data() + cells[0].size();
  const auto [stop, error] = std::from_chars(cells[0].data(), end, work);
  if (error != std::errc{} || stop != end || !std::isfinite(work) || work < 0) return false;
  const std::string venue{cells[1]};
  entries_[{venue, std::string{cells[2]}}] = {std::string{cells[3]}, work};
  found_[{venue, std::string{cells[2]}}] = work;
  if (!cells[3].empty()) found_.try_emplace({venue, std::string{cells[3]}}, work);
  return true;
}

std::optional<double> LoadBook::of(std::string_view venue, std::string_view name) const {
  const auto found = found_.find(Key{venue, name});
  return found == found_.end() ? std::nullopt : std::optional{found->second};
}

void LoadBook::put(std::span<const InstrumentLoad> loads) {
  const std::lock_guard lock{mutex_};
  take(loads);
}

bool LoadBook::try_put(std::span<const InstrumentLoad> loads) {
  const std::unique_lock lock{mutex_, std::try_to_lock};
  if (lock.owns_lock()) take(loads);
  return lock.owns_lock();
}

void LoadBook::take(std::span<const InstrumentLoad> loads) {
  for (const auto& load : loads) {
    if (!fits_a_line(load.venue) || !fits_a_line(load.symbol) || !fits_a_line(load.instrument))
      continue;
    entries_[{load.venue, load.symbol}] = {load.instrument, load.work_per_second};
  }
}

std::string LoadBook::text() const {
  const std::lock_guard lock{mutex_};
  double least = 0;
  if (entries_.size() > kInstrumentsMax) {
    std::vector<double> all;
    for (const auto& [key, entry] : entries_) all.push_back(entry.work_per_second);
    const auto last = all.begin() + static_cast<std::ptrdiff_t>(kInstrumentsMax - 1);
    std::ranges::nth_element(all, last, std::greater{});
    least = *last;
  }
  std::string out{kFirstLine};
  std::size_t count = 0;
  for (const auto& [key, entry] : entries_) {
    if (count == kInstrumentsMax) break;
    if (entry.work_per_second < least) continue;
    out += fmt::format("{:.3f}\t{}\t{}\t{}\n", entry.work_per_second, key.first, key.second,
                       entry.instrument);
    ++count;
  }
  return out + last_line(out);
}

Result<void> LoadBook::write() const {
  if (file_.empty()) return {};
  const std::string all = text();
  std::filesystem::path fresh = file_;
  fresh += ".new";
  const OpenedFile opened = open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  int code = opened.code;
  if (code == 0) code = write_all(opened.fd, all).code;
  if (code == 0) code = sync_data(opened.fd);
  if (code == 0) code = replace_file(fresh, file_);
  if (code == 0) return {};
  return os_error("cannot write the loads of instruments to " + file_.string(), code);
}

}  // namespace mp::pipeline
