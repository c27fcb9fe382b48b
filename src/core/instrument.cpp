#include "core/instrument.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/name_limit.hpp"

namespace mp {

std::string canonical_name(const InstrumentInfo& info) {
  std::string name;
  name.append(info.base).append("-").append(info.quote);
  if (info.kind == InstrumentKind::spot) return name;
  if (info.kind == InstrumentKind::perpetual) return name.append("-PERP");
  if (info.expiry) {
    std::string date{date_of(*info.expiry).view()};
    std::erase(date, '-');
    name.append("-").append(date);
  }
  if (info.kind == InstrumentKind::option) {
    if (info.strike) name.append("-").append(to_string(info.strike->decimal));
    if (info.option_type) name.append(*info.option_type == "call" ? "-C" : "-P");
  }
  return name;
}

bool same_facts(const InstrumentInfo& a, const InstrumentInfo& b) {
  return a.kind == b.kind && a.base == b.base && a.quote == b.quote && a.settle == b.settle &&
         a.tick_size == b.tick_size && a.lot_size == b.lot_size &&
         a.contract_size == b.contract_size && a.expiry == b.expiry && a.strike == b.strike &&
         a.option_type == b.option_type && a.status == b.status;
}

InstrumentFacts facts_of(const InstrumentInfo& info) {
  return {info.kind, info.tick_size, info.lot_size, info.contract_size};
}

bool update(InstrumentFacts& facts, const InstrumentFacts& newer) {
  bool changed = false;
  const auto take = [&](auto& known, const auto& told) {
    if (!told || told == known) return;
    known = told;
    changed = true;
  };
  take(facts.kind, newer.kind);
  take(facts.tick_size, newer.tick_size);
  take(facts.lot_size, newer.lot_size);
  take(facts.contract_size, newer.contract_size);
  return changed;
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  name.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  // Each part between two stars at its first place; the last one at the end.
  while (true) {
    const auto next = pattern.find('*');
    const auto part = pattern.substr(0, next);
    if (next == std::string_view::npos) return name.ends_with(part);
    const auto at = name.find(part);
    if (at == std::string_view::npos) return false;
    name.remove_prefix(at + part.size());
    pattern.remove_prefix(next + 1);
  }
}

std::string_view Catalog::own(std::string_view text) {
  if (const auto found = interned_.find(text); found != interned_.end()) return found->second;
  const std::string_view owned = texts_.emplace_back(text);
  interned_.emplace(owned, owned);
  return owned;
}

const Catalog::Entry& Catalog::add(std::string_view symbol, const InstrumentInfo& info) {
  InstrumentInfo owned = info;
  owned.base = own(info.base);
  owned.quote = own(info.quote);
  if (info.settle) owned.settle = own(*info.settle);
  if (info.option_type) owned.option_type = own(*info.option_type);
  owned.status = own(info.status);

  if (const auto found = by_symbol_.find(symbol); found != by_symbol_.end()) {
    found->second->info = owned;
    claim_name(*found->second);
    return *found->second;
  }
  std::string name = canonical_name(owned);
  if (name.size() > kNameBytesMax) name = symbol;
  Entry& entry = entries_.emplace_back(Entry{std::string{symbol}, std::move(name), owned});
  by_symbol_.emplace(entry.symbol, &entry);
  claim_name(entry);
  return entry;
}

void Catalog::claim_name(Entry& entry) {
  Entry*& owner = by_name_.try_emplace(entry.name, &entry).first->second;
  if (owner->info.status != "trading" && entry.info.status == "trading") owner = &entry;
}

const Catalog::Entry* Catalog::by_symbol(std::string_view symbol) const {
  const auto found = by_symbol_.find(symbol);
  return found == by_symbol_.end() ? nullptr : found->second;
}

const Catalog::Entry* Catalog::by_name(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::string_view> Catalog::nearest_names(std::string_view name,
                                                     std::size_t count) const {
  std::vector<std::pair<std::size_t, std::string_view>> ranked;
  ranked.reserve(by_name_.size());
  for (const auto& [known, entry] : by_name_)
    ranked.emplace_back(edit_distance(name, known), known);
  const auto kept = std::min(count, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(kept),
                    ranked.end());
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kept; ++i) names.push_back(ranked[i].second);
  return names;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, replaced});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace mp
