// The message path on fixed inputs, for tests/instructions: callgrind counts what runs inside the
// function that the first argument names. A program of its own, without Google Benchmark.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "bench/events.hpp"
#include "bench/frames.hpp"
#include "book/order_book.hpp"
#include "core/assert.hpp"
#include "journal/journal.hpp"
#include "venue/registry.hpp"

namespace {

using namespace mp;

constexpr std::size_t kFrames = 3000;
constexpr std::size_t kEvents = 3000;

class Counter final : public EventHandler {
 public:
  void on_event(Event&) override { ++events; }
  std::uint64_t events = 0;
};

// Keeps the levels of book events: the deltas that a book is fed with.
struct Delta {
  std::vector<Level> bids, asks;
};
class Deltas final : public EventHandler {
 public:
  void on_event(Event& event) override {
    const auto* book = std::get_if<Book>(&event.body);
    if (book != nullptr && !book->is_snapshot && event.symbol == "BTC-USDT")
      all.push_back(
          {{book->bids.begin(), book->bids.end()}, {book->asks.begin(), book->asks.end()}});
  }
  std::vector<Delta> all;
};

}  // namespace

// Named for callgrind's --toggle-collect.
extern "C" {

[[gnu::noinline]] std::uint64_t counted_decode(venue::Decoder& decoder,
                                               const bench::Frames& frames) {
  Counter counter;
  frames.each([&](std::string_view frame) { (void)decoder.read(frame, Timestamp{}, counter); });
  return counter.events;
}

[[gnu::noinline]] std::uint64_t counted_book(book::OrderBook& book,
                                             const std::vector<Delta>& deltas) {
  std::uint64_t levels = 0;
  for (const Delta& delta : deltas) {
    book.apply(delta.bids, delta.asks);
    levels += delta.bids.size() + delta.asks.size();
  }
  return levels;
}

[[gnu::noinline]] std::uint64_t counted_append(journal::Writer& writer, bench::Events& events) {
  const auto subject = writer.subject("binance", "BTCUSDT", "BTC-USDT");
  for (std::size_t i = 0; i < kEvents; ++i) writer.append(subject, events.next(i));
  return kEvents;
}

[[gnu::noinline]] std::uint64_t counted_read(journal::Reader& reader) {
  std::uint64_t count = 0;
  while (reader.next() == journal::Next::event) ++count;
  return count;
}

}  // extern "C"

namespace {

std::uint64_t decode(std::string_view venue) {
  const auto decoder = venue::make_adapter(venue)->decoder();
  const auto frames = bench::simulated_frames(venue, kFrames);
  // Warm: what growing costs once depends on what else the heap holds.
  Counter counter;
  frames.each([&](std::string_view frame) { (void)decoder->read(frame, Timestamp{}, counter); });
  return counted_decode(*decoder, frames);
}

std::uint64_t change_book() {
  Deltas deltas;
  const auto decoder = venue::make_adapter("okx")->decoder();
  bench::simulated_frames("okx", 4 * kFrames).each([&](std::string_view frame) {
    (void)decoder->read(frame, Timestamp{}, deltas);
  });
  book::OrderBook book;
  return counted_book(book, deltas.all);
}

std::uint64_t use_journal(bool reads) {
  const auto writer = journal::Writer::open({.dir = {}}).take();
  bench::Events events;
  const std::uint64_t appended = counted_append(*writer, events);
  if (!reads) return appended;
  writer->publish();
  return counted_read(*journal::Reader::open({.location = writer->location(), .name = {}}).take());
}

}  // namespace

// Prints how often the work was done.
int main(int argc, char** argv) {
  const std::string_view work = argc == 2 ? argv[1] : "";
  std::uint64_t count = 0;
  if (work == "decode_binance") count = decode("binance");
  if (work == "decode_okx") count = decode("okx");
  if (work == "book") count = change_book();
  if (work == "append") count = use_journal(false);
  if (work == "read") count = use_journal(true);
  std::printf("%llu\n", static_cast<unsigned long long>(count));
  return count > 0 ? 0 : 2;
}
