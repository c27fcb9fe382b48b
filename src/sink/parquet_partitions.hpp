// L3. The files that a flush of the Parquet sink will have, and which of them an event belongs to.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/time.hpp"
#include "sink/files.hpp"
#include "sink/parquet_rows.hpp"

namespace mp::sink {

class Partitions {
 public:
  // The rows of the event's file. Nothing is allocated for a stream that was here before.
  ParquetRows& of(const Event& event) {
    const Key key{event.channel(), event.venue,
                  event.instrument.empty() ? event.symbol : event.instrument,
                  std::chrono::floor<std::chrono::days>(event.ts_recv)};
    const auto found = all_.find(key);
    return (found != all_.end() ? *found->second : add(key)).rows;
  }
  // Those with rows: what is most work comes first.
  struct Output {
    const ParquetRows* rows;
    std::filesystem::path folder;
  };
  [[nodiscard]] std::vector<Output> outputs() const {
    std::vector<Output> out;
    for (const auto& [key, partition] : all_) {
      if (partition->rows.size() > 0) out.push_back({&partition->rows, folder_of(key)});
    }
    std::sort(out.begin(), out.end(),
              [](const Output& a, const Output& b) { return a.rows->weight() > b.rows->weight(); });
    return out;
  }
  // Forgets all rows. Partitions that had some keep their memory for the next; the others go, so
  // that two flushes' worth is the most.
  void clear() {
    std::erase_if(all_, [](const auto& each) { return each.second->rows.size() == 0; });
    for (auto& [key, partition] : all_) partition->rows.clear();
  }

 private:
  // The views are of the partition's own texts.
  struct Key {
    Channel channel{};
    std::string_view venue;
    std::string_view instrument;
    std::chrono::sys_days day;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>{}(key.instrument) + static_cast<std::size_t>(key.channel);
    }
  };
  struct Partition {
    std::string venue;
    std::string instrument;
    ParquetRows rows;
  };

  Partition& add(Key key) {
    auto made = std::make_unique<Partition>(
        Partition{std::string{key.venue}, std::string{key.instrument}, ParquetRows{key.channel}});
    key.venue = made->venue;
    key.instrument = made->instrument;
    return *all_.emplace(key, std::move(made)).first->second;
  }
  static std::filesystem::path folder_of(const Key& key) {
    return std::filesystem::path{"channel=" + std::string{name_of(key.channel)}} /
           ("venue=" + safe_component(key.venue)) /
           ("instrument=" + safe_component(key.instrument)) /
           ("date=" + std::string{date_of(Timestamp{key.day}).view()});
  }

  std::unordered_map<Key, std::unique_ptr<Partition>, Hash> all_;
};

}  // namespace mp::sink
