#include "sim/okx_replies.hpp"

#include "codec/json_encode.hpp"
#include "sim/text.hpp"

namespace mp::sim::okx {
namespace {

// "key":"value" and a comma before it where one is due.
void append_member(std::string_view key, std::string_view value, std::string& out) {
  append(out, out.back() == '{' ? "\"" : ",\"", key, "\":");
  codec::append_json_string(value, out);
}

}  // namespace

std::string envelope(std::string_view channel, const InstrumentSpec& spec, std::string_view action,
                     std::string_view data) {
  std::string text;
  text.reserve(data.size() + 128);
  append(text, R"({"arg":{"channel":")", channel, R"(","instId":")", spec.symbol, R"("},)");
  if (!action.empty()) append(text, R"("action":")", action, R"(",)");
  append(text, R"("data":[)", data, "]}");
  return text;
}

std::string acknowledgement(std::string_view connection, const ClientRequest& request,
                            const ClientRequest::Arg& arg) {
  std::string text = "{";
  if (!request.id.empty()) append_member("id", request.id, text);
  append_member("event", request.op, text);
  text += R"(,"arg":{)";
  append_member("channel", arg.channel, text);
  if (!arg.inst_type.empty()) append_member("instType", arg.inst_type, text);
  if (!arg.inst_id.empty()) append_member("instId", arg.inst_id, text);
  text += '}';
  append_member("connId", connection, text);
  return text + '}';
}

std::string refusal(std::string_view connection, const ClientRequest& request,
                    std::string_view code, std::string_view why) {
  std::string text = "{";
  if (!request.id.empty()) append_member("id", request.id, text);
  append_member("event", "error", text);
  append_member("code", code, text);
  append_member("msg", why, text);
  append_member("connId", connection, text);
  return text + '}';
}

}  // namespace mp::sim::okx
