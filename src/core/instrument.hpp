// L0. Instruments: our names for what venues trade, and the catalogue that knows them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"

namespace mp {

// The canonical name: BASE-QUOTE, BASE-QUOTE-PERP, BASE-QUOTE-YYYYMMDD,
// BASE-QUOTE-YYYYMMDD-STRIKE-C|P.
[[nodiscard]] std::string canonical_name(const InstrumentInfo& info);

// Whether two listings say the same of an instrument.
[[nodiscard]] bool same_facts(const InstrumentInfo& a, const InstrumentInfo& b);

// What every consumer of an instrument's events has to know of it, as far as it is known.
struct InstrumentFacts {
  std::optional<InstrumentKind> kind;
  std::optional<Price> tick_size;
  std::optional<Quantity> lot_size;
  std::optional<Quantity> contract_size;  // as InstrumentInfo has it

  static void fields(auto& self, auto&& visit) {
    visit("kind", self.kind);
    visit("tick_size", self.tick_size);
    visit("lot_size", self.lot_size);
    visit("contract_size", self.contract_size);
  }
  friend bool operator==(const InstrumentFacts&, const InstrumentFacts&) = default;
};
[[nodiscard]] InstrumentFacts facts_of(const InstrumentInfo& info);

// Takes over what is known in `newer`; what is not stays as it was. True when something changed.
bool update(InstrumentFacts& facts, const InstrumentFacts& newer);

// Whether `name` is one of those that `pattern` means, in which '*' stands for any characters.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view name);

// All instruments of one venue, found by the venue's symbol or by our name. Entries never move or
// disappear, so views into them live as long as the catalogue. A later listing of a symbol replaces
// the facts of the entry. Of several symbols with one name, that which trades has it: venues list
// placeholders of what is to come, and what has gone.
class Catalog {
 public:
  struct Entry {
    std::string symbol;
    std::string name;
    InstrumentInfo info;  // its texts belong to the catalogue
  };

  const Entry& add(std::string_view symbol, const InstrumentInfo& info);
  [[nodiscard]] const Entry* by_symbol(std::string_view symbol) const;
  [[nodiscard]] const Entry* by_name(std::string_view name) const;
  [[nodiscard]] const std::deque<Entry>& entries() const { return entries_; }

  // The names nearest to `name` in spelling, best first, at most `count`: for "did you mean".
  [[nodiscard]] std::vector<std::string_view> nearest_names(std::string_view name,
                                                            std::size_t count) const;

 private:
  std::string_view own(std::string_view text);
  void claim_name(Entry& entry);

  std::deque<Entry> entries_;
  std::deque<std::string> texts_;  // interned: one of each
  std::unordered_map<std::string_view, Entry*> by_symbol_;
  std::unordered_map<std::string_view, Entry*> by_name_;
  std::unordered_map<std::string_view, std::string_view> interned_;
};

// The edits (insert, delete, replace) that turn `a` into `b`: for suggestions in error messages.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace mp
