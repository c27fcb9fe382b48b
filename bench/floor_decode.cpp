#include "bench/floor_decode.hpp"

#include <simdjson.h>

#include "net/frame.hpp"

namespace mp::bench {
namespace {

namespace od = simdjson::ondemand;

static_assert(net::kFrameSlack >= simdjson::SIMDJSON_PADDING);

// Reads values as text. simdjson throws where one is not there.
class Texts {
 public:
  void string(od::value value) { add(value.get_raw_json_string().value().raw()); }
  // A number, true or false.
  void token(od::value value) {
    const std::string_view text = value.raw_json_token();
    sum_ += static_cast<std::uint64_t>(text.size()) + static_cast<unsigned char>(text[0]);
  }
  void levels(od::value value) {
    for (auto level : value.get_array()) {
      std::size_t place = 0;
      for (auto item : level.get_array()) {
        if (place++ < 2) string(item.value());
      }
    }
  }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  void add(const char* text) { sum_ += static_cast<unsigned char>(*text); }

  std::uint64_t sum_ = 0;
};

bool read_binance_quote(od::object message, Texts& out) {
  out.token(message.find_field("u"));
  for (const auto key : {"s", "b", "B", "a", "A"}) out.string(message.find_field(key));
  return true;
}

bool read_binance_whole_book(od::object message, Texts& out) {
  out.token(message.find_field("lastUpdateId"));
  out.levels(message.find_field("bids"));
  out.levels(message.find_field("asks"));
  return true;
}

bool read_binance(od::object message, Texts& out) {
  const std::string_view event = message.find_field("e").get_string();
  out.token(message.find_field("E"));
  if (event == "trade" || event == "aggTrade") {
    out.string(message.find_field("s"));
    out.token(message.find_field(event == "trade" ? "t" : "a"));
    out.string(message.find_field("p"));
    out.string(message.find_field("q"));
    out.token(message.find_field("T"));
    out.token(message.find_field("m"));
    return true;
  }
  if (event == "depthUpdate") {
    out.string(message.find_field("s"));
    out.token(message.find_field("U"));
    out.token(message.find_field("u"));
    out.levels(message.find_field("b"));
    out.levels(message.find_field("a"));
    return true;
  }
  if (event == "24hrTicker") {
    for (const auto key : {"s", "c", "b", "a", "o", "h", "l", "v", "q"})
      out.string(message.find_field(key));
    return true;
  }
  if (event == "kline") {
    out.string(message.find_field("s"));
    od::object candle = message.find_field("k").get_object();
    out.token(candle.find_field("t"));
    out.token(candle.find_field("T"));
    for (const auto key : {"i", "o", "c", "h", "l", "v"}) out.string(candle.find_field(key));
    out.token(candle.find_field("n"));
    out.token(candle.find_field("x"));
    out.string(candle.find_field("q"));
    return true;
  }
  return false;
}

void read_keys(od::object message, std::initializer_list<const char*> keys, Texts& out) {
  for (const char* const key : keys) out.string(message.find_field_unordered(key));
}

// A book's numbers came in 2022, and then its checksum became optional.
void read_okx_book(od::object message, Texts& out) {
  out.levels(message.find_field("asks"));
  out.levels(message.find_field("bids"));
  out.string(message.find_field("ts"));
  for (const auto key : {"checksum", "seqId", "prevSeqId"}) {
    od::value value;
    if (message.find_field_unordered(key).get(value) == simdjson::SUCCESS) out.token(value);
  }
}

bool read_okx(od::object message, Texts& out) {
  od::object arg = message.find_field("arg").get_object();
  const std::string_view channel = arg.find_field("channel").get_string();
  out.string(arg.find_field("instId"));
  for (auto row : message.find_field_unordered("data").get_array()) {
    od::object object = row.get_object();
    if (channel.starts_with("books") || channel == "bbo-tbt") {
      read_okx_book(object, out);
    } else if (channel == "trades") {
      read_keys(object, {"instId", "tradeId", "px", "sz", "side", "ts"}, out);
    } else if (channel == "tickers") {
      read_keys(object,
                {"instType", "instId", "last", "askPx", "bidPx", "open24h", "high24h", "low24h",
                 "volCcy24h", "vol24h", "ts"},
                out);
    } else if (channel == "funding-rate") {
      read_keys(object,
                {"fundingRate", "fundingTime", "instId", "nextFundingRate", "nextFundingTime"},
                out);
    } else if (channel == "open-interest") {
      read_keys(object, {"instId", "oi", "oiUsd", "ts"}, out);
    } else if (channel == "mark-price") {
      read_keys(object, {"instId", "markPx", "ts"}, out);
    } else if (channel == "index-tickers") {
      read_keys(object, {"instId", "idxPx", "ts"}, out);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

struct FloorDecoder::State {
  bool okx = false;
  od::parser parser;
  Texts texts;

  bool read(std::string_view frame) {
    auto document =
        parser.iterate(frame.data(), frame.size(), frame.size() + simdjson::SIMDJSON_PADDING);
    od::object message = document.get_object();
    if (okx) return read_okx(message, texts);
    if (frame.starts_with("{\"u\":")) return read_binance_quote(message, texts);
    if (!frame.starts_with("{\"stream\":")) return read_binance(message, texts);
    const std::string_view stream = message.find_field("stream").get_string();
    od::object data = message.find_field("data").get_object();
    if (stream.find("@depth5") != stream.npos || stream.find("@depth2") != stream.npos)
      return read_binance_whole_book(data, texts);
    return stream.ends_with("@bookTicker") ? read_binance_quote(data, texts)
                                           : read_binance(data, texts);
  }
};

FloorDecoder::FloorDecoder(std::string_view venue) : state_(std::make_unique<State>()) {
  state_->okx = venue == "okx";
}
FloorDecoder::~FloorDecoder() = default;

bool FloorDecoder::read(std::string_view frame) {
  try {
    return state_->read(frame);
  } catch (const simdjson::simdjson_error&) {
    return false;
  }
}

std::uint64_t FloorDecoder::sum() const {
  return state_->texts.sum();
}

}  // namespace mp::bench
