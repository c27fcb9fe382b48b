// L2. Subjects as the writer and a reader know them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "journal/record.hpp"

namespace mp::journal {

// The writer's: gives out ids, knows which segment has which definition.
class WriterSubjects {
 public:
  struct Subject {
    std::string venue;
    std::string symbol;
    std::string instrument;
    InstrumentFacts facts;
    std::uint64_t dropped = 0;  // events since the last gap event
    Timestamp dropped_since;    // ts_recv of the first one
    Timestamp dropped_at;       // of the last one
    std::string_view reason;    // why

    [[nodiscard]] Definition definition() const { return {venue, symbol, instrument, facts}; }
  };

  static constexpr std::size_t kDefinitionBytesEachMax = 2048;

  // An instrument that is known already is kept when `instrument` is empty, and so is each fact
  // that is absent. kSubjectsMax: there are too many subjects, or their names are too long.
  std::uint32_t find_or_add(const Definition& definition);
  // As read from a segment.
  void restore(std::uint32_t id, const Definition& definition, std::uint64_t segment);

  [[nodiscard]] std::size_t size() const { return subjects_.size(); }
  [[nodiscard]] Subject& operator[](std::uint32_t id) { return subjects_[id]; }
  // The newest segment that has this definition; asked for every event.
  [[nodiscard]] std::uint64_t defined_in(std::uint32_t id) const { return defined_in_[id]; }
  void set_defined_in(std::uint32_t id, std::uint64_t segment) { defined_in_[id] = segment; }

 private:
  const std::string& key_of(const Definition& definition);

  std::vector<Subject> subjects_;
  std::vector<std::uint64_t> defined_in_;  // apart, so that those of many subjects lie together
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::string key_;  // reused
};

// A reader's: definitions hold within one segment. Views stay valid as long as the table.
class ReaderSubjects {
 public:
  // What is asked for with every event: a line of the cache for each subject.
  struct alignas(64) Names {
    std::string_view venue;
    std::string_view symbol;
    std::string_view instrument;
    std::uint64_t segment = 0;  // the newest that has defined the subject
  };

  void define(std::uint32_t id, const Definition& definition, std::uint64_t segment);
  // Null: the segment has not defined it.
  [[nodiscard]] const Names* find(std::uint32_t id, std::uint64_t segment) const {
    if (id >= names_.size() || names_[id].segment != segment) return nullptr;
    return &names_[id];
  }
  // Valid until the next define().
  [[nodiscard]] const InstrumentFacts& facts(std::uint32_t id) const {
    return id < facts_.size() ? facts_[id] : unknown_;
  }

 private:
  std::string_view own(std::string_view text);

  std::vector<Names> names_;
  std::vector<InstrumentFacts> facts_;  // apart, so that the names of many subjects lie together
  const InstrumentFacts unknown_;
  std::unordered_set<std::string> texts_;  // its strings never move
};

}  // namespace mp::journal
