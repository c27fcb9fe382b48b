// L5. FanOut: the events of a running collector for any number of clients, over WebSocket or as
// server-sent events, read from the journals while somebody listens. Documented in
// docs/asyncapi.json.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/stream_wish.hpp"
#include "core/result.hpp"
#include "journal/journal.hpp"
#include "net/clock.hpp"
#include "net/local_server.hpp"
#include "pipeline/collector.hpp"

namespace mp::control {

class FanOut {
 public:
  struct Hands {
    std::function<bool(net::SocketId)> can_send;
    std::function<void(net::SocketId, std::string)> send;
    std::function<void(net::SocketId, std::uint16_t, std::string)> close;
  };
  enum class Form : std::uint8_t { web_socket, event_stream };

  // What is queued for one client, at most. From the half of it on it is told so and gets of states
  // (quotes, tickers, whole books) the newest alone; who is at the end of it is closed with 1008.
  static constexpr std::size_t kQueuedBytesMax = std::size_t{8} << 20U;
  static constexpr std::chrono::milliseconds kTopsEvery{50};
  // What `from_seq` may reach back to, in events of the journal.
  static constexpr std::uint64_t kResumeMax = 1'000'000;

  // `collector` outlives it.
  FanOut(const pipeline::Collector& collector, Hands hands)
      : collector_(collector), hands_(std::move(hands)) {}

  // ErrorKind::unavailable: there is nothing at that path; else a sentence for the client.
  Result<void> open_web_socket(net::SocketId socket, std::string_view path);
  // `streams` with commas between.
  Result<void> open_events(net::SocketId socket, std::string_view path, std::string_view streams,
                           std::optional<std::uint64_t> from_seq);
  void closed(net::SocketId socket);
  [[nodiscard]] bool has(net::SocketId socket) const { return clients_.contains(socket); }
  // {"op":"subscribe","id":1,"streams":[...],"from_seq":N} or "unsubscribe"; what cannot be read is
  // answered with an error.
  void on_message(net::SocketId socket, std::string_view text);
  // The error is a sentence for the client.
  Result<void> subscribe(net::SocketId socket, std::string_view stream,
                         std::optional<std::uint64_t> from_seq);
  void on_tick(net::SteadyTime now);

 private:
  struct Message {
    std::string text;
    std::string state;  // of which it is the newest; empty: it must not be left out
  };
  // Reads what a client missed, until it meets the reader of all.
  struct CatchUp {
    std::unique_ptr<journal::Reader> reader;
    std::size_t journal = 0;
  };
  struct Subscription {
    std::string text;  // as the client wrote it
    StreamWish wish;
    std::optional<std::uint64_t> from_seq;
    std::vector<CatchUp> behind;  // until it is empty, nothing newer is sent
    bool found_first = false;
    // Books: what stands in the snapshot of a stream is not sent again.
    std::map<std::string, std::uint64_t> snapshots{};
    std::uint64_t last_top = 0;  // of bookN: which one was sent last
    net::SteadyTime due{};
  };
  struct Client {
    Form form = Form::web_socket;
    std::vector<Subscription> subscriptions;
    std::deque<Message> queue;
    std::size_t queued_bytes = 0;
    bool warned = false;
    bool is_closed = false;  // by us, and not gone yet
    net::SteadyTime last_sent{};
  };
  struct Source {
    std::unique_ptr<journal::Reader> reader;
    std::filesystem::path location;
    std::uint64_t next = 0;  // the index behind the last event that was read
  };

  Result<void> open_sources();
  void read_sources();
  void catch_up(net::SocketId socket, Client& client, Subscription& subscription);
  class Told;  // an event, and what is said of it to all
  void offer(net::SocketId socket, Client& client, Subscription& subscription, Told& told);
  bool offer_snapshot(net::SocketId socket, Client& client, Subscription& subscription, Told& told);
  void send_tops(net::SocketId socket, Client& client, Subscription& subscription);
  void push(net::SocketId socket, Client& client, std::string text, std::string state = {});
  void flush(net::SocketId socket, Client& client, net::SteadyTime now);
  void complain(net::SocketId socket, Client& client, std::optional<std::int64_t> id,
                std::string_view code, std::string_view what);

  const pipeline::Collector& collector_;
  Hands hands_;
  std::map<net::SocketId, Client> clients_;
  std::vector<Source> sources_;  // open while anybody subscribes to events
};

}  // namespace mp::control
