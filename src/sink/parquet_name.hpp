// L3. What the name of a Parquet file says, so that no log is needed to know what was delivered:
//
//   type=trade/venue=binance/date=2026-11-24/
//     <who>.s<shard>-<first>-<end>-<earliest>-<latest>.parquet
//
// The file has all events of its folder, and of `who`, that the journal of that shard has from
// index `first` to before `end`; they were received from `earliest` to `latest`, in nanoseconds
// since 1970, hexadecimal. A sink delivers in the journal's order, so all below `end` is delivered.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/event.hpp"

namespace mp::sink {

// Events of one journal, by their indexes and the times at which they were received.
struct Stretch {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  Timestamp earliest = Timestamp::max();
  Timestamp latest = Timestamp::min();

  [[nodiscard]] bool has_times() const { return earliest <= latest; }
  // The times tell this journal's event from that of another one at the same index.
  [[nodiscard]] bool has(std::uint64_t index, Timestamp ts_recv) const {
    return first <= index && index < end && earliest <= ts_recv && ts_recv <= latest;
  }
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

// `newer` as a part of `older`, where both are of one journal: what lies between them was not for
// this sink, or is gone. False, and nothing changed, where they are not.
bool join(Stretch& older, const Stretch& newer);
// Of `stretch`, whether it was delivered before an event that is at `index`, and how far.
[[nodiscard]] std::uint64_t end_before(const Stretch& stretch, std::uint64_t index,
                                       Timestamp ts_recv);

struct ParquetName {
  std::string who;  // an instrument, as a component of a path; kMixed: of several
  std::uint32_t shard = 0;
  Stretch stretch;

  [[nodiscard]] std::string text() const;
  // Nothing: it is not the name of a file that the sink has made.
  static std::optional<ParquetName> parse(std::string_view name);
};

inline constexpr std::string_view kMixed = "mixed";
// Of an instrument, short enough for a name.
[[nodiscard]] std::string who_of(std::string_view instrument);

// What an event is filed under where our name of the instrument is not known.
[[nodiscard]] inline std::string_view instrument_or_symbol(const Event& event) {
  return event.instrument.empty() ? event.symbol : event.instrument;
}

// "type=trade/venue=binance/date=2026-11-24".
[[nodiscard]] std::filesystem::path partition_folder(Channel channel, std::string_view venue,
                                                     std::chrono::sys_days day);

}  // namespace mp::sink
