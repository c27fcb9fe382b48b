#include "net/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <vector>

#include "unit/net/support/peer.hpp"
#include "unit/net/support/pki.hpp"

namespace mp::net {
namespace {

using std::chrono::seconds;
using test::frame;
using test::Peer;
using test::PeerFrame;
using test::Pki;
using test::Server;
using testing::ElementsAre;
using testing::HasSubstr;

const Pki& pki() {
  static const Pki made;
  return made;
}

// Subscribes when connected, and notes all that happens.
class Owner final : public SessionHandler {
 public:
  void on_connected(Timestamp) override {
    ++connected;
    if (session != nullptr && !subscription.empty()) {
      EXPECT_TRUE(session->send(subscription).ok());
    }
    if (connected_hook) connected_hook();
  }
  void on_frame(std::string_view text, Timestamp) override { frames.emplace_back(text); }
  void on_batch_end() override {
    ++batches;
    if (batch_hook) batch_hook();
  }
  void on_disconnected(const Disconnect& why, Timestamp) override {
    disconnects.push_back(why);
    if (disconnect_hook) disconnect_hook();
  }

  Session* session = nullptr;
  std::string subscription;
  std::function<void()> connected_hook;
  std::function<void()> batch_hook;
  std::function<void()> disconnect_hook;
  int connected = 0;
  int batches = 0;
  std::vector<std::string> frames;
  std::vector<Disconnect> disconnects;
};

using Script = std::function<Task<void>(Peer&)>;

SessionRules quick_rules() {
  SessionRules rules;
  rules.backoff_first = Milliseconds{5};
  rules.backoff_max = Milliseconds{10};
  rules.slow_retry = Milliseconds{20};
  rules.between_requests = Milliseconds{1};
  rules.close_deadline = Milliseconds{500};
  return rules;
}

// A server whose connections follow one script each, in order, and a session that runs against it.
class Stage {
 public:
  explicit Stage(SessionRules rules = quick_rules(), ConnectPacer* pacer = nullptr)
      : identity(pki().issue()),
        tls(TlsContext::create({.ca_file = pki().ca_file()}).take()),
        server(io, &identity),
        session(io, tls, buffers,
                {.url = *parse_url(server.url("wss")), .rules = rules, .pacer = pacer, .seed = 7},
                owner) {
    owner.session = &session;
  }

  void play(std::vector<Script> scripts) {
    boost::asio::co_spawn(io, serve(std::move(scripts)), boost::asio::detached);
    boost::asio::co_spawn(io, session.run(), boost::asio::detached);
    test::run(io);
    EXPECT_EQ(session.state(), SessionState::stopped);
  }

  Task<void> serve(std::vector<Script> scripts) {
    for (const Script& script : scripts) {
      Peer peer = co_await server.accept();
      co_await script(peer);
    }
    server.close();
  }

