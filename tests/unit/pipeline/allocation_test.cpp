// Once warm, a message costs no allocation of ours from the socket to the journal: TLS, frames,
// decoding, books and the journal, on the thread that does it all. OpenSSL has one for each TLS
// record.
#include "unit/allocations.hpp"

#ifndef MP_TEST_COUNTS_NO_ALLOCATIONS

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "journal/journal.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/task_group.hpp"
#include "sim/load.hpp"

namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kMessages = 60'000;
constexpr std::uint64_t kWarm = 20'000;
constexpr std::size_t kInstruments = 10;
constexpr auto kPatience = 60s;

// What OpenSSL allocates.
thread_local std::size_t openssl_allocations = 0;
void* openssl_malloc(std::size_t size, const char* /*file*/, int /*line*/) {
  ++openssl_allocations;
  return std::malloc(size);
}
void* openssl_realloc(void* memory, std::size_t size, const char* /*file*/, int /*line*/) {
  ++openssl_allocations;
  return std::realloc(memory, size);
}
void openssl_free(void* memory, const char* /*file*/, int /*line*/) {
  std::free(memory);
}

FeedConfig feed_config(std::uint16_t port, const std::string& ca_file) {
  FeedConfig config;
  config.venue = "binance";
  Want want;
  for (std::size_t i = 1; i <= kInstruments; ++i) {
    want.symbols.push_back(fmt::format("L{:05}USDT", i));
  }
  want.channels = {Channel::trade, Channel::quote, Channel::book};
  config.wants.push_back(std::move(want));
  config.ws_url = fmt::format("wss://127.0.0.1:{}", port);
  config.rest_url = fmt::format("https://127.0.0.1:{}", port);
  config.ca_file = ca_file;
  config.limits = venue::Limits{.requests = {},
                                .connects = {},
                                .rest_calls = {},
                                .rest_calls_at_once = 2};  // the venue's pace takes 10 s
  return config;
}

TEST(FeedAllocation, none_for_a_message_from_the_socket_to_the_journal) {
  // Refused once OpenSSL has allocated, in another test of this process: then its part stays 0.
  (void)CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free);
  std::string pattern = (fs::temp_directory_path() / "mp-allocation-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::string ca_file = pattern + "/ca.pem";
  auto load = sim::LoadServer::open({.ca_file = ca_file,
                                     .instruments = kInstruments,
                                     .levels = 100,
                                     .messages = kMessages,
                                     .wait_for_snapshots = true});
  ASSERT_TRUE(load) << load.error().message;
  std::atomic<bool> begun = false;
  std::atomic<bool> given_up = false;
  auto report = std::async(std::launch::async, [&] {
    return (*load)->run({.begin = [&] { begun = true; }, .stop = [&] { return given_up.load(); }});
  });

  net::IoContext io{1};
  net::ReceiveBuffers buffers;
  auto journal = journal::Writer::open({});
  ASSERT_TRUE(journal) << journal.error().message;
  obs::Logger log{obs::LogLevel::off};
  auto feed = Feed::create(feed_config((*load)->port(), ca_file),
                           {.io = io, .buffers = buffers, .journal = **journal, .log = log});
  ASSERT_TRUE(feed) << feed.error().message;
  TaskGroup tasks{io};
  tasks.spawn((*feed)->run());

  const auto frames = [&] { return (*feed)->counters().frames.load(); };
  const auto end = net::steady_now() + kPatience;
  const auto run_until = [&](const auto& enough) {
    while (!enough() && net::steady_now() < end) io.run_one_for(10ms);
    return enough();
  };
  EXPECT_TRUE(run_until([&] { return begun.load(); }));
  const std::uint64_t first = frames();
  EXPECT_TRUE(run_until([&] { return frames() >= first + kWarm; }));
  const std::size_t before = mp::test::allocations();
  const std::size_t openssl_before = openssl_allocations;
  const std::uint64_t measured_from = frames();
  EXPECT_TRUE(run_until([&] { return frames() >= first + kMessages - kWarm / 2; }));
  const std::size_t openssl_during = openssl_allocations - openssl_before;
  EXPECT_EQ(mp::test::allocations() - before, 0U)
      << "in " << frames() - measured_from << " messages";
  EXPECT_GT(before, 0U);
  EXPECT_EQ((*feed)->counters().gaps, 0U);

  (*feed)->stop();
  EXPECT_TRUE(run_until([&] { return tasks.running() == 0; }));
  given_up = true;
  const auto sent = report.get();
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_LE(openssl_during, sent->records);
  fs::remove_all(pattern);
}

}  // namespace
}  // namespace mp::pipeline

#endif
