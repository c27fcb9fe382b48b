// A delta's levels into a book of 1,000 levels a side: one book in the cache, and 500 that are not.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "bench/frames.hpp"
#include "bench/work.hpp"
#include "book/order_book.hpp"
#include "codec/recording.hpp"
#include "core/assert.hpp"
#include "venue/registry.hpp"
#include "venue/rest.hpp"

namespace mp::bench {
namespace {

constexpr std::size_t kDepth = 1000;
constexpr std::size_t kColdBooks = 500;
constexpr std::size_t kColdStepsMax = 100;  // messages that each of the cold books gets in a round
constexpr std::size_t kHotChangesMin = 300'000;
constexpr std::size_t kBookFrames = 60'000;

// The baseline: a tree of levels by price, as books are usually written first.
class MapBook {
 public:
  void start(Levels bids, Levels asks) { apply(bids, asks); }
  void apply(Levels bids, Levels asks) {
    for (const Level& change : bids) set(bids_, change);
    for (const Level& change : asks) set(asks_, change);
    while (bids_.size() > kDepth) bids_.erase(std::prev(bids_.end()));
    while (asks_.size() > kDepth) asks_.erase(std::prev(asks_.end()));
  }
  [[nodiscard]] std::int64_t best() const {
    return bids_.empty() || asks_.empty()
               ? 0
               : bids_.begin()->second.price_mantissa ^ asks_.begin()->second.price_mantissa;
  }

 private:
  template <class Side>
  static void set(Side& side, const Level& change) {
    if (change.quantity_mantissa > 0) {
      side.insert_or_assign(change.price(), change);
    } else {
      side.erase(change.price());
    }
  }

  std::map<Price, Level, std::greater<>> bids_;
  std::map<Price, Level> asks_;
};

class OurBook {
 public:
  void start(Levels bids, Levels asks) { book_.reset(bids, asks); }
  void apply(Levels bids, Levels asks) { book_.apply(bids, asks); }
  [[nodiscard]] std::int64_t best() const {
    const auto bid = book_.best_bid();
    const auto ask = book_.best_ask();
    return bid && ask ? bid->price_mantissa ^ ask->price_mantissa : 0;
  }

 private:
  book::OrderBook book_{kDepth};
};

// One symbol's book messages, the first of which makes the whole book.
struct Stream {
  struct Message {
    std::vector<Level> bids;
    std::vector<Level> asks;
  };
  std::vector<Message> messages;
  std::size_t changes = 0;  // levels in all messages but the first
  bool has_snapshot = false;
  std::int64_t snapshot_last = 0;
};

class Collector final : public EventHandler {
 public:
  void on_event(Event& event) override {
    const auto* body = std::get_if<Book>(&event.body);
    if (body == nullptr) return;
    Stream& stream = streams[std::string{event.symbol}];
    if (body->is_snapshot) {
      if (!stream.has_snapshot) stream.messages.clear();
      if (stream.has_snapshot) return;
      stream.has_snapshot = true;
      stream.changes = 0;
      stream.snapshot_last = body->last_sequence.value_or(0);
    } else {
      if (body->last_sequence && rest && *body->last_sequence <= stream.snapshot_last) return;
      stream.changes += body->bids.size() + body->asks.size();
    }
    stream.messages.push_back(
        {{body->bids.begin(), body->bids.end()}, {body->asks.begin(), body->asks.end()}});
  }

  // The symbol with most changes.
  [[nodiscard]] Stream take() {
    const auto most = std::ranges::max_element(streams, {}, [](const auto& stream) {
      return stream.second.has_snapshot ? stream.second.changes + 1 : 0;
    });
    return most == streams.end() ? Stream{} : std::move(most->second);
  }

