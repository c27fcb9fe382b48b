// The one place that uses Beast: its HTTP parser.
#include "net/http_answer.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/upgrade.hpp"
#include "net/words.hpp"

namespace mp::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kAnswerHeaderMax = std::size_t{64} * 1024;

}  // namespace

class HttpAnswerReader::State {
 public:
  explicit State(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) { begin(); }

  std::optional<std::string> put(std::span<const char> bytes) {
    const auto room = buffer_.prepare(bytes.size());
    asio::buffer_copy(room, asio::buffer(bytes.data(), bytes.size()));
    buffer_.commit(bytes.size());
    while (buffer_.size() != 0 && !parser_->is_done()) {
      error_code error;
      const bool of_header = !parser_->is_header_done();
      const std::size_t used = parser_->put(buffer_.cdata(), error);
      buffer_.consume(used);
      // Counted here: the parser counts only what it has not taken yet.
      if (of_header) header_bytes_ += used;
      if (header_bytes_ > kAnswerHeaderMax) return "header limit exceeded";
      if (parser_->is_header_done()) parser_->eager(true);
      if (error == http::error::need_more) break;
      if (error) return error.message();
      if (!is_interim()) continue;
      if (++interim_ > kInterimMax) return "more than 16 interim answers (1xx)";
      begin();
    }
    return std::nullopt;
  }

  bool finish() {
    error_code error;
    if (parser_->got_some()) parser_->put_eof(error);
    return !error && parser_->is_done();
  }

  [[nodiscard]] bool done() const { return parser_->is_done(); }
  [[nodiscard]] bool keep() const { return parser_->get().keep_alive() && buffer_.size() == 0; }

  HttpResponse take(const std::string& wanted) {
    auto message = parser_->release();
    const auto value = [&](const auto& name) {
      const auto found = message[name];
      return std::string(found.data(), found.size());
    };
    HttpResponse out;
    out.status = static_cast<int>(message.result_int());
    out.ts_recv = now();
    if (const auto retry = value(http::field::retry_after); !retry.empty())
      out.retry_after = read_retry_after(retry, out.ts_recv);
    out.location = value(http::field::location);
    if (!wanted.empty()) out.wanted_header = value(wanted);
    out.encoding = value(http::field::content_encoding);
    std::ranges::transform(out.encoding, out.encoding.begin(), lower);
    out.body = std::move(message.body());
    return out;
  }

 private:
  using Parser = http::response_parser<http::string_body>;
  static constexpr int kInterimMax = 16;

  void begin() {
    parser_.emplace();
    parser_->header_limit(kAnswerHeaderMax);
    parser_->body_limit(body_bytes_max_);
  }
  // A client may ignore what is said before the answer (RFC 9110 15.2). 101 is an answer.
  [[nodiscard]] bool is_interim() const {
    if (!parser_->is_done()) return false;
    const unsigned status = parser_->get().result_int();
    return status >= 100 && status < 200 && status != 101;
  }

  std::size_t body_bytes_max_;
  std::optional<Parser> parser_;
  boost::beast::flat_buffer buffer_;
  std::size_t header_bytes_ = 0;  // with those of interim answers
  int interim_ = 0;
};

HttpAnswerReader::HttpAnswerReader(std::size_t body_bytes_max)
    : state_(std::make_unique<State>(body_bytes_max)) {}

HttpAnswerReader::~HttpAnswerReader() = default;

std::optional<std::string> HttpAnswerReader::put(std::span<const char> bytes) {
  return state_->put(bytes);
}
bool HttpAnswerReader::finish() {
  return state_->finish();
}
bool HttpAnswerReader::done() const {
  return state_->done();
}
bool HttpAnswerReader::keep() const {
  return state_->keep();
}
HttpResponse HttpAnswerReader::take(const std::string& wanted) {
  return state_->take(wanted);
}

}  // namespace mp::net
