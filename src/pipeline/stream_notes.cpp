#include "pipeline/stream_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <vector>

#include "core/files.hpp"
#include "core/hash.hpp"

namespace mp::pipeline {
namespace {

constexpr std::string_view kFirstLine = "marketprism-streams 1\n";
constexpr std::string_view kReachWord = "shard\t";
constexpr std::string_view kLastWord = "end ";

std::string last_line(std::string_view text) {
  return fmt::format("{}{:016x}\n", kLastWord, fnv1a(text));
}

// A name that would break the lines is not kept.
bool fits_a_line(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return static_cast<std::uint8_t>(c) < ' '; });
}

template <std::size_t N>
std::optional<std::array<std::string_view, N>> cells_of(std::string_view line) {
  std::array<std::string_view, N> cells;
  for (std::size_t i = 0; i < N; ++i) {
    const std::size_t tab = i + 1 == N ? line.size() : line.find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    cells[i] = line.substr(0, tab);
    line.remove_prefix(std::min(line.size(), tab + 1));
  }
  return cells;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end;
}

constexpr std::string_view kNone = "-";

template <class Number>
bool read_optional(std::string_view text, std::optional<Number>& out) {
  return text == kNone || read_number(text, out.emplace());
}

// "120;101-103;110-110": the last trade, and the stretches before it that are missing.
std::string write_trades(const StreamPast& past) {
  if (!past.last_trade) return std::string{kNone};
  std::string out = std::to_string(*past.last_trade);
  for (const auto& hole : past.missing_trades.all())
    out += fmt::format(";{}-{}", hole.from, hole.to);
  return out;
}

bool read_trades(std::string_view text, StreamPast& past) {
  const auto next = [&text] {
    const std::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    return one;
  };
  if (!read_optional(next(), past.last_trade)) return false;
  while (!text.empty()) {
    const std::string_view one = next();
    const std::size_t middle = std::min(one.find('-'), one.size());
    TradeRange hole;
    if (middle == one.size() || !read_number(one.substr(0, middle), hole.from) ||
        !read_number(one.substr(middle + 1), hole.to) || hole.to < hole.from || hole.from < 0)
      return false;
    past.missing_trades.add(hole);
  }
  return true;
}

// "trade=12,book=500": the number of the last event of each channel, with a "!" behind those that
// are connected.
std::string write_channels(const StreamPast& past) {
  std::string out;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    const bool live = past.live.has(channel);
    if (past.seq[i] == 0 && !live) continue;
    if (!out.empty()) out += ',';
    out += fmt::format("{}={}{}", name_of(channel), past.seq[i], live ? "!" : "");
  }
  return out;
}

bool read_channels(std::string_view text, StreamPast& past) {
  while (!text.empty()) {
    std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const bool live = one.ends_with('!');
    if (live) one.remove_suffix(1);
    const std::size_t middle = std::min(one.find('='), one.size());
    const auto channel = channel_named(one.substr(0, middle));
    if (!channel || middle == one.size()) return false;
    if (!read_number(one.substr(middle + 1), past.seq[static_cast<std::size_t>(*channel)]))
      return false;
    if (live) past.live.add(*channel);
  }
  return true;
}

// A gap that says which trades are missing, and that they are no longer.
void recall_missing(const Status& status, TradeHoles& missing) {
  if (status.channel != Channel::trade || !status.from_sequence || !status.to_sequence) return;
  const TradeRange range{*status.from_sequence, *status.to_sequence};
  if (range.to < range.from) return;
  if (status.condition != Condition::gap && status.condition != Condition::healed) return;
  missing.take(range);
  if (status.condition == Condition::gap) missing.add(range);
}

}  // namespace

// Lines "WORK<tab>VENUE<tab>SYMBOL<tab>INSTRUMENT<tab>TRADE<tab>CHANNELS", and one for each shard
// before them; then a checksum of all that stands before it.
Result<void> StreamNotes::read() {
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
    loads_.clear();
    reaches_.clear();
    return Error{ErrorKind::data, "cannot read the notes on streams in " + file_.string() +
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
    if (size == std::string_view::npos || entries_.size() == kStreamsMax) return damaged();
    const std::string_view line = lines.substr(0, size);
    if (!(line.starts_with(kReachWord) ? take_reach(line) : take(line))) return damaged();
    lines.remove_prefix(size + 1);
  }
  return {};
}

bool StreamNotes::take(std::string_view line) {
  const auto cells = cells_of<6>(line);
  if (!cells) return false;
  const auto& [work, venue, symbol, instrument, trade, channels] = *cells;
  Entry entry{.instrument = std::string{instrument}, .work_per_second = {}, .past = {}};
  if (!read_optional(work, entry.work_per_second)) return false;
  if (entry.work_per_second &&
      (!std::isfinite(*entry.work_per_second) || *entry.work_per_second < 0))
    return false;
  if (!read_trades(trade, entry.past) || !read_channels(channels, entry.past)) return false;
  if (entry.work_per_second) {
    loads_[{std::string{venue}, std::string{symbol}}] = *entry.work_per_second;
    if (!instrument.empty())
      loads_.try_emplace({std::string{venue}, entry.instrument}, *entry.work_per_second);
  }
  entries_[{std::string{venue}, std::string{symbol}}] = std::move(entry);
  return true;
}

