#include "sim/server.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "sim/replay_ledger.hpp"
#include "unit/sim/client.hpp"
#include "unit/sim/decode.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SimServer : public testing::Test {
 protected:
  void start(Config config = {}) {
    config.seed = 11;
    config.ca_file = ca();
    auto started = Simulator::start(config);
    ASSERT_TRUE(started.ok()) << started.error().message;
    simulator_ = started.take();
  }
  [[nodiscard]] std::string ca() const { return folder_.file("ca.pem"); }
  Client client(std::string_view venue, int receive_bytes = 0) {
    return {simulator_->port(venue), ca(), receive_bytes};
  }
  // Reads frames until `enough` events were understood or the connection ended.
  template <class Decode>
  static void collect(Client& from, Decode decode, std::vector<Entry>& into, std::size_t enough) {
    while (into.size() < enough) {
      const std::string text = from.read();
      if (text.empty()) return;
      for (Entry& entry : decode(text)) into.push_back(std::move(entry));
    }
  }
  // Asks the simulator until `holds`; it answers between its ticks, so this does not spin.
  template <class Holds>
  [[nodiscard]] bool eventually(Holds holds) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (holds(simulator_->statistics())) return true;
    }
    return false;
  }
  [[nodiscard]] std::uint64_t sent_in_totals() const {
    std::uint64_t sent = 0;
    for (const auto& [key, total] : simulator_->totals()) {
      if (key.delivery == Delivery::sent) sent += total.count;
    }
    return sent;
  }

  Folder folder_;
  std::unique_ptr<Simulator> simulator_;
};

constexpr std::string_view kSubscribeBinance =
    R"({"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@bookTicker","btcusdt@depth@100ms",)"
    R"("btcusdt@ticker","btcusdt@kline_1m","ethusdt@trade","ethusdt@depth@100ms"],"id":1})";
constexpr std::string_view kSubscribeOkx =
    R"({"op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"},)"
    R"({"channel":"books","instId":"BTC-USDT"},{"channel":"bbo-tbt","instId":"BTC-USDT-SWAP"},)"
    R"({"channel":"funding-rate","instId":"BTC-USDT-SWAP"},)"
    R"({"channel":"tickers","instId":"BTC-USDT"}]})";

TEST_F(SimServer, is_trusted_through_its_ca_file_alone) {
  start();
  EXPECT_FALSE(client("binance").connect("/ws"));
  Client stranger(simulator_->port("binance"), "");
  EXPECT_TRUE(stranger.handshake_tls());
  EXPECT_EQ(simulator_->ws_url("okx"),
            "wss://127.0.0.1:" + std::to_string(simulator_->port("okx")));
}

TEST_F(SimServer, refuses_an_unknown_venue_and_an_unwritable_ca_file) {
  EXPECT_FALSE(Simulator::start({.venues = {"nope"}, .ca_file = ca()}).ok());
  const auto unwritable = Simulator::start({.ca_file = folder_.file("no/such/folder/ca.pem")});
  ASSERT_FALSE(unwritable.ok());
  EXPECT_EQ(unwritable.error().kind, ErrorKind::io);
}

TEST_F(SimServer, overwrites_no_file_but_its_own) {
  const auto text_of = [](const std::string& path) {
    std::ifstream in{path};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  start();
  const std::string mine = text_of(ca());
  ASSERT_TRUE(mine.starts_with("-----BEGIN"));
  const auto second =
      Simulator::start({.first_port = simulator_->port("binance"), .ca_file = ca()});
  ASSERT_FALSE(second.ok()) << "its port is in use";
  EXPECT_EQ(text_of(ca()), mine);

  const std::string recording = folder_.file("monday.ndjson");
  std::ofstream{recording} << R"({"t":"header"})" << '\n';
  const auto foreign = Simulator::start({.ca_file = recording});
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().kind, ErrorKind::usage);
  EXPECT_EQ(text_of(recording), "{\"t\":\"header\"}\n");
  ReplayLedger ledger{recording};
  EXPECT_FALSE(ledger.open().ok());
  EXPECT_EQ(text_of(recording), "{\"t\":\"header\"}\n");
}

// The reason for the ledger: what it holds is what the client got, number for number.
void compare(const Ledger& ledger, ConnectionId connection, const std::vector<Entry>& received) {
  std::vector<const Entry*> sent;
  for (const Entry& entry : ledger.entries()) {
    if (entry.connection == connection && entry.delivery == Delivery::sent) sent.push_back(&entry);
  }
  ASSERT_EQ(sent.size(), received.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    expect_same(*sent[i], received[i]);
    ASSERT_FALSE(testing::Test::HasFailure()) << "at entry " << i;
  }
}

