#include "sink/parquet_delivered.hpp"

#include <algorithm>
#include <cerrno>

namespace mp::sink {

Result<const ParquetDelivered::Stretches*> ParquetDelivered::files_of(const Event& event) {
  const auto day = std::chrono::floor<std::chrono::days>(event.ts_recv);
  const auto folder = folders_.target / partition_folder(event.channel(), event.venue, day);
  if (const auto known = known_.find(folder); known != known_.end()) return &known->second;
  const Listing listing = list_folder(folder);
  if (listing.code != 0 && listing.code != ENOENT)
    return file_error("list the folder", folder, listing.code);
  Stretches stretches;
  for (const std::string& name : listing.names) {
    const auto parsed = ParquetName::parse(name);
    if (parsed && parsed->shard == shard_) stretches.push_back(parsed->stretch);
  }
  return &known_.emplace(folder, std::move(stretches)).first->second;
}

Result<std::optional<std::uint64_t>> ParquetDelivered::end_of(std::uint64_t index,
                                                              const Event& event) {
  const auto files = files_of(event);
  if (!files) return files.error();
  std::optional<std::uint64_t> end;
  for (const Stretch& stretch : **files) {
    if (stretch.has(index, event.ts_recv)) end = std::max(end.value_or(0), stretch.end);
  }
  return end;
}

Result<std::uint64_t> ParquetDelivered::end_before(std::uint64_t index, const Event& event) const {
  constexpr unsigned kLevels = 4;  // type, venue, date, file
  const auto files = files_below(folders_.target, kLevels);
  if (!files) return files.error();
  std::uint64_t end = 0;
  for (const auto& file : *files) {
    const auto parsed = ParquetName::parse(file.filename().string());
    if (parsed && parsed->shard == shard_)
      end = std::max(end, sink::end_before(parsed->stretch, index, event.ts_recv));
  }
  return end;
}

}  // namespace mp::sink
