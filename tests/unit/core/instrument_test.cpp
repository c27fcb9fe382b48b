#include "core/instrument.hpp"

#include <gtest/gtest.h>

namespace mp {
namespace {

InstrumentInfo spot(std::string_view status) {
  InstrumentInfo info;
  info.base = "BTC";
  info.quote = "USDT";
  info.status = status;
  return info;
}

// Venues list placeholders of what is to come, and what is gone, under the name of what trades.
TEST(Catalog, gives_a_name_to_what_trades) {
  Catalog catalog;
  catalog.add("OLD", spot("halted"));
  catalog.add("NEW", spot("trading"));
  catalog.add("NEXT", spot("preopen"));
  ASSERT_NE(catalog.by_name("BTC-USDT"), nullptr);
  EXPECT_EQ(catalog.by_name("BTC-USDT")->symbol, "NEW");
  EXPECT_EQ(catalog.by_symbol("OLD")->symbol, "OLD");
}

TEST(Catalog, moves_a_name_when_another_symbol_begins_to_trade) {
  Catalog catalog;
  catalog.add("A", spot("trading"));
  catalog.add("B", spot("preopen"));
  EXPECT_EQ(catalog.by_name("BTC-USDT")->symbol, "A");
  catalog.add("A", spot("halted"));
  EXPECT_EQ(catalog.by_name("BTC-USDT")->symbol, "A") << "nothing trades: the first keeps it";
  catalog.add("B", spot("trading"));
  EXPECT_EQ(catalog.by_name("BTC-USDT")->symbol, "B");
}

TEST(Globs, mean_what_stars_stand_for) {
  EXPECT_TRUE(matches_glob("*-USDT-PERP", "BTC-USDT-PERP"));
  EXPECT_FALSE(matches_glob("*-USDT-PERP", "BTC-USDT"));
  EXPECT_TRUE(matches_glob("BTC-*", "BTC-USD-20261225-100000-C"));
  EXPECT_TRUE(matches_glob("*", "anything"));
  EXPECT_TRUE(matches_glob("BTC-*-C", "BTC-USD-20261225-100000-C"));
  EXPECT_FALSE(matches_glob("BTC-*-C", "BTC-C"));
  EXPECT_TRUE(matches_glob("A*B*C", "AxBxC"));
  EXPECT_FALSE(matches_glob("A*B*C", "AxCxB"));
  EXPECT_TRUE(matches_glob("exact", "exact"));
  EXPECT_FALSE(matches_glob("exact", "exactly"));
}

// A name of kilobytes fits into no file name, journal or table.
TEST(Catalog, calls_an_instrument_with_an_endless_name_by_its_symbol) {
  Catalog catalog;
  const std::string base(70'000, 'z');
  InstrumentInfo info;
  info.base = base;
  info.quote = "USDT";
  EXPECT_EQ(catalog.add("ZUSDT", info).name, "ZUSDT");
}

}  // namespace
}  // namespace mp
