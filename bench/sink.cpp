// journal -> files: the sink runner with a real sink, as `marketprism run` has it, over what a load
// generator would send.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "bench/work.hpp"
#include "core/assert.hpp"
#include "pipeline/sink_runner.hpp"
#include "sink/registry.hpp"

namespace mp::bench {
namespace {

constexpr std::size_t kInstruments = 50;
constexpr std::uint64_t kBacklog = 1'500'000;  // events in the journal when the sink starts
constexpr std::uint64_t kPace = 500'000;       // events per second that are appended meanwhile
constexpr std::uint64_t kPublishEach = 64;
constexpr std::uint64_t kJournalBytesMax = std::uint64_t{2} << 30U;
constexpr int kRoundsMax = 7;
constexpr std::chrono::seconds kDeliverMax{60};

// One third trades, quotes and book deltas with five levels on each side.
class Load {
 public:
  explicit Load(journal::Writer& writer) : writer_(writer) {
    for (std::size_t i = 0; i < kInstruments; ++i) {
      const std::string name = fmt::format("L{:05}", i + 1);
      subjects_[i] = writer.subject("binance", name + "USDT", name + "-USDT");
    }
  }

  void append() {
    const auto number = static_cast<std::int64_t>(count_++);
    const std::size_t instrument = random_() % kInstruments;
    Event event;
    event.ts_recv = from_nanoseconds(kStart + number * 1'000 + below(900));
    event.seq = ++sequences_[instrument];
    std::array<char, 24> id{};
    std::array<Level, 10> levels;
    if (number % 3 == 0) {
      const auto* const end =
          fmt::format_to_n(id.data(), id.size(), "{}", 100'000'000 + number).out;
      event.ts_event = from_nanoseconds((kStart + number * 1'000) / 1'000'000 * 1'000'000);
      event.body = Trade{std::string_view{id.data(), end}, price(0), quantity(),
                         below(2) == 0 ? Side::buy : Side::sell};
    } else if (number % 3 == 1) {
      event.body = Quote{price(-1), quantity(), price(1), quantity(), number * 3};
    } else {
      for (std::int64_t i = 0; i < 5; ++i) {
        levels[static_cast<std::size_t>(i)] = Level{price(-1 - i), quantity()};
        levels[static_cast<std::size_t>(i + 5)] = Level{price(1 + i), quantity()};
      }
      event.ts_event = from_nanoseconds((kStart + number * 1'000) / 1'000'000 * 1'000'000);
      event.body = Book{.is_snapshot = false,
                        .first_sequence = number * 3,
                        .last_sequence = number * 3 + 9,
                        .previous_sequence = {},
                        .checksum = {},
                        .bids = Levels{levels}.first(5),
                        .asks = Levels{levels}.last(5)};
    }
    MP_ASSERT(writer_.append(subjects_[instrument], event));
    if (count_ % kPublishEach == 0) writer_.publish();
  }
  void append(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) append();
    writer_.publish();
  }

 private:
  static constexpr std::int64_t kStart = 1'790'000'000'000'000'000;

  std::int64_t below(std::uint64_t bound) { return static_cast<std::int64_t>(random_() % bound); }
  // As Binance writes them: eight places, of which prices use four and quantities three.
  Price price(std::int64_t away) { return {{(15'000 + away * (1 + below(4))) * 10'000, -8}}; }
  Quantity quantity() { return {{(1 + below(9'999)) * 100'000, -8}}; }

  journal::Writer& writer_;
  std::array<journal::SubjectId, kInstruments> subjects_{};
  std::array<std::uint64_t, kInstruments> sequences_{};
  std::uint64_t count_ = 0;
  std::minstd_rand random_{1};
};

// Appends at kPace until it goes, in a thread of its own.
class Collecting {
 public:
  explicit Collecting(Load& load) : thread_([this, &load] { run(load); }) {}
  ~Collecting() { stop(); }
  Collecting(const Collecting&) = delete;
  Collecting& operator=(const Collecting&) = delete;

  // The CPU time that it took.
  double stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return seconds_;
  }

 private:
  void run(Load& load) {
    const double start = seconds_of(CLOCK_MONOTONIC);
    std::uint64_t appended = 0;
    while (!stopping_ && appended < kPace * kDeliverMax.count()) {
      const double passed = seconds_of(CLOCK_MONOTONIC) - start;
      const auto due = static_cast<std::uint64_t>(passed * static_cast<double>(kPace));
      if (due > appended) load.append(due - appended);
      appended = due;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    seconds_ = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  }

  std::atomic<bool> stopping_ = false;
  double seconds_ = 0;
  std::thread thread_;
};

class NullSink final : public sink::Sink {
 public:
  Result<void> open() override { return {}; }
  sink::Written write(const sink::Batch& batch) override {
    asm volatile("" : : "r"(batch.items.data()) : "memory");  // all of it is needed
    return {};
  }
};

// A section of that type with its defaults; "null" is none.
struct Section {
  pipeline::SinkRunnerConfig runner;
  std::unique_ptr<sink::Sink> sink;
};
Result<Section> section_of(std::string_view name, const std::filesystem::path& folder) {
  const auto* const spec = sink::spec_of(name);
  if (spec == nullptr) return Section{.runner = {}, .sink = std::make_unique<NullSink>()};
  sink::Settings settings{*spec};
  settings.data_dir = folder;
  auto runner = pipeline::settings_of_runner(settings);
  if (!runner) return runner.error();
  return Section{.runner = runner.take(), .sink = spec->make(settings)};
}

// What the process takes beside files that it has mapped, in MB.
double own_memory_mb() {
  std::ifstream file{"/proc/self/status"};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("RssAnon:")) return std::strtod(line.c_str() + 8, nullptr) / 1024;
  }
  return 0;
}

struct Drained {
  double rate = 0;  // M events per second
  double cpu = 0;   // ns per event, of all threads but the appending one
  double memory_mb = 0;
};

enum class While : std::uint8_t { nothing, collecting };

// From the start of the runner until the cursor has passed the backlog. Alone, what is pending at
// the end is delivered by stop(); while collecting, the flushes go on as they do in a long run.
Result<Drained> drain(std::string_view name, While what, const std::filesystem::path& scratch) {
  const auto folder = scratch / "bench-sink";
  std::filesystem::remove_all(folder);
  auto opened = journal::Writer::open(
      {.dir = folder / "journal", .retention_bytes = kJournalBytesMax, .spare_memory_bytes = 0});
  if (!opened) return opened.error();
  const auto writer = opened.take();
  Load load{*writer};
  load.append(kBacklog);

  const double memory = own_memory_mb();
  auto section = section_of(name, folder);
  if (!section) return section.error();
  pipeline::SinkRunner runner{section->runner,
                              {.location = writer->location(), .name = "bench"},
                              std::move(section->sink),
                              [] { return 0x8000'0000U; }};
  const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const double start = seconds_of(CLOCK_MONOTONIC);
  if (auto started = runner.start(); !started) return started.error();
  std::optional<Collecting> collecting;
  if (what == While::collecting) collecting.emplace(load);
  Drained out;
  pipeline::SinkCounters counters;
  const auto done = [&] { return (collecting ? counters.cursor : counters.read) >= kBacklog; };
  while (!done() && seconds_of(CLOCK_MONOTONIC) - start < kDeliverMax.count()) {
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
    out.memory_mb = std::max(out.memory_mb, own_memory_mb() - memory);
    counters = runner.counters();
  }
  if (!collecting) runner.stop();
  counters = runner.counters();
  const double seconds = seconds_of(CLOCK_MONOTONIC) - start;
  double cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  if (collecting) cpu_seconds -= collecting->stop();
  runner.stop();
  std::filesystem::remove_all(folder);
  if (counters.cursor < kBacklog) {
    return Error{ErrorKind::internal, fmt::format("the sink {} delivered {} of {} events: {}", name,
                                                  counters.cursor, kBacklog, runner.problem())};
  }
  out.rate = static_cast<double>(counters.cursor) / seconds * 1e-6;
  out.cpu = cpu_seconds / static_cast<double>(counters.cursor) * 1e9;
  return out;
}

Result<void> measure(std::string_view name, While what, const Options& options,
                     const Report& report) {
  Measurement row;
  row.name = fmt::format("sink {}{}", name, what == While::collecting ? ", while collecting" : "");
  row.input = fmt::format(
      "{} events, one third trades, quotes and deltas of 5 + 5 levels, {} "
      "instruments{}",
      kBacklog, kInstruments, what == While::collecting ? ", 500,000 a second more meanwhile" : "");
  row.unit = "M events/s";
  if (name == "parquet" && what == While::collecting)
    row.target = Target{Target::Is::at_least, 1.0};
  Samples cpu;
  Samples memory;
  for (int round = 0; round < std::min(options.rounds, kRoundsMax); ++round) {
    auto drained = drain(name, what, options.scratch);
    if (!drained) return drained.error();
    row.ours.values.push_back(drained->rate);
    cpu.values.push_back(drained->cpu);
    memory.values.push_back(drained->memory_mb);
  }
  report(row);
  const auto beside = [&](std::string_view what_else, const char* unit, const Samples& samples) {
    Measurement other;
    other.name = fmt::format("{}: {}", row.name, what_else);
    other.input = row.input;
    other.unit = unit;
    other.ours = samples;
    report(other);
  };
  beside("CPU", "ns/event", cpu);
  beside("own memory", "MB", memory);
  return {};
}

}  // namespace

Result<void> bench_sink(const Options& options, const Report& report) {
  Options wanted = options;
  if (wanted.scratch.empty()) wanted.scratch = std::filesystem::temp_directory_path();
  using Row = std::pair<std::string_view, While>;
  for (const auto& [name, what] :
       {Row{"null", While::nothing}, Row{"ndjson", While::nothing}, Row{"parquet", While::nothing},
        Row{"parquet", While::collecting}}) {
    if (auto measured = measure(name, what, wanted, report); !measured) return measured;
  }
  return {};
}

}  // namespace mp::bench
