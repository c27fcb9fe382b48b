#include "cli/demo_check.hpp"

#include <fmt/format.h>

#include "core/assert.hpp"
#include "journal/merged_reader.hpp"
#include "venue/registry.hpp"

namespace mp::cli {
namespace {

Result<JournalSums> read_journal(const std::vector<std::filesystem::path>& locations) {
  auto reader = journal::open_merged({.locations = locations, .from = journal::From::oldest});
  if (!reader) return reader.error();
  JournalSums sums;
  while (true) {
    switch ((*reader)->next()) {
      case journal::Next::event: {
        const Event& event = (*reader)->event();
        add_event(event, sums.totals);
        const auto* book = std::get_if<Book>(&event.body);
        if (book != nullptr && book->is_snapshot) {
          sums.joined_at.try_emplace(
              {std::string{event.venue}, Channel::book, std::string{event.symbol}},
              book->last_sequence.value_or(0));
        }
        break;
      }
      case journal::Next::idle:
      case journal::Next::closed:
        return sums;
      case journal::Next::lost:
        return Error{ErrorKind::data,
                     fmt::format("the journal no longer has {} events", (*reader)->lost_count())};
      case journal::Next::corrupt:
        return Error{ErrorKind::data, (*reader)->problem()};
    }
  }
}

void add(const StreamTotals& from, sim::Total CheckRow::* member,
         std::map<std::pair<std::string, Channel>, CheckRow>& rows) {
  for (const auto& [key, total] : from) {
    CheckRow& row = rows[{key.venue, key.channel}];
    row.venue = key.venue;
    row.channel = key.channel;
    sim::Total& sum = row.*member;
    sum.count += total.count;
    sum.price_sum += total.price_sum;
    sum.quantity_sum += total.quantity_sum;
  }
}

BookStarts starts_of_all_venues() {
  BookStarts starts;
  for (const auto& registration : venue::registry()) {
    starts.emplace(registration.name, registration.make()->traits().book.start);
  }
  return starts;
}

}  // namespace

StreamTotals expected_of(const sim::Ledger& ledger, const JournalSums& journal,
                         const BookStarts& starts) {
  StreamTotals totals;
  for (const auto& entry : ledger.entries()) {
    const bool arrived =
        entry.delivery == sim::Delivery::sent || entry.delivery == sim::Delivery::rest;
    if (!arrived || entry.channel == Channel::instrument) continue;
    const StreamKey key{std::string{entry.venue}, entry.channel, std::string{entry.symbol}};
    const auto start = starts.find(entry.venue);
    MP_ASSERT(start != starts.end());
    if (entry.channel == Channel::book && joins(start->second)) {
      const auto joined = journal.joined_at.find(key);
      if (joined == journal.joined_at.end()) continue;
      const std::int64_t last = entry.last_sequence.value_or(0);
      const bool taken = entry.is_snapshot ? last == joined->second : last > joined->second;
      if (!taken) continue;
    }
    sim::add_to(entry, totals[key]);
  }
  return totals;
}

Result<std::vector<CheckRow>> check_demo(const CheckInput& input) {
  if (input.ledger.overflow() > 0) {
    return Error{ErrorKind::internal,
                 fmt::format("the simulator sent {} messages more than its ledger holds; use a "
                             "lower --rate or a shorter time",
                             input.ledger.overflow())};
  }
  auto journal = read_journal(input.journal_locations);
  if (!journal) return journal.error();
  auto ndjson = totals_of_ndjson(input.data_dir);
  if (!ndjson) return ndjson.error();
  auto parquet = totals_of_parquet(input.data_dir);
  if (!parquet) return parquet.error();

  std::map<std::pair<std::string, Channel>, CheckRow> rows;
  add(expected_of(input.ledger, *journal, starts_of_all_venues()), &CheckRow::sent, rows);
  add(journal->totals, &CheckRow::journal, rows);
  add(*ndjson, &CheckRow::ndjson, rows);
  add(*parquet, &CheckRow::parquet, rows);
  std::vector<CheckRow> out;
  for (auto& [key, row] : rows) out.push_back(std::move(row));
  return out;
}

}  // namespace mp::cli
