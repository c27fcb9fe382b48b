// How fast events go into a journal and come out, on one core.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "journal/journal.hpp"

namespace {

using namespace mp;
using namespace mp::journal;

Event trade() {
  Event event;
  event.ts_event = from_nanoseconds(1'700'000'000'000'000'000);
  event.ts_recv = from_nanoseconds(1'700'000'000'001'000'000);
  event.seq = 1;
  event.body = Trade{"123456789", {{6'512'345, -2}}, {{15'000, -5}}, Side::buy};
  return event;
}

Event delta(const std::vector<Level>& levels) {
  Event event = trade();
  event.body = Book{false,
                    1,
                    2,
                    {},
                    {},
                    {},
                    {},
                    Levels(levels).first(levels.size() / 2),
                    Levels(levels).subspan(levels.size() / 2)};
  return event;
}

// range(0): levels of a book delta; 0: a trade. range(1): 1 on the disk, 0 in memory.
struct Setup {
  explicit Setup(const benchmark::State& state)
      : levels(static_cast<std::size_t>(state.range(0)), Level({{6'512'345, -2}}, {{15, -3}})),
        event(levels.empty() ? trade() : delta(levels)) {
    if (state.range(1) == 1) {
      std::string name = (std::filesystem::temp_directory_path() / "journal_bench.XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) std::abort();
      config.dir = name;
    }
    config.retention_bytes = std::uint64_t{512} << 20U;
  }
  ~Setup() {
    std::error_code ignored;
    if (!config.dir.empty()) std::filesystem::remove_all(config.dir, ignored);
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  Config config;
  std::vector<Level> levels;
  Event event;
};

void append(benchmark::State& state) {
  const Setup setup(state);
  const auto writer = Writer::open(setup.config).take();
  const SubjectId subject = writer->subject("binance", "BTCUSDT", "BTC-USDT");
  std::uint64_t count = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(writer->append(subject, setup.event));
    if (++count % 64 == 0) writer->publish();
  }
  state.SetItemsProcessed(state.iterations());
}

void read(benchmark::State& state) {
  const Setup setup(state);
  const auto writer = Writer::open(setup.config).take();
  const SubjectId subject = writer->subject("binance", "BTCUSDT", "BTC-USDT");
  while (writer->counters().segments < 6) {
    for (int count = 0; count < 10'000; ++count) writer->append(subject, setup.event);
    writer->publish();
  }
  auto reader = Reader::open({.location = writer->location(), .name = {}}).take();
  for (auto _ : state) {
    if (reader->next() != Next::event) {
      state.PauseTiming();
      reader = Reader::open({.location = writer->location(), .name = {}}).take();
      state.ResumeTiming();
      continue;
    }
    benchmark::DoNotOptimize(reader->event().seq);
    if (reader->index() % 256 == 0) reader->release();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(append)->ArgNames({"levels", "disk"})->ArgsProduct({{0, 20, 400}, {0, 1}});
BENCHMARK(read)->ArgNames({"levels", "disk"})->ArgsProduct({{0, 20, 400}, {0, 1}});

}  // namespace
