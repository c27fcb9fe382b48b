// `marketprism list instruments --venue V`: what the venue lists right now.
#include <fmt/format.h>

#include <algorithm>

#include "cli/collect.hpp"
#include "cli/commands.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/venue_call.hpp"
#include "codec/json_encode.hpp"
#include "core/name_limit.hpp"
#include "core/utf8.hpp"
#include "venue/registry.hpp"

namespace mp::cli {
namespace {

bool is_wanted(const Catalog::Entry& entry, const ListInstrumentsOptions& options) {
  const auto fits = [](const std::string& wanted, std::string_view is) {
    return wanted.empty() || wanted == is;
  };
  return fits(options.kind, name_of(entry.info.kind)) && fits(options.base, entry.info.base) &&
         fits(options.quote, entry.info.quote) && fits(options.status, entry.info.status) &&
         (options.name.empty() || matches_glob(options.name, entry.name));
}

std::string named(std::string_view name) {
  return printable(name, kNameBytesMax);
}

std::string shown(const auto& number) {
  return number ? to_string(number->decimal) : "-";
}

void write_row(const Catalog::Entry& entry, std::size_t width, std::string& out) {
  const auto& info = entry.info;
  out += fmt::format("{:<{}}  {:<24} {:<9} {:>12} {:>12} {:>10}  {:<6} {}", named(entry.name),
                     width, named(entry.symbol), name_of(info.kind), shown(info.tick_size),
                     shown(info.lot_size), shown(info.contract_size),
                     named(info.settle.value_or("-")), named(info.status));
}

void write_json(std::string_view venue, const Catalog::Entry& entry, std::string& out) {
  Event event;
  event.venue = venue;
  event.symbol = entry.symbol;
  event.instrument = entry.name;
  event.body = entry.info;
  codec::append_json(event, out);
}

Result<void> print(const pipeline::Feed& feed, const ListInstrumentsOptions& options) {
  std::vector<const Catalog::Entry*> entries;
  std::size_t width = 10;
  for (const auto& entry : feed.catalog().entries()) {
    if (!is_wanted(entry, options)) continue;
    entries.push_back(&entry);
    width = std::max(width, named(entry.name).size());
  }
  std::ranges::sort(entries, {}, &Catalog::Entry::name);
  Output output;
  if (!options.json) {
    output.buffer() +=
        fmt::format("{:<{}}  {:<24} {:<9} {:>12} {:>12} {:>10}  {:<6} {}", "instrument", width,
                    "symbol", "kind", "tick", "lot", "contract", "settle", "status");
    output.line_done();
  }
  for (const auto* entry : entries) {
    if (options.json) {
      write_json(feed.venue(), *entry, output.buffer());
    } else {
      write_row(*entry, width, output.buffer());
    }
    output.line_done();
  }
  return output.flush();
}

}  // namespace

int list_instruments(const ListInstrumentsOptions& options, obs::Logger& log) {
  if (venue::make_adapter(options.venue) == nullptr) return fail(unknown_venue(options.venue));
  const auto config = load_targets({}, options.overrides);
  if (!config) return fail(config.error());
  Result<void> printed;
  const auto asked = ask_venue(feed_config(*config, options.venue), log,
                               [&](const pipeline::Feed& feed) { printed = print(feed, options); });
  if (!asked) return fail(asked.error());
  return printed ? 0 : fail(printed.error());
}

}  // namespace mp::cli
