// L4. Streams: what is known of each symbol of a venue while its messages flow by.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/channel_set.hpp"
#include "core/event.hpp"
#include "core/instrument.hpp"
#include "journal/journal.hpp"
#include "pipeline/arbiter.hpp"
#include "pipeline/bars.hpp"
#include "pipeline/book_feed.hpp"
#include "pipeline/stream_life.hpp"
#include "pipeline/trade_watch.hpp"
#include "pipeline/view.hpp"

namespace mp::pipeline {

// A session that is connected, and the channels of a symbol that it carries.
struct Carrier {
  SessionId session = 0;
  ChannelSet channels;
};

// What is kept of a stream from run to run.
struct StreamPast {
  std::array<std::uint64_t, kChannelCount> seq{};  // of the last event of each channel
  ChannelSet live;                                 // that were connected
  std::optional<std::int64_t> last_trade{};        // its number, where the venue counts them
  TradeHoles missing_trades{};                     // that are still asked for
};

// With thousands of symbols every event finds its stream far from the processor: what it needs
// comes first, in two lines of the cache.
struct alignas(64) Stream {
  std::string symbol;
  std::string instrument;                     // ours; empty while unknown
  std::unique_ptr<BookFeed> book;             // once a book message came
  std::unique_ptr<Arbiter> arbiter;           // once two sessions carry the same
  std::optional<journal::SubjectId> subject;  // in the journal; asked anew when its facts change
  ChannelSet asked;                           // that are wanted; empty: all
  std::uint64_t levels = 0;                   // in all book events
  std::array<std::uint64_t, kChannelCount> seq{};     // of the last event of each channel
  std::vector<std::unique_ptr<BookFeed>> more_books;  // of further depths
  std::vector<Carrier> carriers;
  std::unique_ptr<TradeWatch> trades;  // where the venue counts them
  // Of the events in seq, those that no session brought: a topic may be silent all the same.
  std::array<std::uint64_t, kChannelCount> by_rest{};
  // What screens show of it.
  StreamLife life;
  std::array<std::uint64_t, kChannelCount> told_before{};  // in seq: of earlier runs
  std::optional<Level> bid;  // of the last quote, where no book is kept
  std::optional<Level> ask;
  std::optional<Price> last_price;
  std::unique_ptr<Bars> bars;  // once something was traded
  std::unique_ptr<Tape> tape;  // while somebody looks at its trades

  void for_each_book_feed(auto&& visit) {
    if (book) visit(*book);
    for (const auto& other : more_books) visit(*other);
  }
  void for_each_book_feed(auto&& visit) const {
    if (book) visit(std::as_const(*book));
    for (const auto& other : more_books) visit(std::as_const(*other));
  }
  // A session carries a channel of it from now on. True: another one does, or it did already.
  bool carry(SessionId session, Channel channel);
  // It does no longer. False: it did not.
  bool drop(SessionId session, Channel channel);
  // By any session, or by this one.
  [[nodiscard]] bool is_carried(Channel channel) const;
  [[nodiscard]] bool is_carried(Channel channel, SessionId by) const;
  // That it had in this run.
  [[nodiscard]] std::uint64_t events() const;
  // Keeps what screens show of a trade or a quote. Late trades (a backfill) do not change what
  // was last.
  void show(const Event& event);
  // As the next run is to know it.
  [[nodiscard]] StreamPast past() const;

  void ask_for(Channel channel) { asked.add(channel); }
  // Something was asked for: none must not become all. Status is our own.
  void ask_no_longer_for(Channel channel) {
    ask_for(Channel::status);
    asked.remove(channel);
  }
  [[nodiscard]] bool wants(Channel channel) const { return asked.empty() || asked.has(channel); }
};

// All streams of one venue, by symbol: a lookup for every event. Streams never move or disappear.
class StreamTable {
 public:
  // Null where there is none yet.
  [[nodiscard]] Stream* find(std::string_view symbol) const {
    if (slots_.empty()) return nullptr;
    const std::uint64_t hash = hash_of(symbol);
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.stream == nullptr) return nullptr;
      if (slot.hash == hash && slot.stream->symbol == symbol) return slot.stream;
    }
  }
  // The symbol must not be there yet.
  Stream& add(std::string_view symbol) {
    Stream& stream = streams_.emplace_back();
    stream.symbol = symbol;
    if (streams_.size() * 2 > slots_.size()) {
      slots_.assign(std::max<std::size_t>(kSlotsMin, slots_.size() * 2), {});
      for (Stream& each : streams_) insert(each);
    } else {
      insert(stream);
    }
    return stream;
  }
  [[nodiscard]] std::deque<Stream>& all() { return streams_; }
  [[nodiscard]] const std::deque<Stream>& all() const { return streams_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    Stream* stream = nullptr;
  };
  static constexpr std::size_t kSlotsMin = 16;

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }  // their number: 2^n

  // Of the first, the middle and the last eight characters: symbols rarely have more.
  [[nodiscard]] static std::uint64_t hash_of(std::string_view symbol) {
    constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t sum = symbol.size();
    if (symbol.size() < 8) {
      for (const char c : symbol) sum = sum << 8U | static_cast<unsigned char>(c);
    } else {
      const auto word = [&](std::size_t at) {
        std::uint64_t characters = 0;
        std::memcpy(&characters, symbol.data() + at, sizeof characters);
        return characters;
      };
      sum += word(0) ^ std::rotl(word(symbol.size() - 8), 23) ^
             std::rotl(word((symbol.size() - 8) / 2), 41);
    }
    sum *= kOdd;
    return sum ^ (sum >> 32U);
  }
  void insert(Stream& stream) {
    const std::uint64_t hash = hash_of(stream.symbol);
    std::size_t at = hash & mask();
    while (slots_[at].stream != nullptr) at = (at + 1) & mask();
    slots_[at] = {hash, &stream};
  }

  std::deque<Stream> streams_;
  std::vector<Slot> slots_;  // at least half of them free
};

}  // namespace mp::pipeline
