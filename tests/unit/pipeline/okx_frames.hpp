// Frames of OKX, of BTC-USDT unless they say another, for the tests of the pipeline.
#pragma once

#include <string>
#include <string_view>

namespace mp::pipeline::okx {

// A book: number `seq` after `previous`, -1 for a snapshot. Its best ask tells the number.
inline std::string book(int seq, int previous, std::string_view channel = "books") {
  const std::string ask = std::to_string(200 + seq);
  return std::string{R"({"arg":{"channel":")"}.append(channel).append(
             R"(","instId":"BTC-USDT"},"action":")") +
         (previous < 0 ? "snapshot" : "update") + R"(","data":[{"asks":[[")" + ask +
         R"(","1","0","1"]],"bids":[["100","1","0","1"]],"ts":"1795000000000","checksum":0,)" +
         R"("seqId":)" + std::to_string(seq) + R"(,"prevSeqId":)" + std::to_string(previous) +
         "}]}";
}

inline std::string trade(int id, const std::string& symbol = "BTC-USDT") {
  return R"({"arg":{"channel":"trades-all","instId":")" + symbol + R"("},"data":[{"instId":")" +
         symbol + R"(","tradeId":")" + std::to_string(id) +
         R"(","px":"1","sz":"2","side":"buy","ts":"1795000000000"}]})";
}

// The acknowledgement of the book's subscription, by the number of its request.
inline std::string subscribed(const std::string& id) {
  return R"({"id":")" + id + R"(","event":"subscribe",)" +
         R"("arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a"})";
}

}  // namespace mp::pipeline::okx
