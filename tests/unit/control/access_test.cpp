#include "control/access.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace mp::control {
namespace {

class AccessTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "mp-access-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Access made(const std::string& host) {
    auto access = Access::create(dir_ / "token", host);
    EXPECT_TRUE(static_cast<bool>(access));
    return access.take();
  }
  static net::ServerRequest from(const std::string& host, const std::string& origin = {}) {
    net::ServerRequest request{.method = "GET", .path = "/", .body = {}};
    request.header["host"] = host;
    if (!origin.empty()) request.header["origin"] = origin;
    return request;
  }

  std::filesystem::path dir_;
};

TEST_F(AccessTest, answers_pages_and_tools_of_this_machine_alone) {
  const Access access = made("127.0.0.1");
  for (const char* const host : {"127.0.0.1:8080", "localhost:8080", "[::1]:8080", "127.0.0.2"})
    EXPECT_EQ(access.refusal(from(host)), "") << host;
  for (const char* const host : {"", "evil.example", "127.0.0.1.evil.example:8080", "localhost.x"})
    EXPECT_NE(access.refusal(from(host)), "") << host;
  EXPECT_EQ(access.refusal(from("localhost:8080", "http://localhost:8080")), "");
  EXPECT_NE(access.refusal(from("localhost:8080", "http://localhost:9090")), "");
  EXPECT_NE(access.refusal(from("localhost:8080", "null")), "");
}

TEST_F(AccessTest, a_change_needs_the_token_and_only_its_owner_can_read_it) {
  const Access access = made("127.0.0.1");
  auto request = from("127.0.0.1:8080");
  EXPECT_TRUE(access.may_read(request));
  EXPECT_FALSE(access.may_change(request));
  request.header["authorization"] = "Bearer " + std::string(64, '0');
  EXPECT_FALSE(access.may_change(request));
  request.header["authorization"] = "Bearer " + access.token();
  EXPECT_TRUE(access.may_change(request));
  request.header["authorization"] = access.token();
  EXPECT_FALSE(access.may_change(request));
  struct stat of{};
  ASSERT_EQ(::stat((dir_ / "token").c_str(), &of), 0);
  EXPECT_EQ(of.st_mode & 0777U, 0600U);
  EXPECT_NE(made("127.0.0.1").token(), access.token());
}

TEST_F(AccessTest, on_another_address_everything_needs_the_token) {
  const Access access = made("0.0.0.0");
  auto request = from("collector.example:8080");
  EXPECT_EQ(access.refusal(request), "") << "it has names that it does not know";
  EXPECT_FALSE(access.may_read(request));
  request.header["authorization"] = "Bearer " + access.token();
  EXPECT_TRUE(access.may_read(request));
  EXPECT_NE(access.refusal(from("collector.example:8080", "http://evil.example")), "");
}

TEST_F(AccessTest, the_token_is_given_to_the_page_itself) {
  auto request = from("127.0.0.1:8080");
  EXPECT_FALSE(Access::is_own_page(request));
  request.header["sec-fetch-site"] = "cross-site";
  EXPECT_FALSE(Access::is_own_page(request));
  request.header["sec-fetch-site"] = "same-origin";
  EXPECT_TRUE(Access::is_own_page(request));
}

}  // namespace
}  // namespace mp::control
