#include "sink/query_tail.hpp"

#include <algorithm>
#include <utility>

#include "journal/control.hpp"
#include "journal/cursor.hpp"
#include "journal/store.hpp"
#include "sink/files.hpp"
#include "sink/parquet_flush.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;
using journal::Next;

constexpr unsigned kWriters = 2;
constexpr std::uint64_t kReleaseEvery = 4096;
// Of all rows that a query writes, of which a file has about a fifth.
constexpr std::uint64_t kBytesMax = std::uint64_t{8} << 30U;

Error overtaken(const fs::path& location, std::uint64_t count) {
  return {ErrorKind::unavailable, "retention took " + std::to_string(count) +
                                      " events from the journal " + location.string() +
                                      " while the query was to read them: ask again"};
}

Result<void> deliver(ParquetFlush& flush, bool& is_open) {
  if (flush.rows() == 0) return {};
  if (auto opened = is_open ? Result<void>{} : flush.open(); !opened) return opened;
  is_open = true;
  while (flush.rows() > 0 || flush.finishing()) {
    const Written written = flush.deliver();
    if (written.outcome != Outcome::done && written.outcome != Outcome::more)
      return Error{ErrorKind::io, written.problem};
  }
  return {};
}

}  // namespace

Result<QueryTail> QueryTail::open(QueryTailConfig config) {
  QueryTail out{std::move(config)};
  for (const auto& journal : out.config_.journals) {
    auto place = out.look_at(journal);
    if (!place) return place.error();
    if (*place) out.places_.push_back(std::move(**place));
  }
  return out;
}

Result<std::optional<QueryTail::Place>> QueryTail::look_at(
    const QueryTailConfig::Journal& journal) const {
  auto store = journal::open_directory_store(journal.location, journal::OpenMode::read);
  if (!store) return store.error();
  using Cursor = Result<std::optional<std::uint64_t>>;
  const auto cursor =
      config_.sink.empty() ? Cursor{std::nullopt} : journal::committed_index(**store, config_.sink);
  if (!cursor) return cursor.error();
  const auto control = journal::Control::open(**store);
  if (!control) return control.error();
  auto reader =
      journal::Reader::open({.location = journal.location, .from = journal::From::oldest});
  if (!reader) {
    if (reader.error().kind == ErrorKind::unavailable) return std::optional<Place>{};
    return reader.error();
  }
  while (true) {
    const Next next = (*reader)->next();
    if (next == Next::event) break;
    if (next == Next::lost || next == Next::corrupt) continue;
    if (!(*reader)->obstacle().empty()) return Error{ErrorKind::io, (*reader)->obstacle()};
    return std::optional<Place>{};
  }
  Place place{.journal = journal, .cursor = *cursor};
  place.begin = std::max((*reader)->index(), cursor->value_or(0));
  place.end = control->absent() ? 0 : (*control)->next_index.load();
  place.earliest = (*reader)->event().ts_recv;
  return std::optional{std::move(place)};
}

void QueryTail::settle(const std::vector<ParquetName>& files) {
  for (Place& place : places_) {
    std::vector<Stretch> stretches;
    for (const ParquetName& file : files) {
      if (place.has(file)) stretches.push_back(file.stretch);
    }
    std::ranges::sort(stretches, {}, &Stretch::first);
    for (const Stretch& stretch : stretches) {
      // Without a cursor the sink has not run since it was lost: all of its files are whole. With
      // one, a file on both sides of it was compacted since, which is done to whole flushes.
      if (!place.cursor || stretch.first < place.begin)
        place.begin = std::max(place.begin, stretch.end);
    }
  }
}

bool QueryTail::replaces(const ParquetName& file) const {
  return std::ranges::any_of(places_, [&](const Place& place) {
    return place.has(file) && file.stretch.first >= place.begin;
  });
}

Result<QueryTail::Files> QueryTail::write(const Channels& channels, const fs::path& folder,
                                          const DuckdbConfig& duckdb) {
  if (auto made = make_folder(folder); !made) return made.error();
  for (const Place& place : places_) {
    if (auto written = write(place, channels, folder, duckdb); !written) return written.error();
  }
  Files out;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (!channels.test(i)) continue;
    const fs::path type = "type=" + std::string{kChannelNames[i]};
    const auto files = files_below(folder / type, kTypeLevels);
    if (!files) return files.error();
    for (const fs::path& file : *files) out[i].push_back(type / file);
  }
  return out;
}

Result<void> QueryTail::write(const Place& place, const Channels& channels, const fs::path& folder,
                              const DuckdbConfig& duckdb) {
  auto reader = journal::Reader::open({.location = place.journal.location,
                                       .from = journal::From::oldest,
                                       .from_index = place.begin});
  if (!reader) return reader.error();
  ParquetFlush flush{{.folders = {.target = folder,
                                  .own = folder / (".own-" + std::to_string(place.journal.shard)),
                                  .prefix = ""},
                      .shard = place.journal.shard,
                      .duckdb = duckdb,
                      .writers = kWriters,
                      .durable = Durable::no}};
  bool is_open = false;
  for (std::uint64_t read = 1;; ++read) {
    const Next next = (*reader)->next();
    if (next == Next::lost) return overtaken(place.journal.location, (*reader)->lost_count());
    if (next == Next::idle && !(*reader)->obstacle().empty())
      return Error{ErrorKind::io, (*reader)->obstacle()};
    if (next == Next::idle || next == Next::closed) break;
    if (next != Next::event) continue;
    const Event& event = (*reader)->event();
    if ((*reader)->index() >= place.end && event.ts_recv > config_.until) break;
    if (channels.test(static_cast<std::size_t>(event.channel())) &&
        (!config_.wanted || config_.wanted(event)))
      flush.add(event, (*reader)->index());
    if (read % kReleaseEvery != 0) continue;
    (*reader)->release();
    if (flush.bytes() < kRowsBytesMax) continue;
    bytes_ += flush.bytes();
    if (bytes_ > kBytesMax) {
      return Error{ErrorKind::unavailable,
                   "more than " + std::to_string(kBytesMax >> 30U) + " GiB of rows are in the " +
                       "journal and in no Parquet file: ask for fewer types at once, or let a " +
                       "sink of type parquet write them"};
    }
    if (auto delivered = deliver(flush, is_open); !delivered) return delivered;
  }
  return deliver(flush, is_open);
}

}  // namespace mp::sink
