#include "cli/demo_check.hpp"

#include <gtest/gtest.h>

namespace mp::cli {
namespace {

sim::Entry book_of(std::string_view venue, sim::Delivery delivery, std::int64_t last) {
  sim::Entry entry;
  entry.venue = venue;
  entry.symbol = "S";
  entry.channel = Channel::book;
  entry.delivery = delivery;
  entry.is_snapshot = delivery == sim::Delivery::rest;
  entry.last_sequence = last;
  return entry;
}

std::uint64_t books_expected(std::string_view venue, BookStart start) {
  sim::Ledger ledger{100};
  for (const std::int64_t last : {1, 2, 3, 4}) {
    ledger.add(book_of(venue, sim::Delivery::sent, last));
  }
  ledger.add(book_of(venue, sim::Delivery::rest, 2));
  const StreamKey key{std::string{venue}, Channel::book, "S"};
  JournalSums journal;
  journal.joined_at[key] = 2;
  return expected_of(ledger, journal, {{std::string{venue}, start}})[key].count;
}

// The rule decides, not the name of the venue.
TEST(DemoCheck, leaves_out_what_a_snapshot_by_rest_holds_already) {
  for (const char* venue : {"binance", "another"}) {
    EXPECT_EQ(books_expected(venue, BookStart::rest_snapshot), 3U) << venue;
    EXPECT_EQ(books_expected(venue, BookStart::stream_snapshot), 5U) << venue;
  }
}

}  // namespace
}  // namespace mp::cli
