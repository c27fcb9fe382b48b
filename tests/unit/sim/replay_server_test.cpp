// A served recording as a client over TLS sees it, and the ledger of it.
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <filesystem>
#include <fstream>

#include "sim/replay_venue.hpp"
#include "sim/server.hpp"
#include "unit/sim/client.hpp"
#include "unit/sim/decode.hpp"
#include "unit/sim/recordings.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class Digest {
 public:
  Digest() { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(std::string_view payload) {
    const std::uint64_t size = payload.size();  // where one frame ends and the next begins
    EVP_DigestUpdate(context_, &size, sizeof size);
    EVP_DigestUpdate(context_, payload.data(), payload.size());
  }
  [[nodiscard]] std::string value() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned count = 0;
    EVP_DigestFinal_ex(context_, bytes.data(), &count);
    return {bytes.begin(), bytes.begin() + count};
  }

 private:
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

class SimReplayServer : public testing::Test {
 protected:
  void serve(Recording recording, ReplayConfig config = {}) {
    config.ledger_file = folder_.file("ledger.ndjson");
    auto venue = std::make_unique<ReplayVenue>(std::move(recording), std::move(config));
    venue_ = venue.get();
    ASSERT_TRUE(venue_->open().ok());
    auto started =
        Simulator::start({.ca_file = folder_.file("ca.pem"), .tick = 1ms}, std::move(venue));
    ASSERT_TRUE(started.ok()) << started.error().message;
    simulator_ = started.take();
  }
  void serve(const RecordingText& text, ReplayConfig config = {}) {
    serve(text.load(folder_.file("r.ndjson")), std::move(config));
  }
  Client client() { return {simulator_->port(ReplayVenue::kName), folder_.file("ca.pem")}; }
  static std::vector<std::string> read(Client& from, std::size_t count) {
    std::vector<std::string> texts;
    while (texts.size() < count) {
      texts.push_back(from.read());
      if (from.error) break;
    }
    if (from.error) texts.pop_back();
    return texts;
  }
  // Ends the server; its lines.
  std::vector<std::string> ledger() {
    simulator_->stop();
    EXPECT_TRUE(venue_->close().ok());
    std::ifstream file(folder_.file("ledger.ndjson"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  Folder folder_;
  std::unique_ptr<Simulator> simulator_;
  ReplayVenue* venue_ = nullptr;
};

TEST_F(SimReplayServer, sends_text_as_text_and_binary_as_binary) {
  serve(RecordingText().recv("a", 0, "text \\u00e9").binary("a", 0, "AAH/"));
  Client reader = client();
  ASSERT_FALSE(reader.connect("/any/path"));
  EXPECT_EQ(reader.read(), "text \xc3\xa9");
  EXPECT_FALSE(reader.was_binary());
  EXPECT_EQ(reader.read(), std::string("\0\1\xff", 3));
  EXPECT_TRUE(reader.was_binary());
}

TEST_F(SimReplayServer, answers_get_and_post_and_pings) {
  serve(RecordingText().http("https://x.example/list", "[1]").recv("a", 0, "one"));
  Client rest = client();
  ASSERT_FALSE(rest.handshake_tls());
  unsigned status = 0;
  EXPECT_EQ(rest.get("/list?limit=5", status), "[1]");
  EXPECT_EQ(rest.ask(beast::http::verb::post, "/list", status), "[1]");
  EXPECT_EQ(status, 200U);
  EXPECT_THAT(rest.ask(beast::http::verb::post, "/api/v1/bullet-public", status),
              testing::HasSubstr(simulator_->ws_url(ReplayVenue::kName)));
  (void)rest.get("/none", status);
  EXPECT_EQ(status, 404U);
  (void)rest.ask(beast::http::verb::delete_, "/list", status);
  EXPECT_EQ(status, 405U);

  Client reader = client();
  ASSERT_FALSE(reader.connect("/ws"));
  ASSERT_FALSE(reader.send(R"({"op":"ping","id":5})"));
  ASSERT_FALSE(reader.ping());
  EXPECT_THAT(read(reader, 2), testing::UnorderedElementsAre("one", R"({"op":"pong","id":5})"));
  ASSERT_FALSE(reader.send("ping"));  // its pong comes after that of the protocol's ping
  EXPECT_EQ(reader.read(), "pong");
  EXPECT_EQ(reader.pongs.size(), 1U);
  simulator_->stop();
  EXPECT_EQ(venue_->counters().not_found, 1U);
}

TEST_F(SimReplayServer, a_cut_takes_nothing_of_what_came_before) {
  serve(RecordingText().frames("a", 3000), {.faults = plan("cut@2000,close@1500:1001")});
  Client first = client();
  ASSERT_FALSE(first.connect("/ws"));
  EXPECT_EQ(read(first, 3000).size(), 1500U);
  EXPECT_EQ(first.close_code(), 1001);
  Client second = client();
  ASSERT_FALSE(second.connect("/ws"));
  EXPECT_EQ(read(second, 3000).size(), 2000U);
  EXPECT_NE(second.error, websocket::error::closed);  // no goodbye
  Client third = client();
  ASSERT_FALSE(third.connect("/ws"));
  EXPECT_EQ(read(third, 3000).size(), 3000U);
}

TEST_F(SimReplayServer, refuses_an_upgrade_with_a_status) {
  serve(RecordingText().frames("a", 1), {.faults = plan("refuse@1")});
  EXPECT_EQ(client().connect("/ws"), websocket::error::upgrade_declined);
  Client reader = client();
  ASSERT_FALSE(reader.connect("/ws"));
  EXPECT_EQ(reader.read(), "f1");
  EXPECT_THAT(ledger(),
              ElementsAre(R"({"url":"/ws","line":null,"status":503,"fault":"refuse","bytes":0})",
                          R"({"conn":"a","session":1,"frame":1,"line":2,"fault":null,"bytes":2})"));
}

TEST_F(SimReplayServer, ledger_holds_exactly_what_the_client_received) {
  const RecordingText text = RecordingText().http("https://x.example/a", "[]").frames("a", 400);
  const Recording recording = text.load(folder_.file("r.ndjson"));
  serve(text, {.faults = plan("drop~0.05:seed=1,double~0.05:seed=2,swap~0.05:seed=3,"
                              "corrupt~0.05:seed=4,cut@390")});
  Client rest = client();
  ASSERT_FALSE(rest.handshake_tls());
  unsigned status = 0;
  EXPECT_EQ(rest.get("/a", status), "[]");
  Client reader = client();
  ASSERT_FALSE(reader.connect("/ws"));
  const std::vector<std::string> received = read(reader, 1000);
  const std::vector<std::string> lines = ledger();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines[0], R"({"url":"/a","line":2,"status":200,"fault":null,"bytes":2})");

  std::vector<std::string> sent;
  std::map<std::string, int> faults;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const Document line(lines[i]);
    std::string_view fault;
    if (line.root()["fault"].get(fault) == simdjson::SUCCESS) ++faults[std::string(fault)];
    const auto frame = static_cast<std::size_t>(integer_at(line.root(), "frame"));
    const RecordedFrame& recorded = recording.connections[0].frames.at(frame - 1);
    EXPECT_EQ(integer_at(line.root(), "line"), static_cast<std::int64_t>(recorded.line));
    if (fault.find("drop") != std::string_view::npos) {
      EXPECT_EQ(integer_at(line.root(), "bytes"), 0);
      continue;
    }
    EXPECT_EQ(integer_at(line.root(), "bytes"), static_cast<std::int64_t>(recorded.payload.size()));
    std::string payload = recorded.payload;
    if (fault.find("corrupt") != std::string_view::npos) payload[payload.size() / 2] ^= 1;
    sent.push_back(payload);
  }
  EXPECT_EQ(sent, received);
  for (const char* each : {"drop", "double", "swap", "corrupt"}) EXPECT_GT(faults[each], 0) << each;
  EXPECT_EQ(venue_->counters().frames_sent, received.size());
}

TEST_F(SimReplayServer, says_when_the_ledger_is_not_complete) {
  ReplayLedger small(folder_.file("small.ndjson"), 100);
  ASSERT_TRUE(small.open().ok());
  small.add(SentFrame{.connection = "a", .session = 1, .frame = 1, .line = 2, .bytes = 3});
  small.add(SentFrame{.connection = "a", .session = 1, .frame = 2, .line = 3, .bytes = 3});
  const auto closed = small.close();
  ASSERT_FALSE(closed.ok());
  EXPECT_THAT(closed.error().message, testing::HasSubstr("1 lines did not fit"));
  EXPECT_FALSE(ReplayLedger(folder_.file("no/such/folder")).open().ok());
}

// Every frame of a real session, as it came.
struct Real {
  const char* file;
  std::size_t frames;
};
class SimReplayOf : public SimReplayServer, public testing::WithParamInterface<Real> {};

TEST_P(SimReplayOf, a_real_recording_is_whole) {
  const std::filesystem::path root{MP_SHARED_DATA};
  if (!std::filesystem::exists(root)) GTEST_SKIP() << "no recordings at " << root;
  auto recording = load_recording(root / GetParam().file);
  ASSERT_TRUE(recording.ok()) << recording.error().message;
  Digest recorded;
  std::size_t frames = 0;
  for (const RecordedFrame& frame : recording->connections.at(0).frames) {
    recorded.add(frame.payload);
    ++frames;
  }
  EXPECT_EQ(frames, GetParam().frames);
  serve(recording.take());
  Client reader = client();
  ASSERT_FALSE(reader.connect("/ws"));
  ASSERT_FALSE(reader.send(R"({"method":"SUBSCRIBE"})"));
  Digest received;
  for (std::size_t i = 0; i < frames && !reader.error; ++i) received.add(reader.read());
  EXPECT_FALSE(reader.error) << reader.error.message();
  EXPECT_EQ(received.value(), recorded.value());
  EXPECT_EQ(ledger().size(), frames);
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, SimReplayOf,
    testing::Values(Real{"binance_spot/BINANCE.20240808_HFT_BTCUSDT.ndjson.zst", 41248},
                    Real{"okx/OKX.20220227_2314.ndjson.zst", 3777},
                    Real{"htx_spot/HUOBI.20210417_1647.ndjson.zst", 182}),
    [](const auto& each) {
      return std::string(each.param.file).substr(0, std::string(each.param.file).find('/'));
    });

}  // namespace
}  // namespace mp::sim
