// A load generator: Binance spot's wire protocol over TLS 1.3 on 127.0.0.1, as fast as one thread
// can send it, or at an exact pace. Messages are serialised beforehand, patched and sent in
// batches; the books that they make stay right for ever.
//
//   auto server = LoadServer::open({.ca_file = dir + "/ca.pem", .messages = 1'000'000});
//   (*server)->port()  ->  34567
//   auto report = (*server)->run({.begin = [] {}, .stop = [] { return false; }});
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"

namespace mp::sim {

inline constexpr std::size_t kLoadInstrumentsMax = 99'999;
inline constexpr std::size_t kLoadLevelsMin = 32;
inline constexpr std::size_t kLoadLevelsMax = 4'000;

struct LoadConfig {
  std::uint16_t port = 0;        // 0: any that is free
  std::string ca_file = {};      // where the certificate authority is written, for the clients
  std::size_t instruments = 50;  // L00001USDT and on, each with trade, depth@100ms, bookTicker
  std::size_t levels = 1000;     // of a book's side
  // The load begins when so many streams are subscribed; 0: all, three to each instrument.
  std::size_t streams_expected = 0;
  // How many WebSocket frames a TLS record holds; 0: as many bytes as fit, frames across records.
  std::size_t messages_per_record = 0;
  std::size_t records_per_write = 0;  // in one send(); 0: 64, or 64 KB of full records
  std::uint64_t rate = 0;  // messages per second, one record each, on schedule; 0: full speed
  // The measured part ends after so many messages or that time, whichever comes first. 0: no limit.
  std::uint64_t messages = 0;
  std::chrono::milliseconds time{0};
  // Send slowly first until a client has fetched the snapshot of every subscribed book.
  bool wait_for_snapshots = false;
  std::uint32_t weight_per_minute = 6000;  // of REST calls: more is answered by 429; 0: no limit
  int cpu = -1;                            // that run() is pinned to; -1: none
  std::chrono::seconds patience{120};  // for the clients to connect and subscribe, then to fetch
};

// Of the measured part.
struct LoadReport {
  std::uint64_t messages = 0;
  std::uint64_t trades = 0;
  std::uint64_t depths = 0;
  std::uint64_t quotes = 0;
  std::uint64_t bytes = 0;  // of WebSocket frames, with their heads
  std::uint64_t records = 0;
  std::uint64_t sends = 0;             // calls of send()
  std::uint64_t sessions = 0;          // that got some of it
  std::uint64_t sessions_dropped = 0;  // that did not read for 10 s, or left before the end
  double seconds = 0;
  double cpu_seconds = 0;  // of the thread of run()
  // From when a message was due until send() had taken it. Zero at full speed.
  Nanoseconds late_p50{0};
  Nanoseconds late_p99{0};
  Nanoseconds late_max{0};
};

struct LoadHooks {
  std::function<void()> begin;  // the measured part begins
  std::function<bool()> stop;   // asked every few milliseconds; true ends the run
};

// One thread calls all of it. Before and after the measured part every session gets an unsolicited
// pong, "begin" and "end" (legal, RFC 6455 5.5.3, and without meaning to other clients), so that a
// client can tell the measured messages from those before.
class LoadServer {
 public:
  // Listens from now on.
  static Result<std::unique_ptr<LoadServer>> open(const LoadConfig& config);
  ~LoadServer();
  LoadServer(const LoadServer&) = delete;
  LoadServer& operator=(const LoadServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Serves until the measured part is over. An error: the clients did not do what was expected
  // within config.patience, or a stop came before the measured part.
  [[nodiscard]] Result<LoadReport> run(const LoadHooks& hooks);
  // Answers and sends nothing else until all clients have left.
  void linger(std::chrono::milliseconds at_most, const LoadHooks& hooks);

 private:
  struct Impl;
  explicit LoadServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::sim
