#include "bench/frames.hpp"

#include "codec/recording.hpp"
#include "core/assert.hpp"
#include "net/frame.hpp"
#include "sim/exchange.hpp"
#include "venue/registry.hpp"
#include "venue/topics.hpp"

namespace mp::bench {

void Frames::add(std::string_view frame) {
  const std::size_t begin = bytes();
  bytes_.resize(begin + frame.size() + net::kFrameSlack);
  frame.copy(bytes_.data() + begin, frame.size());
  ends_.push_back(begin + frame.size());
}

Result<RecordedFrames> recorded_frames(const std::filesystem::path& file, std::size_t count_max,
                                       std::string_view venue) {
  auto recording = codec::RecordingReader::open(file);
  if (!recording) return recording.error();
  RecordedFrames out;
  out.venue = venue;
  while (out.frames.size() < count_max) {
    const auto line = (*recording)->next();
    if (!line) break;
    if (line->kind == codec::LineKind::header && venue.empty()) {
      if (const auto adapter = venue::adapter_spelled(line->venue)) {
        out.venue = adapter->traits().name;
      }
    }
    if (line->kind == codec::LineKind::recv) out.frames.add(line->data);
  }
  if (out.venue.empty() || out.frames.size() == 0) {
    return Error{ErrorKind::data,
                 "the recording " + file.string() +
                     " cannot be measured with: expected a header with a known venue and frames"};
  }
  return out;
}

namespace {

// The symbols that the simulated venues of both protocols have.
std::vector<std::string> symbols_of(std::string_view venue) {
  if (venue == "okx") return {"BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "ETH-USDT-SWAP"};
  return {"BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"};
}

}  // namespace

Frames simulated_frames(std::string_view venue, std::size_t count) {
  constexpr std::int64_t kStart = 1'790'000'000'000'000'000;
  constexpr Nanoseconds kTick{5'000'000};
  constexpr std::size_t kPerTick = 100;
  Timestamp now = from_nanoseconds(kStart);
  const auto adapter = venue::make_adapter(venue);
  const auto exchange = sim::make_exchange(venue, 1, now, {});
  MP_ASSERT(adapter != nullptr && exchange != nullptr);
  std::vector<venue::Topic> topics;
  for (const auto& symbol : symbols_of(venue)) {
    for (const Channel channel : venue::channels_of(adapter->traits())) {
      if (channel == Channel::candle || channel == Channel::instrument) continue;
      if (venue::route_of(adapter->traits(), channel) == nullptr) continue;  // polled
      topics.push_back(venue::topic_of(*adapter, {channel, symbol, ""}));
    }
  }
  using Writer = venue::RequestWriter;
  const auto requests =
      Writer{*adapter, adapter->traits().limits}.write(Writer::Verb::subscribe, topics, now);
  MP_ASSERT(exchange->connect(1, topics.front().path));
  std::vector<sim::Frame> sent;
  for (const auto& request : requests) exchange->receive(1, request.text, now, sent);
  sent.clear();  // acknowledgements and first books
  Frames frames;
  while (frames.size() < count) {
    now += kTick;
    exchange->advance(now, kPerTick, sent);
    for (const auto& frame : sent) {
      if (frames.size() < count) frames.add(frame.text);
    }
    sent.clear();
  }
  return frames;
}

}  // namespace mp::bench
