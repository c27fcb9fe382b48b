// L3. What earlier runs of the Parquet sink have delivered, by the names of their files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sink/files.hpp"
#include "sink/parquet_name.hpp"

namespace mp::sink {

class ParquetDelivered {
 public:
  ParquetDelivered(const Folders& folders, std::uint32_t shard)
      : folders_(folders), shard_(shard) {}

  // Of the file that has this event: what it and all files before it have ends there. Folders are
  // listed once, until forget().
  Result<std::optional<std::uint64_t>> end_of(std::uint64_t index, const Event& event);
  // Of the files that begin below `index`, the highest end; 0: there is none. Lists all folders.
  [[nodiscard]] Result<std::uint64_t> end_before(std::uint64_t index, const Event& event) const;
  void forget() { known_.clear(); }

 private:
  using Stretches = std::vector<Stretch>;
  Result<const Stretches*> files_of(const Event& event);

  Folders folders_;
  std::uint32_t shard_;
  std::map<std::filesystem::path, Stretches> known_;
};

}  // namespace mp::sink
