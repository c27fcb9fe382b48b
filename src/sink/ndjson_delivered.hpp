// L3. What earlier runs of the file sink delivered, as its files tell.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sink/files.hpp"

namespace mp::sink {

// Of a file that begins with this event, up to its end index.
[[nodiscard]] std::string ndjson_name(const Folders& folders, std::uint64_t first,
                                      const Event& event);

// For the time until the sink has found where it goes on: folders are listed once.
class NdjsonDelivered {
 public:
  explicit NdjsonDelivered(const Folders& folders) : folders_(folders) {}

  // The end of the complete file that this event is in: the file begins with it, or has its `line`.
  // An error: nobody can tell now.
  Result<std::optional<std::uint64_t>> end_of(std::uint64_t index, const Event& event,
                                              std::string_view line);
  // Of the files of the event's day and the one before that begin below `index`, the highest end;
  // 0: there is none.
  Result<std::uint64_t> end_before(std::uint64_t index, const Event& event);
  void forget() { days_.clear(); }

 private:
  struct Stretch {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    std::string name;
  };
  struct Day {
    std::string date;
    std::vector<Stretch> files;
  };

  Result<const Day*> day_of(Timestamp time);
  void add(const std::string& name, Day& day) const;
  [[nodiscard]] Result<bool> holds(const std::filesystem::path& file, std::string_view line) const;

  Folders folders_;
  std::deque<Day> days_;  // pointers into it stay good
};

}  // namespace mp::sink