bool StreamNotes::take_reach(std::string_view line) {
  const auto cells = cells_of<4>(line);
  Reach reach;
  std::int64_t at = 0;
  if (!cells || !read_number((*cells)[1], reach.shard) ||
      !read_number((*cells)[2], reach.next_index) || !read_number((*cells)[3], at))
    return false;
  reach.at = from_nanoseconds(at);
  reaches_[reach.shard] = reach;
  return true;
}

std::optional<double> StreamNotes::load_of(std::string_view venue, std::string_view name) const {
  const auto found = loads_.find(Key{venue, name});
  return found == loads_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::uint64_t> StreamNotes::reach(std::uint32_t shard, std::uint64_t next_index) {
  const auto found = reaches_.find(shard);
  if (found == reaches_.end()) return std::nullopt;
  if (found->second.next_index > next_index) {
    for (auto& [key, entry] : entries_) {
      entry.past.last_trade.reset();
      entry.past.missing_trades.clear();
    }
    return std::nullopt;
  }
  noted_at_ = std::max(noted_at_.value_or(found->second.at), found->second.at);
  return found->second.next_index;
}

void StreamNotes::recall(const Event& event) {
  const auto heard = heard_.find(event.venue);
  if (heard == heard_.end()) {
    heard_.emplace(event.venue, event.ts_recv);
  } else {
    heard->second = std::max(heard->second, event.ts_recv);
  }
  Entry& entry = entries_[{std::string{event.venue}, std::string{event.symbol}}];
  if (!event.instrument.empty()) entry.instrument = event.instrument;
  StreamPast& past = entry.past;
  auto& seq = past.seq[event.body.index()];
  seq = std::max(seq, event.seq);
  if (const auto* trade = std::get_if<Trade>(&event.body)) {
    if (const auto id = TradeWatch::number_of(trade->trade_id.value_or(""))) {
      past.last_trade = std::max(past.last_trade.value_or(*id), *id);
      past.missing_trades.take(*id);
    }
  }
  const auto* status = std::get_if<Status>(&event.body);
  if (status == nullptr || !status->channel) return;
  recall_missing(*status, past.missing_trades);
  if (status->condition == Condition::connected) past.live.add(*status->channel);
  if (status->condition == Condition::disconnected) past.live.remove(*status->channel);
}

void StreamNotes::end_all(Timestamp now, const std::function<void(const Ended&)>& visit) {
  for (auto& [key, entry] : entries_) {
    if (entry.past.live.empty()) continue;
    const auto heard = heard_.find(key.first);
    auto since = noted_at_;
    if (heard != heard_.end()) since = std::max(since.value_or(heard->second), heard->second);
    if (since) since = std::min(*since, now);
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (!entry.past.live.has(channel)) continue;
      visit({.venue = key.first,
             .symbol = key.second,
             .instrument = entry.instrument,
             .channel = channel,
             .seq = ++entry.past.seq[static_cast<std::size_t>(Channel::status)],
             .since = since});
    }
    entry.past.live = {};
  }
}

std::optional<StreamPast> StreamNotes::past_of(std::string_view venue,
                                               std::string_view symbol) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(Key{venue, symbol});
  return found == entries_.end() ? std::nullopt : std::optional{found->second.past};
}

void StreamNotes::put(const Reach& reach, std::span<const StreamNote> notes) {
  const std::lock_guard lock{mutex_};
  take(reach, notes);
}

bool StreamNotes::try_put(const Reach& reach, std::span<const StreamNote> notes) {
  const std::unique_lock lock{mutex_, std::try_to_lock};
  if (lock.owns_lock()) take(reach, notes);
  return lock.owns_lock();
}

void StreamNotes::take(const Reach& reach, std::span<const StreamNote> notes) {
  reaches_[reach.shard] = reach;
  for (const auto& note : notes) {
    if (!fits_a_line(note.venue) || !fits_a_line(note.symbol) || !fits_a_line(note.instrument))
      continue;
    Entry& entry = entries_[{note.venue, note.symbol}];
    entry.instrument = note.instrument;
    entry.past = note.past;
    if (note.work_per_second) entry.work_per_second = note.work_per_second;
  }
}

std::string StreamNotes::text() const {
  const std::lock_guard lock{mutex_};
  const auto work_of = [](const Entry& entry) { return entry.work_per_second.value_or(0); };
  double least = 0;
  if (entries_.size() > kStreamsMax) {
    std::vector<double> all;
    for (const auto& [key, entry] : entries_) all.push_back(work_of(entry));
    const auto last = all.begin() + static_cast<std::ptrdiff_t>(kStreamsMax - 1);
    std::ranges::nth_element(all, last, std::greater{});
    least = *last;
  }
  std::string out{kFirstLine};
  for (const auto& [shard, reach] : reaches_) {
    out += fmt::format("{}{}\t{}\t{}\n", kReachWord, shard, reach.next_index,
                       to_nanoseconds(reach.at));
  }
  std::size_t count = 0;
  for (const auto& [key, entry] : entries_) {
    if (count == kStreamsMax) break;
    if (work_of(entry) < least) continue;
    const auto& work = entry.work_per_second;
    out +=
        fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n",
                    work ? fmt::format("{:.3f}", *work) : std::string{kNone}, key.first, key.second,
                    entry.instrument, write_trades(entry.past), write_channels(entry.past));
    ++count;
  }
  return out + last_line(out);
}

Result<void> StreamNotes::write() const {
  if (file_.empty()) return {};
  const int code = replace_whole(file_, text(), Written::to_the_disk);
  if (code == 0) return {};
  return os_error("cannot write the notes on streams to " + file_.string(), code);
}

}  // namespace mp::pipeline
