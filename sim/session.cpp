// The only file of sim/ that sees Beast, for reading HTTP requests; WebSocket frames are our own
// (websocket.hpp).
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <iterator>
#include <utility>

#include "sim/request.hpp"
#include "sim/sockets.hpp"

namespace mp::sim {

namespace http = boost::beast::http;

namespace {

constexpr std::chrono::seconds kRequestWithin{30};  // from connect, or from the answer before
constexpr std::chrono::seconds kDrainWithin{30};    // what is queued when we end a connection
constexpr std::chrono::seconds kGoodbyeWithin{2};   // from the last byte to the client's end

}  // namespace

struct Session::Request {
  boost::beast::flat_buffer bytes{kRequestBytesMax};
  std::optional<http::request_parser<http::string_body>> parser;
};

Session::Session(tcp::socket socket, Shared& shared, Door& door)
    : stream_(std::move(socket), shared.tls), shared_(shared), door_(door) {}
Session::~Session() = default;

void Session::start() {
  error_code ignored;
  stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  deadline_ = shared_.clock() + kRequestWithin;
  stream_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](const error_code& error) {
                            error ? self->finish() : self->read_request();
                          });
}

void Session::read_request() {
  if (request_ == nullptr) request_ = std::make_unique<Request>();
  auto& parser = request_->parser.emplace();
  parser.body_limit(kRequestBytesMax);
  parser.header_limit(kRequestBytesMax);
  deadline_ = shared_.clock() + kRequestWithin;
  http::async_read(stream_, request_->bytes, parser,
                   [self = shared_from_this()](const error_code& error, std::size_t) {
                     error ? self->finish() : self->answer_request();
                   });
}

void Session::answer_request() {
  if (finished_) return;
  const auto& request = request_->parser->get();
  if (!request["Sec-WebSocket-Key"].empty()) {
    upgrade({.target = request.target(),
             .key = request["Sec-WebSocket-Key"],
             .extensions = request["Sec-WebSocket-Extensions"]});
    return;
  }
  HttpAnswer reply;
  if (request.method() == http::verb::get) {
    reply = door_.host().http(request.target(), shared_.clock());
    ++shared_.statistics.rest_answers;
  } else if (request.method() == http::verb::post) {
    reply = door_.host().post(request.target(), shared_.clock());
    if (reply.status != 405) ++shared_.statistics.rest_answers;
  } else {
    reply.status = 405;
  }
  answer(reply, request.keep_alive());
}

void Session::answer(const HttpAnswer& answer, bool keep_alive) {
  std::string& out = pending_.bytes;
  out += "HTTP/1.1 " + std::to_string(answer.status) + " ";
  out += std::string_view(http::obsolete_reason(static_cast<http::status>(answer.status)));
  out += "\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: ";
  out += std::to_string(answer.body.size()) + "\r\n";
  for (const auto& [name, value] : answer.headers) out += name + ": " + value + "\r\n";
  if (!keep_alive) out += "Connection: close\r\n";
  out += "\r\n" + answer.body;
  if (answer.entry) pending_.entries.push_back(*answer.entry);
  if (answer.mark != 0) pending_.marks.push_back(answer.mark);
  if (keep_alive) {
    flush();
    read_request();
  } else {
    end_when_written();
  }
}

void Session::upgrade(const Upgrade& wanted) {
  const ConnectionId id = ++shared_.last_id;
  if (!door_.host().opened(id, wanted.target, shared_.clock())) {
    HttpAnswer nothing;
    nothing.status = door_.host().refusal_status();
    answer(nothing, false);
    return;
  }
  id_ = id;
  door_.add(id, shared_from_this());
  ++shared_.statistics.connections_opened;
  ++shared_.statistics.connections_open;
  deadline_.reset();
  pending_.bytes +=
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_value(wanted.key) + "\r\n";
  if (offers_deflate(wanted.extensions)) {
    deflater_ = std::make_unique<MessageDeflater>();
    pending_.bytes.append("Sec-WebSocket-Extensions: ").append(kDeflateTerms).append("\r\n");
  }
  pending_.bytes += "\r\n";
  flush();
  const auto rest = request_->bytes.data();
  reader_.feed({static_cast<const char*>(rest.data()), rest.size()});
  request_.reset();
  take_frames();
}

void Session::read_frames() {
  stream_.async_read_some(asio::buffer(read_bytes_),
                          [self = shared_from_this()](const error_code& error, std::size_t n) {
                            if (error) {
                              self->finish();
                              return;
                            }
                            self->reader_.feed({self->read_bytes_.data(), n});
                            self->take_frames();
                          });
}

