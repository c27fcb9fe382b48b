// CPU time of the receiving thread for each 172-byte text message over TLS 1.3 on loopback: one
// record a message (64 a write), and records of 16 KB. The server is a thread of its own.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>

#include "core/assert.hpp"
#include "net/upgrade.hpp"
#include "net/websocket.hpp"

namespace {

using namespace mp::net;

constexpr std::size_t kMessageBytes = 172;
constexpr std::uint64_t kMessages = 1'000'000;

// A self-signed certificate for localhost, which the client is told to trust.
struct Identity {
  Identity() : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509V3_CTX context{};
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    MP_ASSERT(X509_sign(certificate, key, EVP_sha256()) > 0);
    std::string pattern = (std::filesystem::temp_directory_path() / "mp_bench_XXXXXX").string();
    const int file = ::mkstemp(pattern.data());
    MP_ASSERT(file >= 0);
    FILE* out = ::fdopen(file, "w");
    PEM_write_X509(out, certificate);
    std::fclose(out);
    path = pattern;
  }
  ~Identity() {
    X509_free(certificate);
    EVP_PKEY_free(key);
    std::filesystem::remove(path);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  EVP_PKEY* key;
  X509* certificate;
  std::string path;
};

// Sends kMessages to one client, `record` messages in a record and `write` records in a write.
class Sender {
 public:
  Sender(const Identity& identity, std::size_t record, std::size_t write)
      : context_(SSL_CTX_new(TLS_server_method())), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    SSL_CTX_use_certificate(context_, identity.certificate);
    SSL_CTX_use_PrivateKey(context_, identity.key);
    SSL_CTX_set_ciphersuites(context_, "TLS_AES_256_GCM_SHA384");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    MP_ASSERT(::bind(listener_, any, size) == 0);
    MP_ASSERT(::listen(listener_, 1) == 0);
    MP_ASSERT(::getsockname(listener_, any, &size) == 0);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, record, write] { serve(record, write); });
  }
  ~Sender() {
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  std::uint16_t port = 0;

 private:
  void serve(std::size_t record, std::size_t write) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, socket);
    MP_ASSERT(SSL_accept(ssl) == 1);
    std::array<char, 4096> request{};
    const int got = SSL_read(ssl, request.data(), static_cast<int>(request.size()));
    const std::string_view text(request.data(), static_cast<std::size_t>(std::max(got, 0)));
    const std::string_view rest = text.substr(text.find("Key: ") + 5);
    const std::string answer =
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
        upgrade_accept(rest.substr(0, rest.find("\r\n"))) + "\r\n\r\n";
    SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
    BIO* memory = BIO_new(BIO_s_mem());
    SSL_set0_wbio(ssl, memory);
    std::string message;
    for (std::size_t index = 0; index < record; ++index) {
      encode_frame(message, {Opcode::text, std::string(kMessageBytes, 'm')}, std::nullopt);
    }
    for (std::uint64_t sent = 0; sent < kMessages;) {
      for (std::size_t index = 0; index < write && sent < kMessages; ++index, sent += record) {
        SSL_write(ssl, message.data(), static_cast<int>(message.size()));
      }
      flush(memory, socket);
    }
    (void)::shutdown(socket, SHUT_WR);
    while (::recv(socket, request.data(), request.size(), 0) > 0) {
    }
    SSL_free(ssl);
    ::close(socket);
  }

  static void flush(BIO* memory, int socket) {
    char* data = nullptr;
    auto size = static_cast<std::size_t>(BIO_get_mem_data(memory, &data));
    while (size != 0) {
      const long count = ::send(socket, data, size, MSG_NOSIGNAL);
      if (count <= 0) return;
      data += count;
      size -= static_cast<std::size_t>(count);
    }
    (void)BIO_reset(memory);
  }

  SSL_CTX* context_;
  int listener_;
  std::thread thread_;
};

class Counter final : public MessageSink {
 public:
  void on_message(std::string_view payload, mp::Timestamp ts_recv) override {
    benchmark::DoNotOptimize(payload.data());
    benchmark::DoNotOptimize(ts_recv);
    ++messages;
  }
  std::uint64_t messages = 0;
};

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Task<void> receive_all(WebSocket& socket, Url url, Counter& counter, double& seconds) {
  const auto deadline = steady_now() + std::chrono::seconds{60};
  const auto loss = co_await socket.open(std::move(url), deadline);
  MP_ASSERT(!loss);
  const double start = thread_seconds();
  ReceiveEnd end = ReceiveEnd::received;
  while (end == ReceiveEnd::received) end = co_await socket.receive(counter, deadline);
  seconds = thread_seconds() - start;
  co_await socket.close(1000, "", counter, steady_now());
}

void receive(benchmark::State& state) {
  const Identity identity;
  auto tls = TlsContext::create({.ca_file = identity.path});
  MP_ASSERT(tls.ok());
  ReceiveBuffers buffers(static_cast<std::size_t>(state.range(2)) * 1024);
  double cpu = 0;
  std::uint64_t wakeups = 0;
  for (auto _ : state) {
    const auto record = static_cast<std::size_t>(state.range(0));
    Sender sender(identity, record, static_cast<std::size_t>(state.range(1)));
    boost::asio::io_context io(1);
    Counter counter;
    double seconds = 0;
    {
      WebSocket socket(io, *tls, buffers);
      auto url = parse_url("wss://127.0.0.1:" + std::to_string(sender.port));
      MP_ASSERT(url.ok());
      boost::asio::co_spawn(io, receive_all(socket, url.take(), counter, seconds),
                            boost::asio::detached);
      io.run();
      wakeups += socket.counters().wakeups;
    }
    MP_ASSERT(counter.messages >= kMessages);
    cpu += seconds;
    state.SetIterationTime(seconds);
  }
  const auto messages = static_cast<double>(kMessages) * static_cast<double>(state.iterations());
  state.counters["cpu_ns_per_message"] = cpu * 1e9 / messages;
  state.counters["messages_per_wakeup"] =
      messages / static_cast<double>(std::max(wakeups, std::uint64_t{1}));
}

BENCHMARK(receive)
    ->ArgNames({"messages_per_record", "records_per_write", "buffer_KiB"})
    ->Args({1, 64, 64})
    ->Args({1, 64, 256})
    ->Args({90, 1, 64})
    ->Args({90, 1, 256})
    ->Iterations(3)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void deframe(benchmark::State& state) {
  std::string bytes;
  for (int index = 0; index < 300; ++index) {
    encode_frame(bytes, {Opcode::text, std::string(kMessageBytes, 'm')}, std::nullopt);
  }
  const std::size_t size = bytes.size();
  bytes.resize(size + kFrameSlack);
  Deframer deframer;
  for (auto _ : state) {
    deframer.feed(std::span(bytes).first(size));
    while (const auto frame = deframer.next()) benchmark::DoNotOptimize(frame->payload.data());
  }
  state.SetItemsProcessed(state.iterations() * 300);
}
BENCHMARK(deframe);

}  // namespace
