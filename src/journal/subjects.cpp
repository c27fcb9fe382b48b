#include "journal/subjects.hpp"

namespace mp::journal {

const std::string& WriterSubjects::key_of(const Definition& definition) {
  key_.assign(definition.venue).push_back('\0');
  key_.append(definition.symbol);
  return key_;
}

std::uint32_t WriterSubjects::find_or_add(const Definition& definition) {
  if (definition_record_bytes(definition) > kDefinitionBytesEachMax) return kSubjectsMax;
  const auto found = by_key_.find(key_of(definition));
  if (found == by_key_.end()) {
    if (subjects_.size() >= kSubjectsMax) return kSubjectsMax;
    const auto id = static_cast<std::uint32_t>(subjects_.size());
    restore(id, definition, 0);
    return id;
  }
  Subject& subject = subjects_[found->second];
  bool changed = update(subject.facts, definition.facts);
  if (!definition.instrument.empty() && definition.instrument != subject.instrument) {
    subject.instrument = definition.instrument;
    changed = true;
  }
  if (changed) defined_in_[found->second] = 0;  // written again before its next event
  return found->second;
}

void WriterSubjects::restore(std::uint32_t id, const Definition& definition,
                             std::uint64_t segment) {
  if (id >= kSubjectsMax) return;
  if (id >= subjects_.size()) {
    subjects_.resize(id + 1);
    defined_in_.resize(id + 1);
  }
  Subject& subject = subjects_[id];
  subject.venue = definition.venue;
  subject.symbol = definition.symbol;
  subject.instrument = definition.instrument;
  subject.facts = definition.facts;
  defined_in_[id] = segment;
  by_key_[key_of(definition)] = id;
}

void ReaderSubjects::define(std::uint32_t id, const Definition& definition, std::uint64_t segment) {
  if (id >= kSubjectsMax) return;
  if (id >= names_.size()) {
    names_.resize(id + 1);
    facts_.resize(id + 1);
  }
  facts_[id] = definition.facts;
  Names& names = names_[id];
  names.segment = segment;
  // Each segment defines the same subjects anew.
  if (names.venue == definition.venue && names.symbol == definition.symbol &&
      names.instrument == definition.instrument)
    return;
  names.venue = own(definition.venue);
  names.symbol = own(definition.symbol);
  names.instrument = own(definition.instrument);
}

std::string_view ReaderSubjects::own(std::string_view text) {
  return *texts_.emplace(text).first;
}

}  // namespace mp::journal
