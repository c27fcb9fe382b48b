#include "sim/request.hpp"

#include <simdjson.h>

namespace mp::sim {
namespace {

// Empty where the key is missing or its value is not a string.
std::string_view text_of(const simdjson::dom::object& object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

}  // namespace

struct RequestReader::Parser {
  simdjson::dom::parser dom;
};

RequestReader::RequestReader() : parser_(std::make_unique<Parser>()) {}
RequestReader::~RequestReader() = default;

std::optional<ClientRequest> RequestReader::read(std::string_view text) {
  simdjson::dom::object object;
  if (parser_->dom.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS)
    return std::nullopt;
  ClientRequest request;
  std::uint64_t number = 0;
  if (object["id"].get(number) == simdjson::SUCCESS) request.number = number;
  request.id = text_of(object, "id");
  request.method = text_of(object, "method");
  request.op = text_of(object, "op");
  simdjson::dom::array items;
  if (object["params"].get(items) == simdjson::SUCCESS) {
    request.has_params = true;
    for (const simdjson::dom::element item : items) {
      std::string_view param;
      if (item.get(param) == simdjson::SUCCESS) request.params.push_back(param);
    }
  }
  if (object["args"].get(items) == simdjson::SUCCESS) {
    for (const simdjson::dom::element item : items) {
      simdjson::dom::object arg;
      if (item.get(arg) != simdjson::SUCCESS) continue;
      request.args.push_back({.channel = text_of(arg, "channel"),
                              .inst_id = text_of(arg, "instId"),
                              .inst_type = text_of(arg, "instType")});
    }
  }
  return request;
}

}  // namespace mp::sim
