// L3. The files that a flush of the Parquet sink will have, and which of them an event belongs to:
// of each channel, venue and day one for all instruments, and one for each that has much to say.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sink/parquet_name.hpp"
#include "sink/parquet_rows.hpp"

namespace mp::sink {

// How the folder of a type is called, now and by collectors of before: "type=trade".
inline constexpr std::string_view kTypeKey = "type=";
inline constexpr std::string_view kOldTypeKey = "channel=";
// Below it: venue, date, file.
inline constexpr unsigned kTypeLevels = 3;

class Partitions {
 public:
  // What a file of its own is worth, in values (ParquetRows::weight): some 20,000 trades.
  static constexpr std::size_t kOwnFileWeight = 200'000;
  // Instruments of a channel, venue and day whose rows are gathered apart; those that come later
  // share.
  static constexpr std::size_t kApartMax = 64;

  // Where the event's row goes. Nothing is allocated for a stream that was here before.
  ParquetRows& of(const Event& event) {
    Group& group = group_of(event);
    const std::string_view instrument = instrument_or_symbol(event);
    const auto found = group.apart.find(instrument);
    if (found != group.apart.end()) return found->second->rows;
    if (group.apart.size() == kApartMax) return group.mixed;
    auto made =
        std::make_unique<Apart>(Apart{std::string{instrument}, ParquetRows{event.channel()}});
    const std::string_view name = made->instrument;
    return group.apart.emplace(name, std::move(made)).first->second->rows;
  }

  struct Output {
    std::vector<const ParquetRows*> rows;
    std::size_t weight = 0;
    std::filesystem::path folder;
    std::string who;
  };
  // Those with rows: what is most work comes first.
  [[nodiscard]] std::vector<Output> outputs() const {
    std::vector<Output> out;
    for (const auto& group : groups_) {
      Output mixed{.folder = partition_folder(group->channel, group->venue, group->day),
                   .who = std::string{kMixed}};
      add(group->mixed, mixed);
      for (const auto& [name, apart] : group->apart) {
        if (apart->rows.weight() < kOwnFileWeight) {
          add(apart->rows, mixed);
          continue;
        }
        Output& own =
            out.emplace_back(Output{.folder = mixed.folder, .who = who_of(apart->instrument)});
        add(apart->rows, own);
      }
      if (!mixed.rows.empty()) out.push_back(std::move(mixed));
    }
    std::sort(out.begin(), out.end(),
              [](const Output& a, const Output& b) { return a.weight > b.weight; });
    return out;
  }

  // Forgets all rows. What had some keeps its memory for the next; the others go, so that two
  // flushes' worth is the most. Where not all instruments found a place apart, those that had
  // little to say give theirs up.
  void clear() {
    std::erase_if(groups_, [](const auto& group) { return group->is_empty(); });
    for (auto& group : groups_) {
      const bool crowded = group->apart.size() == kApartMax;
      const std::size_t least = crowded ? kOwnFileWeight : 1;
      std::erase_if(group->apart,
                    [&](const auto& each) { return each.second->rows.weight() < least; });
      for (auto& [name, apart] : group->apart) apart->rows.clear();
      group->mixed.clear();
    }
    last_ = nullptr;
  }

 private:
  struct Apart {
    std::string instrument;
    ParquetRows rows;
  };
  struct Group {
    Channel channel;
    std::string venue;
    std::chrono::sys_days day;
    ParquetRows mixed;
    std::unordered_map<std::string_view, std::unique_ptr<Apart>> apart;  // views of their own texts

    [[nodiscard]] bool has(const Event& event, std::chrono::sys_days of_day) const {
      return channel == event.channel() && day == of_day && venue == event.venue;
    }
    [[nodiscard]] bool is_empty() const {
      return mixed.size() == 0 && std::all_of(apart.begin(), apart.end(), [](const auto& each) {
               return each.second->rows.size() == 0;
             });
    }
  };

  // There are few: channels times venues.
  Group& group_of(const Event& event) {
    const auto day = std::chrono::floor<std::chrono::days>(event.ts_recv);
    if (last_ != nullptr && last_->has(event, day)) return *last_;
    const auto found = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const auto& group) { return group->has(event, day); });
    if (found != groups_.end()) {
      last_ = found->get();
      return *last_;
    }
    auto made = std::make_unique<Group>(
        Group{event.channel(), std::string{event.venue}, day, ParquetRows{event.channel()}, {}});
    last_ = groups_.emplace_back(std::move(made)).get();
    return *last_;
  }
  static void add(const ParquetRows& rows, Output& out) {
    if (rows.size() == 0) return;
    out.rows.push_back(&rows);
    out.weight += rows.weight();
  }

  std::vector<std::unique_ptr<Group>> groups_;
  Group* last_ = nullptr;
};

}  // namespace mp::sink