void Session::take_frames() {
  FrameReader::Message message;
  while (!finished_) {
    const auto step = reader_.next(message);
    if (step == FrameReader::Step::need_more) break;
    if (step == FrameReader::Step::malformed) {
      finish();
      return;
    }
    if (!take(message)) {
      end_when_written();
      return;
    }
  }
  door_.flush_all();
  if (!finished_) read_frames();
}

// False: the client has ended the connection.
bool Session::take(const FrameReader::Message& message) {
  const Timestamp now = shared_.clock();
  switch (message.opcode) {
    case Opcode::text:
      door_.host().text_came(id_, message.payload, now);
      return true;
    case Opcode::ping:
      if (door_.host().ping_came(id_, now))
        append_frame(Opcode::pong, message.payload, pending_.bytes);
      return true;
    case Opcode::pong:
      door_.host().pong_came(id_, now);
      return true;
    case Opcode::close:
      door_.host().closed(id_);
      say_goodbye(1000, {});
      return false;
    case Opcode::binary:
    case Opcode::continuation:
      break;
  }
  return false;
}

void Session::enqueue(Frame frame) {
  if (goodbye_said_ || cuts_ || finished_) {
    shared_.lose(frame.entries);
    if (frame.mark != 0) door_.host().settled(frame.mark, Delivery::unsent);
    return;
  }
  if (frame.payload != Payload::none) {
    const auto opcode = frame.payload == Payload::binary ? Opcode::binary : Opcode::text;
    if (deflater_) {
      append_compressed_frame(opcode, deflater_->deflate(frame.text), pending_.bytes);
    } else {
      append_frame(opcode, frame.text, pending_.bytes);
    }
  }
  std::ranges::move(frame.entries, std::back_inserter(pending_.entries));
  if (frame.mark != 0) pending_.marks.push_back(frame.mark);
  if (pending_.bytes.size() + in_flight_.bytes.size() <= shared_.queue_bytes_max) return;
  ++shared_.statistics.slow_clients;
  reset();
}

void Session::flush() {
  if (finished_ || writing_) return;
  if (pending_.bytes.empty()) {
    settle(pending_.marks, Delivery::sent);  // of what had no bytes
    return;
  }
  std::swap(pending_, in_flight_);
  writing_ = true;
  asio::async_write(
      stream_, asio::buffer(in_flight_.bytes),
      [self = shared_from_this()](const error_code& error, std::size_t) { self->written(error); });
}

void Session::written(const error_code& error) {
  writing_ = false;
  if (error) {
    lose(in_flight_);
    finish();
    return;
  }
  if (id_ != 0) shared_.statistics.bytes_sent += in_flight_.bytes.size();
  shared_.statistics.messages_sent += id_ != 0 ? in_flight_.entries.size() : 0;
  for (Entry& entry : in_flight_.entries) shared_.ledger.add(std::move(entry));
  settle(in_flight_.marks, Delivery::sent);
  in_flight_.bytes.clear();
  in_flight_.entries.clear();
  flush();
  if (!writing_) all_written();
}

void Session::settle(std::vector<std::uint64_t>& marks, Delivery delivery) {
  for (const std::uint64_t mark : marks) door_.host().settled(mark, delivery);
  marks.clear();
}

void Session::all_written() {
  if (ends_after_write_) {
    shut_down();
  } else if (cuts_) {
    error_code ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    deadline_ = shared_.clock() + kGoodbyeWithin;
  } else if (goodbye_said_) {
    deadline_ = shared_.clock() + kGoodbyeWithin;
  }
}

// The client gets all that was sent so far: a reset could destroy what is on its way.
void Session::cut() {
  if (finished_ || goodbye_said_) return;
  cuts_ = true;
  deadline_ = shared_.clock() + kDrainWithin;
  flush();
  if (!writing_) all_written();
}

void Session::end_when_written() {
  ends_after_write_ = true;
  flush();
  if (!writing_) shut_down();
}

void Session::shut_down() {
  if (finished_) return;
  deadline_ = shared_.clock() + kGoodbyeWithin;
  stream_.async_shutdown([self = shared_from_this()](const error_code&) { self->finish(); });
}

void Session::say_goodbye(std::uint16_t code, std::string_view reason) {
  if (goodbye_said_) return;
  append_frame(Opcode::close, close_payload(code, reason), pending_.bytes);
  goodbye_said_ = true;
  deadline_ = shared_.clock() + kDrainWithin;
}

void Session::reset() {
  error_code ignored;
  stream_.next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
  finish();
}

void Session::finish() {
  if (finished_) return;
  finished_ = true;
  const auto self = shared_from_this();  // the door may hold the last other reference
  error_code ignored;
  stream_.next_layer().close(ignored);
  lose(pending_);
  if (id_ != 0) {
    door_.host().closed(id_);
    --shared_.statistics.connections_open;
  }
  door_.remove(self);
}

}  // namespace mp::sim
