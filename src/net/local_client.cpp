#include "net/local_client.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace mp::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::string_view kScheme = "http://";
constexpr std::size_t kBodyBytesMax = std::size_t{64} << 20U;

struct Place {
  std::string host;
  std::string port;
};

std::optional<Place> place_of(std::string_view url) {
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  const auto colon = url.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  auto host = url.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return Place{.host = std::string{host}, .port = std::string{url.substr(colon + 1)}};
}

// Waits for one operation of `stream`: its time limit holds for those that do not block.
template <class Begin>
beast::error_code wait_for(asio::io_context& io, Begin&& begin) {
  beast::error_code result = asio::error::would_block;
  begin([&result](beast::error_code code, auto&&... /*details*/) { result = code; });
  io.restart();
  io.run();
  return result;
}

struct Question {
  http::verb verb;
  std::string_view target;
  std::string_view token;  // empty: none
};

http::request<http::empty_body> request_of(const Question& question, const Place& place) {
  http::request<http::empty_body> out{question.verb, std::string{question.target}, 11};
  const bool v6 = place.host.find(':') != std::string::npos;
  out.set(http::field::host,
          fmt::format("{}{}{}:{}", v6 ? "[" : "", place.host, v6 ? "]" : "", place.port));
  if (!question.token.empty())
    out.set(http::field::authorization, fmt::format("Bearer {}", question.token));
  out.prepare_payload();
  return out;
}

Result<LocalAnswer> ask(std::string_view url, const Question& asked,
                        std::chrono::milliseconds patience) {
  const auto place = place_of(url);
  if (!place) {
    return Error{ErrorKind::usage, fmt::format("\"{}\" is no URL of a collector; expected one like "
                                               "http://127.0.0.1:8080",
                                               url)};
  }
  asio::io_context io{1};
  beast::error_code code;
  const auto failed = [&]() -> Result<LocalAnswer> {
    return Error{ErrorKind::unavailable,
                 fmt::format("no collector answers at {}: {}", url, code.message())};
  };
  asio::ip::tcp::resolver resolver{io};
  const auto addresses = resolver.resolve(place->host, place->port, code);
  if (code) return failed();
  beast::tcp_stream stream{io};
  stream.expires_after(patience);
  code = wait_for(io, [&](auto done) { stream.async_connect(addresses, done); });
  if (code) return failed();
  const auto question = request_of(asked, *place);
  code = wait_for(io, [&](auto done) { http::async_write(stream, question, done); });
  if (code) return failed();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kBodyBytesMax);
  code = wait_for(io, [&](auto done) { http::async_read(stream, buffer, parser, done); });
  if (code) return failed();
  return LocalAnswer{.status = parser.get().result_int(), .body = std::move(parser.get().body())};
}

}  // namespace

Result<LocalAnswer> get_local(std::string_view url, std::string_view target,
                              std::chrono::milliseconds patience) {
  return ask(url, {.verb = http::verb::get, .target = target, .token = {}}, patience);
}

Result<LocalAnswer> post_local(std::string_view url, std::string_view target,
                               std::string_view token, std::chrono::milliseconds patience) {
  return ask(url, {.verb = http::verb::post, .target = target, .token = token}, patience);
}

}  // namespace mp::net