TEST_F(SimServer, ledger_holds_exactly_what_a_binance_client_received) {
  start({.venues = {"binance"},
         .rate_per_second = 5000,
         .options = {.ticker_every = 100ms, .candle_every = 100ms}});
  Client reader = client("binance");
  ASSERT_FALSE(reader.connect("/stream"));
  ASSERT_FALSE(reader.send(kSubscribeBinance));
  EXPECT_EQ(reader.read(), R"({"result":null,"id":1})");
  std::vector<Entry> received;
  collect(reader, decode_binance, received, 4000);
  ASSERT_TRUE(simulator_->stop_traffic(30s).ok());
  collect(reader, decode_binance, received, sent_in_totals());
  simulator_->stop();
  EXPECT_EQ(simulator_->ledger().overflow(), 0U);
  compare(simulator_->ledger(), 1, received);

  std::map<Channel, Total> by_channel;
  for (const Entry& entry : received) add_to(entry, by_channel[entry.channel]);
  std::map<Channel, Total> in_ledger;
  for (const auto& [key, total] : simulator_->ledger().totals()) {
    Total& sum = in_ledger[key.channel];
    sum.count += total.count;
    sum.price_sum += total.price_sum;
    sum.quantity_sum += total.quantity_sum;
  }
  EXPECT_EQ(by_channel, in_ledger);
  EXPECT_EQ(by_channel.size(), 5U);
}

TEST_F(SimServer, ledger_holds_exactly_what_an_okx_client_received) {
  start({.venues = {"okx"}, .rate_per_second = 5000});
  Client reader = client("okx");
  ASSERT_FALSE(reader.connect("/ws/v5/public"));
  ASSERT_FALSE(reader.send(kSubscribeOkx));
  std::vector<Entry> received;
  collect(reader, decode_okx, received, 4000);
  ASSERT_TRUE(simulator_->stop_traffic(30s).ok());
  collect(reader, decode_okx, received, sent_in_totals());
  simulator_->stop();
  compare(simulator_->ledger(), 1, received);
}

TEST_F(SimServer, answers_a_text_ping_and_a_bad_subscription) {
  start();
  Client okx = client("okx");
  ASSERT_FALSE(okx.connect("/ws/v5/public"));
  ASSERT_FALSE(okx.send("ping"));
  EXPECT_EQ(okx.read(), "pong");
  ASSERT_FALSE(okx.send(R"({"op":"subscribe","args":[{"channel":"books","instId":"NOPE-USDT"}]})"));
  EXPECT_THAT(okx.read(), HasSubstr(R"("code":"60018")"));
  Client binance = client("binance");
  ASSERT_FALSE(binance.connect("/ws"));
  ASSERT_FALSE(binance.send("nonsense"));
  EXPECT_THAT(binance.read(), HasSubstr(R"("code":3)"));
  EXPECT_TRUE(client("binance").connect("/no/such/path"));
}

TEST_F(SimServer, closes_a_client_that_sends_too_much) {
  start();
  Client noisy = client("binance");
  ASSERT_FALSE(noisy.connect("/ws"));
  for (int i = 0; i < 20; ++i) {  // a second may begin in between, but not four of them
    if (noisy.send(R"({"method":"LIST_SUBSCRIPTIONS","id":1})")) break;
  }
  while (!noisy.read().empty()) {
  }
  EXPECT_EQ(noisy.error, websocket::error::closed);
  EXPECT_EQ(noisy.close_code(), 1008);
  EXPECT_EQ(simulator_->statistics().rate_kills, 1U);
}

TEST_F(SimServer, pings_and_counts_the_pongs) {
  Config config;
  config.options.door = DoorRules{.ping_every = 20ms, .pong_within = 10s};
  start(config);
  Client reader = client("binance");
  ASSERT_FALSE(reader.connect("/ws/btcusdt@bookTicker"));
  while (reader.pings < 3 && !reader.read().empty()) {  // a second ping only follows a pong
  }
  EXPECT_EQ(reader.pings, 3);
}

TEST_F(SimServer, closes_an_okx_client_that_nobody_talks_to) {
  Config config;
  config.options.door = DoorRules{.silence_max = 50ms};
  start(config);
  Client idle = client("okx");
  ASSERT_FALSE(idle.connect("/ws/v5/public"));
  EXPECT_EQ(idle.read(), "");
  EXPECT_EQ(idle.close_code(), 4004);
  EXPECT_EQ(simulator_->statistics().idle_kills, 1U);
}

