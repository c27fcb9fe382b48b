#include "cli/service.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace mp::cli {
namespace {

using namespace std::chrono_literals;

// A manager's socket, and what came to it.
class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    path_ = std::filesystem::temp_directory_path() / ("mp-notify-" + std::to_string(::getpid()));
    std::filesystem::remove(path_);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::strncpy(at.sun_path, path_.c_str(), sizeof(at.sun_path) - 1);
    socket_ = Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(::bind(socket_.value(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~ServiceTest() override {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    std::filesystem::remove(path_);
  }

  std::vector<std::string> told() {
    std::vector<std::string> out;
    std::array<char, 1024> text{};
    for (;;) {
      const auto got = ::recv(socket_.value(), text.data(), text.size(), MSG_DONTWAIT);
      if (got < 0) return out;
      out.emplace_back(text.data(), static_cast<std::size_t>(got));
    }
  }

  std::filesystem::path path_;
  Fd socket_;
};

using Lines = std::vector<std::string>;

TEST_F(ServiceTest, tells_that_it_is_ready_and_that_it_stops) {
  auto service = Service::of_environment();
  service.ready();
  EXPECT_EQ(told(), Lines{"READY=1"});
  service.stopping();
  const auto last = told();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_TRUE(last.front().starts_with("STOPPING=1\nSTATUS="));
}

TEST_F(ServiceTest, tells_that_it_reloads_and_what_came_of_it) {
  auto service = Service::of_environment();
  service.reloading();
  const auto first = told();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(first.front().starts_with("RELOADING=1\nMONOTONIC_USEC=")) << first.front();
  service.reloaded("nothing was changed:\nline 2");
  EXPECT_EQ(told(), Lines{"READY=1\nSTATUS=nothing was changed: line 2"});
}

TEST_F(ServiceTest, feeds_the_watchdog_only_while_it_is_alive) {
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  bool alive = true;
  auto service = Service::of_environment();
  const Service::Hands hands{.alive = [&] { return alive; }, .status = [] { return "1 of 1"; }};
  const net::SteadyTime start = net::steady_now();
  service.tick(start, hands);
  EXPECT_EQ(told(), (Lines{"WATCHDOG=1", "STATUS=1 of 1"}));
  service.tick(start + 900ms, hands);
  EXPECT_EQ(told(), Lines{});
  service.tick(start + 1s, hands);
  EXPECT_EQ(told(), Lines{"WATCHDOG=1"});
  alive = false;
  service.tick(start + 4s, hands);
  EXPECT_EQ(told(), Lines{});
  alive = true;
  service.tick(start + 4100ms, hands);
  EXPECT_EQ(told(), Lines{"WATCHDOG=1"});
}

TEST_F(ServiceTest, says_how_it_is_in_one_line_when_that_is_new) {
  std::string status = "1 of 2\nREADY=1";
  auto service = Service::of_environment();
  const Service::Hands hands{.alive = [] { return true; }, .status = [&] { return status; }};
  const net::SteadyTime start = net::steady_now();
  service.tick(start, hands);
  EXPECT_EQ(told(), Lines{"STATUS=1 of 2 READY=1"});
  service.tick(start + 6s, hands);
  EXPECT_EQ(told(), Lines{});
  status = "2 of 2";
  service.tick(start + 12s, hands);
  EXPECT_EQ(told(), Lines{"STATUS=2 of 2"});
}

TEST_F(ServiceTest, leaves_another_process_s_watchdog_alone) {
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  auto service = Service::of_environment();
  service.tick(net::steady_now(), {.alive = [] { return true; }, .status = [] { return "x"; }});
  EXPECT_EQ(told(), Lines{"STATUS=x"});
}

TEST(ServiceAlone, tells_nobody_anything) {
  ::unsetenv("NOTIFY_SOCKET");
  auto service = Service::of_environment();
  service.ready();
  service.tick(net::steady_now(), {.alive = [] { return true; }, .status = [] { return "x"; }});
}

}  // namespace
}  // namespace mp::cli