  boost::asio::io_context io;
  test::KeyAndCertificate identity;
  TlsContext tls;
  ReceiveBuffers buffers;
  Server server;
  Owner owner;
  Session session;
};

// Upgrades, wants the subscription, sends one message.
Task<void> serve_one(Peer& peer, std::string message) {
  co_await peer.upgrade();
  const PeerFrame got = co_await peer.read_frame();
  EXPECT_EQ(got.payload, "subscribe");
  co_await peer.write_frame(Opcode::text, std::move(message));
}

Task<void> serve_then_reset(Peer& peer) {
  co_await serve_one(peer, "before");
  const PeerFrame ready = co_await peer.read_frame();
  EXPECT_EQ(ready.payload, "got it");
  peer.reset();
}

Task<void> serve_until_closed(Peer& peer) {
  co_await serve_one(peer, "last");
  while (true) {
    const PeerFrame got = co_await peer.read_frame();
    if (got.ended) break;
    if (got.opcode == Opcode::close) {
      co_await peer.write_frame(Opcode::close, got.payload);
      co_return co_await peer.end();
    }
  }
}

TEST(Session, reconnects_after_a_loss_with_a_fresh_subscription) {
  Stage stage;
  stage.owner.subscription = "subscribe";
  stage.owner.batch_hook = [&] {
    if (stage.owner.frames.back() == "last") return stage.session.stop();
    EXPECT_TRUE(stage.session.send("got it").ok());
  };
  stage.play({serve_then_reset, serve_then_reset, serve_until_closed});
  EXPECT_THAT(stage.owner.frames, ElementsAre("before", "before", "last"));
  EXPECT_EQ(stage.owner.connected, 3);
  EXPECT_EQ(stage.owner.batches, 3);
  ASSERT_EQ(stage.owner.disconnects.size(), 3U);
  EXPECT_EQ(stage.owner.disconnects[0].why.reason, LossReason::reset);
  EXPECT_TRUE(stage.owner.disconnects[0].was_open);
  EXPECT_LE(stage.owner.disconnects[0].retry_in, Milliseconds{10});
  EXPECT_EQ(stage.owner.disconnects[2].why.reason, LossReason::stopped);
  const SessionCounters& counters = stage.session.counters();
  EXPECT_EQ(counters.frames, 3U);
  EXPECT_EQ(counters.connects, 3U);
  EXPECT_EQ(counters.disconnects[static_cast<std::size_t>(LossReason::reset)], 2U);
  EXPECT_EQ(counters.disconnects[static_cast<std::size_t>(LossReason::stopped)], 1U);
  EXPECT_EQ(counters.requests_sent, 5U);
}

Task<void> say_nothing(Peer& peer, int& pings) {
  co_await peer.upgrade();
  while (true) {
    const PeerFrame got = co_await peer.read_frame();
    if (got.ended) break;
    if (got.opcode == Opcode::ping) ++pings;
  }
}

TEST(Session, leaves_a_server_that_is_silent_and_does_not_answer_the_probe) {
  SessionRules rules = quick_rules();
  rules.stale_after = Milliseconds{100};
  rules.probe_deadline = Milliseconds{100};
  Stage stage(rules);
  int pings = 0;
  stage.owner.disconnect_hook = [&] { stage.session.stop(); };
  stage.play({[&](Peer& peer) { return say_nothing(peer, pings); }});
  EXPECT_EQ(pings, 1);
  ASSERT_EQ(stage.owner.disconnects.size(), 1U);
  EXPECT_EQ(stage.owner.disconnects[0].why.reason, LossReason::stale);
  EXPECT_THAT(stage.owner.disconnects[0].why.message, HasSubstr("did not answer a ping"));
  EXPECT_EQ(stage.session.counters().probes_sent, 1U);
  ASSERT_TRUE(stage.session.counters().round_trip.has_value());  // of the upgrade
  EXPECT_LT(*stage.session.counters().round_trip, rules.connect_deadline);
}

Task<void> answer_pings(Peer& peer, int wanted) {
  co_await peer.upgrade();
  for (int answered = 0; answered < wanted;) {
    const PeerFrame got = co_await peer.read_frame();
    EXPECT_FALSE(got.ended) << "a quiet session was given up";
    if (got.ended) co_return;
    if (got.opcode != Opcode::ping) continue;
    ++answered;
    co_await peer.write_frame(Opcode::pong, got.payload);
  }
  co_await peer.write_frame(Opcode::text, "last");
  co_await peer.read_to_end();
}

TEST(Session, keeps_a_quiet_server_that_answers_probes) {
  SessionRules rules = quick_rules();
  rules.stale_after = Milliseconds{30};
  Stage stage(rules);
  stage.owner.batch_hook = [&] { stage.session.stop(); };
  stage.play({[](Peer& peer) { return answer_pings(peer, 5); }});
  EXPECT_EQ(stage.owner.connected, 1);
  EXPECT_GE(stage.session.counters().probes_sent, 5U);
  EXPECT_EQ(stage.session.counters().pongs_received, 5U);
  ASSERT_TRUE(stage.session.counters().round_trip.has_value());
  EXPECT_LT(*stage.session.counters().round_trip, rules.probe_deadline);
}

Task<void> expect_text_pings(Peer& peer) {
  co_await peer.upgrade();
  for (int index = 0; index < 3; ++index) {
    const PeerFrame got = co_await peer.read_frame();
    EXPECT_EQ(got.opcode, Opcode::text);
    EXPECT_EQ(got.payload, "{\"op\":\"ping\"}");
  }
  co_await peer.write_frame(Opcode::text, "last");
  co_await peer.read_to_end();
}

TEST(Session, sends_the_text_pings_that_a_venue_wants) {
  SessionRules rules = quick_rules();
  rules.ping = {"{\"op\":\"ping\"}", Milliseconds{30}};
  Stage stage(rules);
  stage.owner.batch_hook = [&] { stage.session.stop(); };
  stage.play({expect_text_pings});
  EXPECT_GE(stage.session.counters().text_pings_sent, 3U);
}

Task<void> take_requests(Peer& peer, std::vector<SteadyTime>& times, std::size_t wanted) {
  co_await peer.upgrade();
  while (times.size() < wanted) {
    const PeerFrame got = co_await peer.read_frame();
    EXPECT_EQ(got.payload, "request " + std::to_string(times.size()));
    if (got.ended) co_return;
    times.push_back(steady_now());
  }
  co_await peer.write_frame(Opcode::text, "last");
  co_await peer.read_to_end();
}

TEST(Session, sends_requests_in_order_and_apart) {
  SessionRules rules = quick_rules();
  rules.between_requests = Milliseconds{20};
  rules.requests_max = 10;
  Stage stage(rules);
  std::vector<SteadyTime> times;
  EXPECT_FALSE(stage.session.send("too early").ok());
  stage.owner.connected_hook = [&] {
    for (int index = 0; index < 10; ++index) {
      EXPECT_TRUE(stage.session.send("request " + std::to_string(index)).ok());
    }
    const auto refused = stage.session.send("one too many");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  };
  stage.owner.batch_hook = [&] { stage.session.stop(); };
  stage.play({[&](Peer& peer) { return take_requests(peer, times, 10); }});
  ASSERT_EQ(times.size(), 10U);
  // The nine waits are the sender's; single arrivals may bunch up on a busy machine.
  EXPECT_GE(times.back() - times.front(), Milliseconds{9 * 20 - 20});
  EXPECT_EQ(stage.session.counters().requests_refused, 1U);
}

Task<void> refuse_upgrade(Peer& peer, std::string answer) {
  co_await peer.read_head();
  co_await peer.write(std::move(answer));
  co_await peer.end();
}

TEST(Session, tells_refusals_and_goes_on_trying) {
  Stage stage;
  stage.owner.subscription = "subscribe";
  stage.owner.batch_hook = [&] { stage.session.stop(); };
  const auto refuse = [](std::string answer) -> Script {
    return [answer](Peer& peer) { return refuse_upgrade(peer, answer); };
  };
  stage.play({refuse("HTTP/1.1 403 Forbidden\r\n\r\n"),
              refuse("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n"), serve_until_closed});
  ASSERT_EQ(stage.owner.disconnects.size(), 3U);
  EXPECT_FALSE(stage.owner.disconnects[0].was_open);
  EXPECT_EQ(stage.owner.disconnects[0].why.http_status, 403);
  EXPECT_EQ(stage.owner.disconnects[1].why.http_status, 503);
  EXPECT_GE(stage.owner.disconnects[1].retry_in, Milliseconds{1'000});
  EXPECT_EQ(stage.session.counters().attempts, 3U);
  EXPECT_EQ(stage.session.counters().connects, 1U);
}

TEST(Session, makes_a_new_connection_when_asked) {
  Stage stage;
  stage.owner.subscription = "subscribe";
  stage.owner.batch_hook = [&] {
    if (stage.owner.connected == 1) return stage.session.reconnect("a snapshot was missed");
    stage.session.stop();
  };
  stage.play({serve_until_closed, serve_until_closed});
  ASSERT_EQ(stage.owner.disconnects.size(), 2U);
  EXPECT_EQ(stage.owner.disconnects[0].why.reason, LossReason::requested);
  EXPECT_THAT(stage.owner.disconnects[0].why.message, HasSubstr("a snapshot was missed"));
  EXPECT_EQ(stage.owner.disconnects[0].retry_in, Milliseconds{0});
}

TEST(Session, rotates_before_its_lifetime_ends) {
  SessionRules rules = quick_rules();
  rules.lifetime = Milliseconds{200};
  Stage stage(rules);
  stage.owner.subscription = "subscribe";
  stage.owner.disconnect_hook = [&] {
    if (stage.owner.disconnects.size() == 2) stage.session.stop();
  };
  stage.play({serve_until_closed, serve_until_closed});
  ASSERT_EQ(stage.owner.disconnects.size(), 2U);
  EXPECT_EQ(stage.owner.disconnects[0].why.reason, LossReason::rotated);
  EXPECT_EQ(stage.owner.disconnects[1].why.reason, LossReason::rotated);
}

Task<void> hang(Peer& peer) {
  co_await peer.read_to_end();
}

TEST(Session, stops_while_it_connects_and_while_it_waits) {
  Stage connecting;
  connecting.play({[&](Peer& peer) {
    connecting.session.stop();
    return hang(peer);
  }});
  EXPECT_EQ(connecting.owner.connected, 0);

  SessionRules rules = quick_rules();
  rules.slow_retry = Milliseconds{3'600'000};
  Stage waiting(rules);
  waiting.owner.disconnect_hook = [&] { waiting.session.stop(); };
  waiting.play({[](Peer& peer) { return refuse_upgrade(peer, "HTTP/1.1 404 x\r\n\r\n"); }});
  EXPECT_EQ(waiting.owner.disconnects.size(), 1U);
}

TEST(Session, may_be_destroyed_with_its_loop_while_it_runs) {
  auto stage = std::make_unique<Stage>();
  stage->owner.subscription = "subscribe";
  boost::asio::co_spawn(stage->io, stage->serve({serve_until_closed}), boost::asio::detached);
  boost::asio::co_spawn(stage->io, stage->session.run(), boost::asio::detached);
  while (stage->owner.frames.empty()) ASSERT_EQ(stage->io.run_one_for(seconds{10}), 1U);
  stage.reset();
}

}  // namespace
}  // namespace mp::net
