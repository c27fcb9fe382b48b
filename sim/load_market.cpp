#include "sim/load_market.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/assert.hpp"
#include "sim/binance_messages.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"
#include "sim/websocket.hpp"

namespace mp::sim {
namespace {

constexpr std::array<std::string_view, kLoadChannels> kSuffixes = {"@trade", "@depth@100ms",
                                                                   "@bookTicker"};
constexpr std::size_t kStoreBytesMax = 60'000'000;
constexpr std::size_t kBytesAbout = 760;  // of three messages
constexpr std::size_t kLoopMin = 6;
constexpr std::size_t kLoopMax = 48;
constexpr std::size_t kNearTouches = 4;  // of the five of a side: at the best levels
constexpr std::int64_t kMiddleTicks = 15'000;
constexpr Decimal kTick = {1, -4};
constexpr Decimal kLot = {1, -3};
constexpr std::size_t kSymbolDigits = 5;

// Any fixed and well mixed number for three small ones.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t value = (a << 40U) ^ (b << 36U) ^ c;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

// Eight decimal digits at once: halves, then pairs, then digits, side by side in one word.
void put_eight(std::uint64_t value, char* at) {
  static_assert(std::endian::native == std::endian::little);
  const std::uint64_t halves = value / 10'000 | (value % 10'000) << 32U;
  const std::uint64_t hundreds = ((halves * 10'486) >> 20U) & 0x0000'007F'0000'007FU;
  const std::uint64_t pairs = hundreds | (halves - hundreds * 100) << 16U;
  const std::uint64_t tens = ((pairs * 103) >> 10U) & 0x000F'000F'000F'000FU;
  const std::uint64_t digits = (tens | (pairs - tens * 10) << 8U) + 0x3030'3030'3030'3030U;
  std::memcpy(at, &digits, sizeof digits);
}

template <std::size_t kDigits>
void put_digits(std::uint64_t value, char* at) {
  if constexpr (kDigits >= 8) {
    put_eight(value % 100'000'000, at + (kDigits - 8));
    put_digits<kDigits - 8>(value / 100'000'000, at);
  } else {
    for (std::size_t i = kDigits; i > 0; --i, value /= 10) {
      at[i - 1] = static_cast<char>('0' + value % 10);
    }
  }
}

// As the venue writes them, with eight places: "1.49990000", "0.37100000".
void append_price(std::int64_t ticks, std::string& out) {
  MP_ASSERT(ticks > 0);
  MP_ASSERT(ticks < 100'000);
  char digits[5];
  put_digits<5>(static_cast<std::uint64_t>(ticks), digits);
  append(out, std::string_view(digits, 1), ".", std::string_view(digits + 1, 4), "0000");
}
void append_quantity(std::uint32_t thousandths, std::string& out) {
  char digits[4];
  put_digits<4>(thousandths, digits);
  append(out, std::string_view(digits, 1), ".", std::string_view(digits + 1, 3), "00000");
}

std::int64_t price_ticks(std::size_t side, std::size_t level) {
  const auto away = static_cast<std::int64_t>(level) + 1;
  return side == 0 ? kMiddleTicks - away : kMiddleTicks + away;
}

void append_level(std::size_t side, std::size_t level, std::uint32_t quantity, std::string& out) {
  out += out.back() == ']' ? ",[\"" : "[\"";
  append_price(price_ticks(side, level), out);
  out += "\",\"";
  append_quantity(quantity, out);
  out += "\"]";
}

// Room for a number that is patched in; returns where it is.
std::size_t append_room(std::size_t digits, std::string& out) {
  out.append(digits, '0');
  return out.size() - digits;
}

std::string asset_of(std::size_t instrument) {
  char digits[kSymbolDigits];
  put_digits<kSymbolDigits>(instrument + 1, digits);
  return "L" + std::string(digits, kSymbolDigits);
}

}  // namespace

LoadMarket::LoadMarket(const Size& size)
    : size_(size),
      loop_(std::clamp(kStoreBytesMax / (size.instruments * kBytesAbout), kLoopMin, kLoopMax)),
      places_(streams()),
      sequences_(size.instruments, kLoadSequenceStart),
      trade_ids_(size.instruments, kLoadTradeIdStart) {
  for (const SideIndex side : {bid, ask}) {
    plan_touches(side);
    for (std::size_t level = 0; level < size_.levels; ++level) plan_changes(side, level);
  }
  std::string block;
  for (std::size_t each = 0; each < size_.instruments; ++each) {
    block.clear();
    for (std::size_t place = 0; place < loop_; ++place) {
      for (std::size_t channel = 0; channel < kLoadChannels; ++channel) {
        Frame frame{.offset = block.size()};
        append_frame(static_cast<LoadStream>(each * kLoadChannels + channel), place, block, frame);
        if (each == 0) frames_.push_back(frame);
      }
    }
    if (each == 0) {
      instrument_bytes_ = block.size();
      store_.reserve(instrument_bytes_ * size_.instruments);
    }
    MP_ASSERT(block.size() == instrument_bytes_);
    store_.insert(store_.end(), block.begin(), block.end());
  }
}

// Mostly levels near the best, and in each delta one further away.
void LoadMarket::plan_touches(SideIndex side) {
  Random random(side + 1);
  const std::size_t near = std::clamp(loop_ * 2 / 3, std::size_t{6}, std::size_t{16});
  const std::size_t far = std::max(loop_ / 3, std::size_t{2});
  MP_ASSERT(near + far <= size_.levels);
  std::vector<std::size_t> levels(near);
  for (std::size_t place = 0; place < loop_; ++place) {
    for (std::size_t i = 0; i < near; ++i) levels[i] = i;
    for (std::size_t i = 0; i < kNearTouches; ++i) {
      const auto other =
          static_cast<std::size_t>(random.below(static_cast<std::int64_t>(near - i)));
      std::swap(levels[i], levels[i + other]);
    }
    std::sort(levels.begin(), levels.begin() + kNearTouches);
    Touches& touches = touches_[side].emplace_back();
    for (std::size_t i = 0; i < kNearTouches; ++i) touches[i].level = levels[i];
    touches[kNearTouches].level = near + place % far * (size_.levels - near) / far;
  }
}

// The last touch of a level in the loop restores it, so that the loop can begin again; those before
// set it anew or take it away.
void LoadMarket::plan_changes(SideIndex side, std::size_t level) {
  std::vector<Touch*> touches;
  for (Touches& delta : touches_[side]) {
    for (Touch& touch : delta) {
      if (touch.level == level) touches.push_back(&touch);
    }
  }
  for (std::size_t i = 0; i < touches.size(); ++i) {
    const bool is_there = i == 0 || touches[i - 1]->change != Change::remove;
    const bool removes = is_there && mixed(side, level, i) % 3 == 0;
    touches[i]->change = removes ? Change::remove : Change::set;
  }
  if (!touches.empty()) touches.back()->change = Change::restore;
}

std::uint32_t LoadMarket::start_quantity(std::size_t instrument, SideIndex side,
                                         std::size_t level) const {
  return static_cast<std::uint32_t>(1 + mixed(instrument, 2 + side, level) % 9'999);
}

std::uint32_t LoadMarket::touched_quantity(std::size_t instrument, SideIndex side,
                                           std::size_t index) const {
  const Touch& touch = touches_[side][index / kTouches][index % kTouches];
  if (touch.change == Change::remove) return 0;
  if (touch.change == Change::restore) return start_quantity(instrument, side, touch.level);
  return static_cast<std::uint32_t>(1 + mixed(instrument, 4 + side, index) % 9'999);
}

void LoadMarket::append_frame(LoadStream stream, std::size_t place, std::string& out,
                              Frame& frame) const {
  const std::size_t instrument = instrument_of(stream);
  std::string text = R"({"stream":"l)";
  append(text, std::string_view(asset_of(instrument)).substr(1), "usdt",
         kSuffixes[stream % kLoadChannels], R"(","data":)");
  switch (channel_of(stream)) {
    case LoadChannel::trade:
      append_trade(instrument, place, text, frame);
      break;
    case LoadChannel::depth:
      append_depth(instrument, place, text, frame);
      break;
    case LoadChannel::quote:
      append_quote(instrument, place, text, frame);
      break;
  }
  text += '}';
  sim::append_frame(Opcode::text, text, out);
  frame.bytes = out.size() - frame.offset;
  MP_ASSERT(frame.bytes <= kLoadFrameBytesMax);
  const std::size_t head = frame.bytes - text.size();
  for (std::size_t* const at : {&frame.time, &frame.trade_time, &frame.number, &frame.first}) {
    *at += head;
  }
}

void LoadMarket::append_trade(std::size_t instrument, std::size_t place, std::string& out,
                              Frame& frame) const {
  const bool sold = place % 2 == 0;  // by the taker, at the bid
  out += R"({"e":"trade","E":)";
  frame.time = append_room(13, out);
  append(out, R"(,"s":")", asset_of(instrument), R"(USDT","t":)");
  frame.number = append_room(10, out);
  out += R"(,"p":")";
  append_price(price_ticks(sold ? bid : ask, mixed(instrument, 6, place) % 4), out);
  out += R"(","q":")";
  append_quantity(static_cast<std::uint32_t>(1 + mixed(instrument, 7, place) % 9'999), out);
  out += R"(","T":)";
  frame.trade_time = append_room(13, out);
  append(out, R"(,"m":)", sold ? "true" : "false", R"(,"M":true})");
}

void LoadMarket::append_depth(std::size_t instrument, std::size_t place, std::string& out,
                              Frame& frame) const {
  out += R"({"e":"depthUpdate","E":)";
  frame.time = append_room(13, out);
  append(out, R"(,"s":")", asset_of(instrument), R"(USDT","U":)");
  frame.first = append_room(12, out);
  out += R"(,"u":)";
  frame.number = append_room(12, out);
  for (const SideIndex side : {bid, ask}) {
    out += side == bid ? R"(,"b":[)" : R"(,"a":[)";
    for (std::size_t i = 0; i < kTouches; ++i) {
      append_level(side, touches_[side][place][i].level,
                   touched_quantity(instrument, side, place * kTouches + i), out);
    }
    out += ']';
  }
  out += '}';
}

void LoadMarket::append_quote(std::size_t instrument, std::size_t place, std::string& out,
                              Frame& frame) const {
  out += R"({"u":)";
  frame.number = append_room(19, out);
  append(out, R"(,"s":")", asset_of(instrument), R"(USDT","b":")");
  append_price(price_ticks(bid, mixed(instrument, 8, place) % 4), out);
  out += R"(","B":")";
  append_quantity(static_cast<std::uint32_t>(1 + mixed(instrument, 9, place) % 9'999), out);
  out += R"(","a":")";
  append_price(price_ticks(ask, mixed(instrument, 10, place) % 4), out);
  out += R"(","A":")";
  append_quantity(static_cast<std::uint32_t>(1 + mixed(instrument, 11, place) % 9'999), out);
  out += R"("})";
}

std::optional<std::size_t> LoadMarket::instrument(std::string_view symbol) const {
  if (symbol.size() != kSymbolDigits + 5) return std::nullopt;
  std::size_t number = 0;
  const char* const digits = symbol.data() + 1;
  const auto end = std::from_chars(digits, digits + kSymbolDigits, number).ptr;
  if (end != digits + kSymbolDigits || number == 0 || number > size_.instruments)
    return std::nullopt;
  if (symbol != asset_of(number - 1) + "USDT") return std::nullopt;
  return number - 1;
}

std::optional<LoadStream> LoadMarket::stream(std::string_view name) const {
  const std::size_t at = std::min(name.find('@'), name.size());
  std::string symbol(name.substr(0, at));
  for (char& c : symbol) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  const auto number = instrument(symbol);
  const auto suffix = std::ranges::find(kSuffixes, name.substr(at));
  if (!number || suffix == kSuffixes.end()) return std::nullopt;
  return static_cast<LoadStream>(*number * kLoadChannels +
                                 static_cast<std::size_t>(suffix - kSuffixes.begin()));
}

void LoadMarket::set_time(Timestamp now) {
  put_digits<13>(static_cast<std::uint64_t>(milliseconds(now)), time_.data());
}

char* LoadMarket::write(LoadStream stream, std::int64_t stamp, char* at) {
  const Frame& frame = frames_[place_of(stream)];
  const std::size_t instrument = instrument_of(stream);
  std::memcpy(at, store_.data() + instrument * instrument_bytes_ + frame.offset, frame.bytes);
  switch (channel_of(stream)) {
    case LoadChannel::trade:
      std::memcpy(at + frame.time, time_.data(), time_.size());
      std::memcpy(at + frame.trade_time, time_.data(), time_.size());
      put_digits<10>(++trade_ids_[instrument], at + frame.number);
      break;
    case LoadChannel::depth: {
      std::uint64_t& sequence = sequences_[instrument];
      std::memcpy(at + frame.time, time_.data(), time_.size());
      put_digits<12>(sequence + 1, at + frame.first);
      sequence += kLoadSequenceStep;
      put_digits<12>(sequence, at + frame.number);
      break;
    }
    case LoadChannel::quote:
      put_digits<19>(static_cast<std::uint64_t>(stamp), at + frame.number);
      break;
  }
  if (++places_[stream] == loop_) places_[stream] = 0;
  return at + frame.bytes;
}

void LoadMarket::append_snapshot(std::size_t instrument, std::size_t limit,
                                 std::string& out) const {
  const auto depth = instrument * kLoadChannels + static_cast<std::size_t>(LoadChannel::depth);
  append(out, R"({"lastUpdateId":)", sequences_[instrument]);
  std::vector<std::uint32_t> quantities(size_.levels);
  for (const SideIndex side : {bid, ask}) {
    for (std::size_t level = 0; level < size_.levels; ++level) {
      quantities[level] = start_quantity(instrument, side, level);
    }
    for (std::size_t index = 0; index < places_[depth] * kTouches; ++index) {
      const Touch& touch = touches_[side][index / kTouches][index % kTouches];
      quantities[touch.level] = touched_quantity(instrument, side, index);
    }
    out += side == bid ? R"(,"bids":[)" : R"(,"asks":[)";
    std::size_t written = 0;
    for (std::size_t level = 0; level < size_.levels && written < limit; ++level) {
      if (quantities[level] == 0) continue;
      append_level(side, level, quantities[level], out);
      ++written;
    }
    out += ']';
  }
  out += '}';
}

void LoadMarket::append_listing(std::string& out) const {
  out += R"({"timezone":"UTC","serverTime":)";
  append(out, std::string_view(time_.data(), time_.size()),
         R"(,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,)"
         R"("limit":6000}],"exchangeFilters":[],"symbols":[)");
  for (std::size_t each = 0; each < size_.instruments; ++each) {
    const std::string asset = asset_of(each);
    const std::string symbol = asset + "USDT";
    if (each > 0) out += ',';
    binance::append_symbol(
        {.symbol = symbol, .base = asset, .quote = "USDT", .tick_size = kTick, .lot_size = kLot},
        out);
  }
  out += "]}";
}

}  // namespace mp::sim