  bool rest = false;  // snapshots come by REST, numbered as the deltas are
  std::unordered_map<std::string, Stream> streams;
};

// Best first, at most kDepth; fewer are filled up beyond the worst, a tick of the last digit apart.
void fill_up(std::vector<Level>& side, int direction) {
  if (side.size() > kDepth) side.resize(kDepth);
  while (!side.empty() && side.size() < kDepth) {
    Level next = side.back();
    next.price_mantissa += direction;
    if (next.price_mantissa <= 0) return;
    side.push_back(next);
  }
}

Result<Stream> recorded(const std::filesystem::path& file) {
  auto recording = codec::RecordingReader::open(file);
  if (!recording) return recording.error();
  std::unique_ptr<venue::Adapter> adapter;
  std::unique_ptr<venue::Decoder> decoder;
  Collector collector;
  for (std::size_t frames = 0; frames < kBookFrames;) {
    const auto line = (*recording)->next();
    if (!line) break;
    if (line->kind == codec::LineKind::header) adapter = venue::adapter_spelled(line->venue);
    if (adapter == nullptr) continue;
    if (decoder == nullptr) decoder = adapter->decoder();
    collector.rest = adapter->traits().book.start == BookStart::rest_snapshot;
    if (line->kind == codec::LineKind::recv) {
      ++frames;
      (void)decoder->read(line->data, Timestamp{}, collector);
    } else if (line->kind == codec::LineKind::http) {
      const auto call = venue::identify(*adapter, line->url);
      if (!call || call->kind != venue::RestKind::snapshot) continue;
      venue::RestReading answer;
      const auto read = adapter->read_rest(*call, line->data, Timestamp{}, collector, answer);
      if (!read) return read.error();
    }
  }
  Stream stream = collector.take();
  if (stream.messages.size() < 2) {
    return Error{ErrorKind::data,
                 "the recording " + file.string() +
                     " cannot be measured with: expected a book and changes of it"};
  }
  fill_up(stream.messages.front().bids, -1);
  fill_up(stream.messages.front().asks, 1);
  return stream;
}

// Deltas of the simulated venue. Its first book is made of all that its deltas set.
Stream simulated() {
  const auto decoder = venue::make_adapter("binance")->decoder();
  Collector collector;
  simulated_frames("binance", kBookFrames).each([&](std::string_view frame) {
    (void)decoder->read(frame, Timestamp{}, collector);
  });
  for (auto& [symbol, stream] : collector.streams) stream.has_snapshot = true;
  Stream stream = collector.take();
  MP_ASSERT(!stream.messages.empty());
  book::OrderBook all;
  for (const auto& message : stream.messages) all.apply(message.bids, message.asks);
  Stream::Message first;
  all.top(Side::buy, kDepth, first.bids);
  all.top(Side::sell, kDepth, first.asks);
  fill_up(first.bids, -1);
  fill_up(first.asks, 1);
  stream.messages.insert(stream.messages.begin(), std::move(first));
  return stream;
}

// Nanoseconds of CPU time per level change; the stream runs through a new book until enough has
// been changed.
template <class AnyBook>
double hot(const Stream& stream) {
  double seconds = 0;
  std::size_t changes = 0;
  do {
    AnyBook book;
    const auto& first = stream.messages.front();
    book.start(first.bids, first.asks);
    const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (std::size_t i = 1; i < stream.messages.size(); ++i) {
      book.apply(stream.messages[i].bids, stream.messages[i].asks);
      const std::int64_t best = book.best();
      asm volatile("" : : "r"(best));
    }
    seconds += seconds_of(CLOCK_THREAD_CPUTIME_ID) - start;
    changes += stream.changes;
  } while (changes < kHotChangesMin);
  return seconds / static_cast<double>(changes) * 1e9;
}

// Each book stands at another place of the stream, and each gets its next message in turn: the book
// is out of the cache when its turn comes, and neither its search nor its message is that of the
// book before.
template <class AnyBook>
double cold(const Stream& stream) {
  const std::size_t count = stream.messages.size();
  const std::size_t steps = std::min(kColdStepsMax, count / 4);
  std::vector<AnyBook> books(kColdBooks);
  std::vector<std::size_t> at(kColdBooks);
  AnyBook walker;
  std::size_t walked = 1;
  walker.start(stream.messages.front().bids, stream.messages.front().asks);
  for (std::size_t i = 0; i < kColdBooks; ++i) {
    at[i] = 1 + i * (count - 1 - steps) / kColdBooks;
    for (; walked < at[i]; ++walked) {
      walker.apply(stream.messages[walked].bids, stream.messages[walked].asks);
    }
    books[i] = walker;
  }
  std::size_t changes = 0;
  const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < kColdBooks; ++i) {
      const auto& message = stream.messages[at[i] + step];
      books[i].apply(message.bids, message.asks);
      const std::int64_t best = books[i].best();
      asm volatile("" : : "r"(best));
      changes += message.bids.size() + message.asks.size();
    }
  }
  const double seconds = seconds_of(CLOCK_THREAD_CPUTIME_ID) - start;
  return changes == 0 ? 0 : seconds / static_cast<double>(changes) * 1e9;
}

void measure(const std::string& input, const Stream& stream, const Options& options,
             const Report& report) {
  const std::size_t messages = stream.messages.size() - 1;
  const auto row_named = [&](std::string_view name, double target) {
    Measurement row;
    row.name = fmt::format("{}, {}", name, input);
    row.input = fmt::format(
        "{}: {} deltas of {:.1f} levels on average, {} levels a side kept", input, messages,
        static_cast<double>(stream.changes) / static_cast<double>(messages), kDepth);
    row.unit = "ns/change";
    row.floor_name = "std::map";
    row.target = Target{Target::Is::at_most, target};
    return row;
  };
  Measurement one = row_named("book, one hot", 40);
  compare(
      one, options.rounds, [&] { return hot<OurBook>(stream); },
      [&] { return hot<MapBook>(stream); });
  report(one);
  Measurement many = row_named("book, 500 cold", 60);
  compare(
      many, options.rounds, [&] { return cold<OurBook>(stream); },
      [&] { return cold<MapBook>(stream); });
  report(many);
}

// Of a book as its snapshot left it, where there is one, and after all the changes.
void measure_memory(const std::string& input, const Stream& stream, const Report& report) {
  book::OrderBook book{kDepth};
  const auto note = [&](std::string_view when) {
    const std::size_t levels = book.bid_count() + book.ask_count();
    Measurement row;
    row.name = fmt::format("book, memory {}, {}", when, input);
    row.input = fmt::format("{}: {} levels", input, levels);
    row.unit = "bytes/level";
    row.ours.values = {static_cast<double>(book.memory_bytes()) / static_cast<double>(levels)};
    report(row);
  };
  const auto& first = stream.messages.front();
  book.reset(first.bids, first.asks);
  if (stream.has_snapshot) note("at first");
  for (std::size_t i = 1; i < stream.messages.size(); ++i) {
    book.apply(stream.messages[i].bids, stream.messages[i].asks);
  }
  note("at last");
}

}  // namespace

Result<void> bench_book(const Options& options, const Report& report) {
  const auto run = [&](const std::string& input, const Stream& stream) {
    measure(input, stream, options, report);
    measure_memory(input, stream, report);
  };
  if (options.recordings.empty()) run("simulated", simulated());
  for (const auto& file : options.recordings) {
    const auto stream = recorded(file);
    if (!stream) return stream.error();
    run(file.stem().stem().string(), *stream);
  }
  return {};
}

}  // namespace mp::bench
