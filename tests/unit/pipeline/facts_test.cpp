// What is known of an instrument reaches the owner of its stream, and again when a listing says
// something else.
#include <gtest/gtest.h>

#include "pipeline/engine.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

// Asks for a stream's subject where it has none, as a feed does.
class Asker final : public Engine::Owner {
 public:
  const Engine* engine = nullptr;
  std::vector<InstrumentFacts> asked;

 private:
  void on_event(Stream& stream, const Event&) override {
    if (stream.subject) return;
    stream.subject = journal::SubjectId{};
    asked.push_back(engine->facts(stream));
  }
  void on_refused(std::string_view frame, const venue::Reading& reading, Timestamp) override {
    ADD_FAILURE() << reading.problem << ": " << frame;
  }
  void want_snapshot(Stream&) override {}
  void want_resubscribe(Stream&) override {}
};

std::string trade_of(const std::string& symbol) {
  return R"({"arg":{"channel":"trades","instId":")" + symbol +
         R"("},"data":[{"tradeId":"1","px":"91230.1","sz":"31","side":"buy","instId":")" + symbol +
         R"(","ts":"1795000000101"}]})";
}
std::string listing_of_swap(const std::string& tick) {
  return R"({"arg":{"channel":"instruments","instType":"SWAP"},"data":[{"ctMult":"1",)"
         R"("ctVal":"0.010","ctValCcy":"BTC","instFamily":"BTC-USDT","instId":"BTC-USDT-SWAP",)"
         R"("instType":"SWAP","lotSz":"0.1","settleCcy":"USDT","state":"live","tickSz":")" +
         tick + R"("}]})";
}

TEST(Facts, are_asked_for_anew_when_a_listing_changes_them) {
  const auto adapter = venue::make_adapter("okx");
  Catalog catalog;
  Asker asker;
  Engine engine{*adapter, catalog, asker};
  asker.engine = &engine;
  const auto session = engine.open_session();
  const auto read = [&](const std::string& frame) {
    EXPECT_EQ(engine.on_frame(*session, frame, Timestamp{}).verdict, venue::Verdict::data);
  };
  read(trade_of("BTC-USDT-SWAP"));
  ASSERT_EQ(asker.asked.size(), 1U);  // what the symbol spells out
  EXPECT_EQ(asker.asked[0].kind, InstrumentKind::perpetual);
  EXPECT_EQ(asker.asked[0].tick_size, std::nullopt);

  read(listing_of_swap("0.1"));  // the name stays what it was
  ASSERT_EQ(asker.asked.size(), 2U);
  EXPECT_EQ(to_string(asker.asked[1].tick_size.value().decimal), "0.1");
  EXPECT_EQ(to_string(asker.asked[1].lot_size.value().decimal), "0.1");
  EXPECT_EQ(to_string(asker.asked[1].contract_size.value().decimal), "0.010");

  read(listing_of_swap("0.1"));
  read(trade_of("BTC-USDT-SWAP"));
  EXPECT_EQ(asker.asked.size(), 2U);

  read(listing_of_swap("0.01"));
  ASSERT_EQ(asker.asked.size(), 3U);
  EXPECT_EQ(to_string(asker.asked[2].tick_size.value().decimal), "0.01");
}

TEST(Facts, of_a_symbol_that_nobody_can_read_are_unknown) {
  const auto adapter = venue::make_adapter("okx");
  Catalog catalog;
  Asker asker;
  Engine engine{*adapter, catalog, asker};
  asker.engine = &engine;
  const auto session = engine.open_session();
  (void)engine.on_frame(*session, trade_of("WEIRD"), Timestamp{});
  ASSERT_EQ(asker.asked.size(), 1U);
  EXPECT_EQ(asker.asked[0], InstrumentFacts{});
}

}  // namespace
}  // namespace mp::pipeline
