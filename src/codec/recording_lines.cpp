#include "codec/recording_lines.hpp"

#include <simdjson.h>

#include <array>
#include <cstdio>

#include "codec/json_encode.hpp"
#include "codec/recording_base64.hpp"

namespace mp::codec {
namespace {

void append_seconds(Timestamp time, std::string& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%lld.%09lld",
                                 static_cast<long long>(seconds.time_since_epoch().count()),
                                 static_cast<long long>((time - seconds).count()));
  out.append(text.data(), static_cast<std::size_t>(size));
}

void append_time(Timestamp time, std::string& out) {
  append_json_key("ts", out);
  append_seconds(time, out);
  append_json_key("ts_ns", out);
  append_json_integer(to_nanoseconds(time), out);
}

}  // namespace

void RecordingLines::header(const RecordingHeader& header) {
  text_.append("{\"t\":\"header\"");
  append_json_key("venue", text_);
  append_json_string(header.venue, text_);
  append_json_key("program", text_);
  append_json_string(header.program, text_);
  append_time(header.recorded, text_);
  end();
}

void RecordingLines::begin(std::string_view kind, std::string_view conn, Timestamp time) {
  text_.append("{\"t\":\"").append(kind).append("\"");
  append_json_key("conn", text_);
  append_json_string(conn, text_);
  append_time(time, text_);
}

// Text that is not UTF-8 would not come back as it was: it goes the way of binary frames.
void RecordingLines::add_data(std::string_view data, Payload payload) {
  if (payload == Payload::text && simdjson::validate_utf8(data.data(), data.size())) {
    append_json_key("data", text_);
    append_json_string(data, text_);
    return;
  }
  append_json_key("b64", text_);
  text_.push_back('"');
  append_base64(data, text_);
  text_.push_back('"');
}

void RecordingLines::end() {
  text_.append("}\n");
  ++lines_;
}

void RecordingLines::connect(std::string_view conn, Timestamp time, std::string_view url) {
  begin("connect", conn, time);
  append_json_key("url", text_);
  append_json_string(url, text_);
  end();
}

void RecordingLines::send(std::string_view conn, Timestamp time, std::string_view data) {
  begin("send", conn, time);
  add_data(data, Payload::text);
  end();
}

void RecordingLines::recv(std::string_view conn, Timestamp time, std::string_view data,
                          Payload payload) {
  begin("recv", conn, time);
  add_data(data, payload);
  end();
}

void RecordingLines::http(std::string_view conn, Timestamp time, std::string_view url,
                          std::string_view body) {
  begin("http", conn, time);
  append_json_key("url", text_);
  append_json_string(url, text_);
  add_data(body, Payload::text);
  end();
}

void RecordingLines::lost(const LostLines& lost) {
  text_.append("{\"t\":\"lost\"");
  append_json_key("lines", text_);
  append_json_integer(static_cast<std::int64_t>(lost.lines), text_);
  append_json_key("bytes", text_);
  append_json_integer(static_cast<std::int64_t>(lost.bytes), text_);
  append_json_key("since_ns", text_);
  append_json_integer(to_nanoseconds(lost.since), text_);
  append_time(lost.until, text_);
  end();
}

}  // namespace mp::codec
