// L4. LoadBook: what each instrument costs to collect, measured and kept from run to run, so that
// the next start can spread the instruments over the shards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace mp::pipeline {

// What the work on an event weighs where that on a level of a book weighs 1.
inline constexpr std::uint64_t kEventWork = 4;

struct InstrumentLoad {
  std::string venue;
  std::string symbol;
  std::string instrument;      // ours; may be empty
  double work_per_second = 0;  // of kEventWork's unit
};

// One file with a line for each instrument that was ever collected, the newest measurement counts.
class LoadBook {
 public:
  static constexpr std::size_t kInstrumentsMax = 50'000;  // the heaviest stay
  static constexpr std::uint64_t kBytesMax = std::uint64_t{16} << 20U;

  // An empty `file`: nothing is kept. Otherwise read() may find one there, or none.
  explicit LoadBook(std::filesystem::path file) : file_(std::move(file)) {}

  // ErrorKind::data for a file that is damaged: nothing is known then, and write() replaces it.
  // Another kind: the system cannot read it now; then nothing of this run is kept either.
  Result<void> read();
  // What read() found, by our name or the venue's symbol.
  [[nodiscard]] std::optional<double> of(std::string_view venue, std::string_view name) const;

  void put(std::span<const InstrumentLoad> loads);
  // The same for a thread that must not wait: false where another one is at it.
  bool try_put(std::span<const InstrumentLoad> loads);
  // The file is replaced as a whole.
  [[nodiscard]] Result<void> write() const;

 private:
  struct Entry {
    std::string instrument;
    double work_per_second = 0;
  };
  using Key = std::pair<std::string, std::string>;  // venue and symbol

  [[nodiscard]] std::string text() const;
  void take(std::span<const InstrumentLoad> loads);
  bool take(std::string_view line);

  std::filesystem::path file_;
  std::map<Key, double> found_;  // by venue and either name
  // Each shard's thread puts what it measured, about once a minute; another one writes the file.
  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

}  // namespace mp::pipeline
