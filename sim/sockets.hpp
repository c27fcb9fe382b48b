// The sockets of the simulator: a Session is one TLS connection, a Door one venue. Internal:
// includes Asio.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/deflate.hpp"
#include "sim/host.hpp"
#include "sim/server.hpp"
#include "sim/websocket.hpp"

namespace mp::sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

[[nodiscard]] inline Timestamp wall_clock() {
  return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
}

// What the sessions of all venues share. Lives as long as the simulator.
struct Shared {
  explicit Shared(const Config& config)
      : queue_bytes_max(config.queue_bytes_max), ledger(config.ledger_entries_max) {}

  std::size_t queue_bytes_max;
  Ledger ledger;
  Statistics statistics;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::io_context io{1};
  ConnectionId last_id = 0;
  Timestamp now = wall_clock();  // never steps back

  Timestamp clock() { return now = std::max(now, wall_clock()); }

  // What was on its way to a connection that is no more.
  void lose(std::vector<Entry>& entries) {
    for (Entry& entry : entries) {
      entry.delivery = Delivery::unsent;
      ++statistics.messages_unsent;
      ledger.add(std::move(entry));
    }
    entries.clear();
  }
};

class Door;

// shared_ptr: owned by its Door while it is open, and by each of its operations that is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Shared& shared, Door& door);
  ~Session();

  void start();
  void enqueue(Frame frame);
  void ping() { append_frame(Opcode::ping, {}, pending_.bytes); }
  void say_goodbye(std::uint16_t code, std::string_view reason);
  void flush();
  void cut();     // ends TCP once all is written, without a goodbye
  void reset();   // TCP RST
  void finish();  // releases everything; the socket is gone
  [[nodiscard]] bool drained() const { return !writing_ && pending_.bytes.empty(); }
  [[nodiscard]] std::size_t queued_bytes() const {
    return pending_.bytes.size() + in_flight_.bytes.size();
  }
  [[nodiscard]] bool overdue(Timestamp now) const { return deadline_ && now >= *deadline_; }
  [[nodiscard]] ConnectionId id() const { return id_; }

 private:
  struct Request;  // the HTTP parser
  struct Outgoing {
    std::string bytes;
    std::vector<Entry> entries;        // what the bytes say
    std::vector<std::uint64_t> marks;  // what to settle, in the order of the bytes
  };

  void read_request();
  void answer_request();
  void answer(const HttpAnswer& answer, bool keep_alive);
  struct Upgrade {
    std::string_view target;
    std::string_view key;
    std::string_view extensions;
  };
  void upgrade(const Upgrade& wanted);
  void read_frames();
  void take_frames();
  bool take(const FrameReader::Message& message);
  void written(const error_code& error);
  void end_when_written();  // then says goodbye in TLS too
  void shut_down();
  void all_written();
  void settle(std::vector<std::uint64_t>& marks, Delivery delivery);
  void lose(Outgoing& outgoing) {
    shared_.lose(outgoing.entries);
    settle(outgoing.marks, Delivery::unsent);
    outgoing.bytes.clear();
  }

  asio::ssl::stream<tcp::socket> stream_;
  Shared& shared_;
  Door& door_;
  std::unique_ptr<Request> request_;
  std::array<char, 16U * 1024U> read_bytes_{};
  FrameReader reader_;
  std::unique_ptr<MessageDeflater> deflater_;  // where the client has offered that
  ConnectionId id_ = 0;                        // 0: not a WebSocket
  Outgoing pending_;
  Outgoing in_flight_;
  bool writing_ = false;
  bool ends_after_write_ = false;
  bool goodbye_said_ = false;
  bool cuts_ = false;
  bool finished_ = false;
  std::optional<Timestamp> deadline_;
};

// One venue: its listening socket, its sessions and its host.
class Door final : public Wire {
 public:
  Door(std::unique_ptr<Exchange> exchange, const Config& config, Shared& shared)
      : shared_(shared),
        connections_max_(config.connections_max),
        acceptor_(shared.io),
        host_(std::move(exchange), config.rate_per_second, *this, shared.ledger) {}

  // On 127.0.0.1; port 0: a free one.
  [[nodiscard]] Result<void> listen(std::uint16_t port);
  void accept();
  void tick(Timestamp now);
  void close_all();
  [[nodiscard]] bool drained() const;

  void send(Frame frame) override;
  void ping(ConnectionId id) override;
  void close(ConnectionId id, std::uint16_t code, std::string_view reason) override;
  void reset(ConnectionId id) override;
  void cut(ConnectionId id) override;
  [[nodiscard]] std::size_t queued_bytes(ConnectionId id) const override;

  void flush_all();
  void add(ConnectionId id, const std::shared_ptr<Session>& session) { by_id_[id] = session; }
  void remove(const std::shared_ptr<Session>& session);
  [[nodiscard]] Host& host() { return host_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  [[nodiscard]] std::shared_ptr<Session> find(ConnectionId id) const;

  Shared& shared_;
  std::size_t connections_max_;
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::map<ConnectionId, std::shared_ptr<Session>> by_id_;  // the WebSockets among them
  Host host_;
};

}  // namespace mp::sim