TEST_F(SimServer, resets_connections_on_demand) {
  start();
  Client reader = client("binance");
  ASSERT_FALSE(reader.connect("/ws/btcusdt@bookTicker"));
  EXPECT_NE(reader.read(), "");
  simulator_->reset_connections("binance");
  while (!reader.read().empty()) {
  }
  EXPECT_EQ(reader.error, asio::error::connection_reset);
  EXPECT_EQ(simulator_->statistics().connections_open, 0U);
  Client again = client("binance");
  ASSERT_FALSE(again.connect("/ws/btcusdt@bookTicker"));
  EXPECT_NE(again.read(), "");
  simulator_->stop();
  ASSERT_EQ(simulator_->ledger().faults().size(), 1U);
  EXPECT_EQ(simulator_->ledger().faults()[0].affected, 1U);
}

TEST_F(SimServer, a_mute_venue_leaves_a_gap_and_no_disconnect) {
  start();
  Client reader = client("okx");
  ASSERT_FALSE(reader.connect("/ws/v5/public"));
  ASSERT_FALSE(
      reader.send(R"({"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]})"));
  std::vector<Entry> received;
  collect(reader, decode_okx, received, 3);
  simulator_->mute("okx");
  ASSERT_TRUE(eventually([](const Statistics& s) { return s.messages_dropped >= 3; }));
  simulator_->unmute("okx");
  collect(reader, decode_okx, received, 40);
  int gaps = 0;
  for (std::size_t i = 1; i < received.size(); ++i)
    gaps += received[i].previous_sequence != received[i - 1].last_sequence ? 1 : 0;
  EXPECT_EQ(gaps, 1);
}

TEST_F(SimServer, disconnects_and_counts_a_client_that_does_not_read) {
  start({.venues = {"binance"}, .rate_per_second = 20'000, .queue_bytes_max = 64U * 1024U});
  Client sleeper = client("binance", 4096);
  ASSERT_FALSE(sleeper.connect("/stream"));
  ASSERT_FALSE(sleeper.send(kSubscribeBinance));
  EXPECT_TRUE(eventually([](const Statistics& s) { return s.slow_clients == 1; }));
  EXPECT_TRUE(eventually([](const Statistics& s) { return s.connections_open == 0; }));
  const Statistics statistics = simulator_->statistics();
  EXPECT_GT(statistics.messages_unsent, 0U);
  simulator_->stop();
  std::uint64_t unsent = 0;
  for (const auto& [key, total] : simulator_->ledger().totals())
    unsent += key.delivery == Delivery::unsent ? total.count : 0;
  EXPECT_GE(unsent, statistics.messages_unsent);
}

TEST_F(SimServer, serves_rest_snapshots_on_one_connection_and_notes_them) {
  start();
  Client rest = client("binance");
  ASSERT_FALSE(rest.handshake_tls());
  unsigned status = 0;
  const Document depth(rest.get("/api/v3/depth?symbol=BTCUSDT&limit=1000", status));
  EXPECT_EQ(status, 200U);
  EXPECT_THAT(rest.get("/api/v3/exchangeInfo", status), HasSubstr(R"("symbol":"XRPUSDT")"));
  EXPECT_THAT(rest.get("/api/v3/depth?symbol=NOPE", status), HasSubstr("-1121"));
  EXPECT_EQ(status, 400U);
  simulator_->stop();
  ASSERT_EQ(simulator_->ledger().entries().size(), 1U);
  const Entry& entry = simulator_->ledger().entries()[0];
  EXPECT_EQ(entry.delivery, Delivery::rest);
  EXPECT_EQ(entry.last_sequence, integer_at(depth.root(), "lastUpdateId"));
  EXPECT_EQ(entry.bids, levels_in(depth.root()["bids"].value()));
  EXPECT_EQ(entry.asks, levels_in(depth.root()["asks"].value()));
}

TEST_F(SimServer, resumes_after_a_stop_of_traffic) {
  start();
  Client reader = client("binance");
  ASSERT_FALSE(reader.connect("/ws/btcusdt@bookTicker"));
  std::vector<Entry> received;
  collect(reader, decode_binance, received, 10);
  ASSERT_TRUE(simulator_->stop_traffic(30s).ok());
  const std::uint64_t sent = sent_in_totals();
  collect(reader, decode_binance, received, sent);
  EXPECT_EQ(sent_in_totals(), sent);
  simulator_->resume_traffic();
  collect(reader, decode_binance, received, sent + 10);
  EXPECT_EQ(received.size(), sent + 10);
}

}  // namespace
}  // namespace mp::sim
