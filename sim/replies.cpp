#include "sim/replies.hpp"

#include <simdjson.h>

#include <array>

#include "codec/json_encode.hpp"

namespace mp::sim {
namespace {

enum class Match : std::uint8_t { whole, ending };

// {key: ping} is answered by {reply_key: pong} and what the ping is known by; `ending`: the value
// ends with `ping`, and the rest of it comes before `pong`.
struct Form {
  std::string_view key;
  std::string_view ping;
  Match match;
  bool has_id;  // for pings with an "id" or the like alone
  std::string_view reply_key;
  std::string_view pong;
  std::string_view more;  // further members of the answer
};
constexpr std::array<Form, 9> kForms = {{
    {"op", "ping", Match::whole, false, "op", "pong", ""},
    {"event", "ping", Match::whole, false, "event", "pong", ""},
    {"type", "ping", Match::whole, false, "type", "pong", ""},
    {"method", "ping", Match::whole, true, "method", "pong", ""},
    {"method", "ping", Match::whole, false, "channel", "pong", ""},
    {"method", "PING", Match::whole, false, "msg", "PONG", R"("code":0,)"},
    {"method", ".ping", Match::ending, true, "result", "pong", R"("error":null,)"},
    {"channel", ".ping", Match::ending, false, "channel", ".pong", ""},
    {"action", "ping", Match::whole, false, "action", "pong", ""},
}};
constexpr std::array<std::string_view, 5> kIds = {"id", "req_id", "reqid", "cid", "time"};
constexpr std::size_t kPingBytesMax = 1024;

struct Token {
  std::string_view path_end;
  std::string_view before;  // the endpoint
  std::string_view after;
};
constexpr std::array<Token, 1> kTokens = {{
    {"/bullet-public",
     R"({"code":"200000","data":{"token":"replay","instanceServers":[{"endpoint":")",
     R"(/endpoint","encrypt":true,"protocol":"websocket","pingInterval":18000,)"
     R"("pingTimeout":10000}]}})"},
}};

std::string echoed(simdjson::dom::object object) {
  std::string out;
  for (const std::string_view key : kIds) {
    simdjson::dom::element value;
    if (object[key].get(value) != simdjson::SUCCESS) continue;
    if (!value.is_string() && !value.is_number()) continue;
    out += ",\"" + std::string(key) + "\":" + simdjson::minify(value);
  }
  return out;
}

}  // namespace

struct PingReplies::Parser {
  simdjson::dom::parser dom;
};

PingReplies::PingReplies() : parser_(std::make_unique<Parser>()) {}
PingReplies::~PingReplies() = default;

std::optional<std::string> PingReplies::answer_to(std::string_view text) {
  if (text == "ping") return "pong";
  if (text.size() > kPingBytesMax) return std::nullopt;
  simdjson::dom::object object;
  if (parser_->dom.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS)
    return std::nullopt;
  const std::string ids = echoed(object);
  for (const Form& form : kForms) {
    std::string_view value;
    if (object[form.key].get(value) != simdjson::SUCCESS) continue;
    if (form.match == Match::whole ? value != form.ping : !value.ends_with(form.ping)) continue;
    if (form.has_id && ids.empty()) continue;
    std::string pong;
    if (form.reply_key == form.key && form.match == Match::ending)
      pong = value.substr(0, value.size() - form.ping.size());
    pong += form.pong;
    std::string out = "{" + std::string(form.more) + "\"" + std::string(form.reply_key) + "\":";
    codec::append_json_string(pong, out);
    return out + ids + "}";
  }
  simdjson::dom::element number;
  if (object["ping"].get(number) == simdjson::SUCCESS && number.is_number())
    return "{\"pong\":" + simdjson::minify(number) + "}";
  return std::nullopt;
}

std::optional<std::string> token_answer(std::string_view path, std::string_view ws_url) {
  for (const Token& token : kTokens) {
    if (!path.ends_with(token.path_end)) continue;
    return std::string(token.before).append(ws_url).append(token.after);
  }
  return std::nullopt;
}

}  // namespace mp::sim
