// From when a message was due to be sent until its event was read by another process from the
// journal, at a steady pace; against a program that only reads the frames.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "bench/e2e.hpp"
#include "bench/floor_client.hpp"
#include "bench/work.hpp"
#include "journal/journal.hpp"
#include "net/clock.hpp"

namespace mp::bench {
namespace {

constexpr std::uint64_t kSeconds = 2;  // of load in a round
constexpr std::chrono::milliseconds kWait{100};

// Where the processes run. Placed: the generator has one processor, and what is measured has
// another, its reader included, because a wake-up within a processor is quicker than one across.
struct Placing {
  const char* name;
  int load_cpu;
  int our_cpu;
};
constexpr Placing kPlaced{"placed", 0, 1};
constexpr std::array kPlacings = {kPlaced, Placing{"anywhere", -1, -1}};

LoadOptions paced_load(const Options& options, std::uint64_t rate, const Placing& placing) {
  return {.messages = rate * kSeconds,
          .rate = rate,
          .cpu = placing.load_cpu,
          .ca_file = options.scratch / "ca.pem"};
}

enum class Waiting : std::uint8_t { sleeping, spinning };

// Reads a journal and compares the stamps of quotes with the clock.
class StampReader {
 public:
  StampReader(std::unique_ptr<journal::Reader> reader, Waiting waiting, int cpu)
      : reader_(std::move(reader)), waiting_(waiting), cpu_(cpu), thread_([this] { run(); }) {}
  ~StampReader() { finish(); }
  StampReader(const StampReader&) = delete;
  StampReader& operator=(const StampReader&) = delete;

  obs::LatencySnapshot finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return histogram_.snapshot();
  }

 private:
  void run() {
    pin(cpu_);
    const Timestamp start = net::now();
    while (!stop_.load(std::memory_order_relaxed)) {
      const auto next = reader_->next();
      if (next == journal::Next::event) {
        note(reader_->event(), start);
      } else if (next == journal::Next::idle) {
        reader_->release();
        if (waiting_ == Waiting::sleeping) reader_->wait(kWait);
      } else {
        return;
      }
    }
  }

  // The stamps of the measured part are later than `start`; those before count from elsewhere.
  void note(const Event& event, Timestamp start) {
    const auto* quote = std::get_if<Quote>(&event.body);
    if (quote == nullptr || !quote->sequence) return;
    const Timestamp now = net::now();
    const Timestamp due = from_nanoseconds(*quote->sequence);
    if (due > start && due <= now) histogram_.record(now - due);
  }

  std::unique_ptr<journal::Reader> reader_;
  Waiting waiting_;
  int cpu_;
  obs::Histogram histogram_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

Result<obs::LatencySnapshot> collected_latency(const Options& options, LoadOptions load,
                                               const CollectOptions& collect, Waiting waiting,
                                               int reader_cpu) {
  load.wait_for_snapshots = true;
  auto run = start_run(options, load, collect);
  if (!run) return run.error();
  if (const auto begun = run->load.wait_begin(); !begun) return begun.error();
  auto reader = journal::Reader::open(
      {.location = run->journal_dir, .name = {}, .from = journal::From::newest});
  if (!reader) return reader.error();
  StampReader stamps(reader.take(), waiting, reader_cpu);
  const auto facts = run->load.wait_end();
  if (!facts) return facts.error();
  return stamps.finish();
}

Result<obs::LatencySnapshot> floor_latency(const LoadOptions& options, Waiting waiting, int cpu) {
  auto load = LoadProcess::start(options);
  if (!load) return load.error();
  // On a thread of its own, which may be kept on a processor.
  auto floor = std::async(std::launch::async, [&] {
    return run_floor({.port = load->port(),
                      .instruments = options.instruments,
                      .latency = true,
                      .spin = waiting == Waiting::spinning,
                      .cpu = cpu});
  });
  const auto report = floor.get();
  if (!report) return report.error();
  return report->latency;
}

double microseconds(Nanoseconds time) {
  return static_cast<double>(time.count()) * 1e-3;
}

struct Place {
  double share;
  const char* name;
  double ratio_max;
};
constexpr std::array kPlaces = {Place{0.5, "p50", 1.5}, Place{0.99, "p99", 3.0}};

Result<void> measure(const Options& options, std::uint64_t rate, const Placing& placing,
                     const Report& report) {
  const LoadOptions load = paced_load(options, rate, placing);
  std::array<Measurement, kPlaces.size()> rows;
  for (int round = 0; round < options.rounds; ++round) {
    const auto floor = floor_latency(load, Waiting::sleeping, placing.our_cpu);
    if (!floor) return floor.error();
    CollectOptions collect;
    collect.cpu = placing.our_cpu;
    const auto ours = collected_latency(options, load, collect, Waiting::sleeping, placing.our_cpu);
    if (!ours) return ours.error();
    for (std::size_t i = 0; i < kPlaces.size(); ++i) {
      const double least = microseconds(floor->percentile(kPlaces[i].share));
      const double own = microseconds(ours->percentile(kPlaces[i].share));
      rows[i].floor.values.push_back(least);
      rows[i].ours.values.push_back(own);
      rows[i].ratio.values.push_back(own / least);
    }
  }
  for (std::size_t i = 0; i < kPlaces.size(); ++i) {
    rows[i].name = fmt::format("latency {} at {}/s, {}", kPlaces[i].name, rate, placing.name);
    rows[i].input = fmt::format(
        "{} s of the paced load, 50 instruments; due -> event read by "
        "another process from the journal",
        kSeconds);
    rows[i].unit = "us";
    rows[i].floor_name = "due -> frame read, least client";
    rows[i].target = Target{Target::Is::at_most, kPlaces[i].ratio_max};
    rows[i].judged = Measurement::Judged::ratio;
    report(rows[i]);
  }
  return {};
}

Result<void> measure_busy(const Options& options, std::uint64_t rate, Waiting waiting,
                          const Report& report) {
  const LoadOptions load = paced_load(options, rate, kPlaced);
  Measurement row;
  for (int round = 0; round < options.rounds; ++round) {
    const auto floor = floor_latency(load, Waiting::spinning, kPlaced.our_cpu);
    if (!floor) return floor.error();
    row.floor.values.push_back(microseconds(floor->percentile(0.5)));
    CollectOptions collect;
    collect.busy_poll = true;
    collect.cpu = kPlaced.our_cpu;
    const auto ours = collected_latency(options, load, collect, waiting, kPlaced.load_cpu);
    if (!ours) return ours.error();
    row.ours.values.push_back(microseconds(ours->percentile(0.5)));
    row.ratio.values.push_back(row.ours.values.back() / row.floor.values.back());
  }
  row.floor_name = "due -> frame read, least client, which spins too";
  row.name = fmt::format("latency p50 at {}/s, busy polling, reader {}", rate,
                         waiting == Waiting::spinning ? "spins" : "sleeps");
  row.input = fmt::format("{} s of the paced load, 50 instruments", kSeconds);
  row.unit = "us";
  row.target = Target{Target::Is::at_most, 10};
  report(row);
  return {};
}

}  // namespace

Result<void> bench_latency(const Options& options, const Report& report) {
  for (const std::uint64_t rate : {std::uint64_t{10'000}, std::uint64_t{50'000}}) {
    for (const Placing& placing : kPlacings) {
      if (auto done = measure(options, rate, placing, report); !done) return done;
    }
  }
  for (const Waiting waiting : {Waiting::sleeping, Waiting::spinning}) {
    if (auto done = measure_busy(options, 10'000, waiting, report); !done) return done;
  }
  return {};
}

}  // namespace mp::bench
