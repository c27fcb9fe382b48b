// L4. Views: what a collector holds at one moment, as plain values: screens, metrics and the
// control API show states, and never read streams. Each lists its fields once, as events do.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/instrument.hpp"
#include "obs/stage_times.hpp"
#include "pipeline/feed_state.hpp"

namespace mp::pipeline {

struct ChannelView {
  Channel channel = Channel::trade;
  StreamState state = StreamState::waiting;
  std::uint64_t events = 0;  // of this run
  std::uint64_t legs = 0;    // connections that carry it

  static void fields(auto& self, auto&& visit) {
    visit("channel", self.channel);
    visit("state", self.state);
    visit("events", self.events);
    visit("legs", self.legs);
  }
};

// Best bid and ask, of the book where one is kept, else of the last quote.
struct InstrumentView {
  std::string venue;
  std::string symbol;
  std::string instrument;  // empty while unknown
  StreamState state = StreamState::waiting;
  std::string reason;  // why it is not live, where that is known
  std::optional<InstrumentKind> kind;
  std::optional<Price> tick;
  std::uint64_t events = 0;  // of this run
  std::uint64_t gaps = 0;
  std::uint64_t missing = 0;  // messages that are known to be missing
  std::optional<Level> bid;
  std::optional<Level> ask;
  std::optional<Price> last_price;
  std::vector<ChannelView> channels;
};

// The best levels of a book, best first.
struct BookView {
  std::string venue;
  std::string symbol;
  std::string instrument;
  StreamState state = StreamState::waiting;
  std::optional<Price> tick;
  std::optional<std::int64_t> sequence;  // the venue's number that it stands at
  std::uint64_t seq = 0;                 // ours, of the book event that it stands at
  std::optional<Timestamp> ts_event;
  std::optional<Timestamp> ts_recv;
  std::optional<Price> known_bid;  // as far as it is known: Book::known_bid
  std::optional<Price> known_ask;
  std::uint64_t bid_levels = 0;  // that the book has
  std::uint64_t ask_levels = 0;
  std::vector<Level> bids;
  std::vector<Level> asks;
};

// A sink, as one of its runners has it.
struct SinkView {
  std::string name;
  std::uint32_t shard = 0;
  bool is_open = false;
  std::string problem;             // the newest trouble
  std::uint64_t delivered = 0;     // events
  std::uint64_t lag = 0;           // events that the journal has and the sink has not taken
  std::uint64_t unconfirmed = 0;   // taken, and held by the journal until they are safe
  std::uint64_t dead_letters = 0;  // events that it refused
  std::uint64_t missed = 0;        // events that retention took before they were read
  std::uint64_t batches = 0;
  std::uint64_t retries = 0;
  std::uint64_t upkeep_failures = 0;  // of what it does by itself beside: compaction
  std::string upkeep_problem;         // why that failed last; empty: it goes well

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("shard", self.shard);
    visit("is_open", self.is_open);
    visit("problem", self.problem);
    visit("delivered", self.delivered);
    visit("lag_events", self.lag);
    visit("unconfirmed_events", self.unconfirmed);
    visit("dead_letters", self.dead_letters);
    visit("missed", self.missed);
    visit("batches", self.batches);
    visit("retries", self.retries);
    visit("upkeep_failures", self.upkeep_failures);
    visit("upkeep_problem", self.upkeep_problem);
  }
};

// The journal of a shard.
struct JournalView {
  std::uint32_t shard = 0;
  std::uint64_t next_index = 0;  // events that it has had
  std::uint64_t appended = 0;    // by this run
  std::uint64_t dropped = 0;
  std::uint64_t bytes = 0;  // that its segments take
  std::uint64_t bytes_max = 0;
  std::uint64_t segments = 0;
  bool has_room = true;  // false: the disk is full, and events are kept in memory or dropped

  static void fields(auto& self, auto&& visit) {
    visit("shard", self.shard);
    visit("next_index", self.next_index);
    visit("appended", self.appended);
    visit("dropped", self.dropped);
    visit("bytes", self.bytes);
    visit("bytes_max", self.bytes_max);
    visit("segments", self.segments);
    visit("has_room", self.has_room);
  }
};

// How long a stage takes, of all shards.
struct StageView {
  obs::Stage stage = obs::Stage::decode;
  std::string of;           // the venue, or the sink
  std::uint64_t every = 1;  // one in so many is timed
  obs::StageSnapshot taken;
};

// A status event, for people: gaps, and what became of connections and books.
struct StatusView {
  Timestamp ts{};
  std::string venue;
  std::string symbol;
  std::string instrument;
  std::optional<Channel> channel;
  Condition condition = Condition::gap;
  std::string reason;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  std::optional<std::int64_t> missing;
  std::optional<Timestamp> since;

  static void fields(auto& self, auto&& visit) {
    visit("ts", self.ts);
    visit("venue", self.venue);
    visit("symbol", self.symbol);
    visit("instrument", self.instrument);
    visit("channel", self.channel);
    visit("condition", self.condition);
    visit("reason", self.reason);
    visit("from", self.from);
    visit("to", self.to);
    visit("missing", self.missing);
    visit("since", self.since);
  }
};

// A trade of a stream that somebody looks at.
struct TradeView {
  std::uint64_t seq = 0;
  Timestamp ts{};  // the venue's time, else ours
  std::string trade_id;
  Price price;
  Quantity quantity;
  std::optional<Side> side;
};

// The latest trades of a symbol, kept while somebody asks for them.
class Tape {
 public:
  static constexpr std::size_t kTradesMax = 256;
  static constexpr std::chrono::seconds kKept{30};  // after the last question

  explicit Tape(Timestamp now) : asked_(now) {}

  void add(const Event& event, const Trade& trade) {
    if (trades_.size() == kTradesMax) trades_.pop_front();
    trades_.push_back({.seq = event.seq,
                       .ts = event.ts_event.value_or(event.ts_recv),
                       .trade_id = std::string{trade.trade_id.value_or("")},
                       .price = trade.price,
                       .quantity = trade.quantity,
                       .side = trade.side});
  }
  // Nobody has asked for long.
  [[nodiscard]] bool is_idle(Timestamp now) const { return now - asked_ > kKept; }
  // Those behind number `after`, oldest first.
  [[nodiscard]] std::vector<TradeView> since(std::uint64_t after, Timestamp now) {
    asked_ = now;
    std::vector<TradeView> out;
    for (const auto& each : trades_) {
      if (each.seq > after) out.push_back(each);
    }
    return out;
  }

 private:
  std::deque<TradeView> trades_;
  Timestamp asked_;
};

}  // namespace mp::pipeline
