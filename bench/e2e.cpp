// TLS socket -> decode -> book -> journal: the whole collector as a process of its own.
#include "bench/e2e.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "bench/receive.hpp"

namespace mp::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFullMessages = 4'000'000;
constexpr std::uint64_t kSingleMessages = 2'000'000;

struct Rows {
  Measurement rate, cpu, memory;
};

Rows rows_of(std::size_t per_record, std::uint64_t messages) {
  const std::string how = per_record == 0 ? "full records" : "one message a record";
  const std::string input = fmt::format(
      "{} messages of the load generator: 50 instruments x trade, depth, bookTicker; "
      "books of 1,000 levels",
      messages);
  Rows rows;
  for (Measurement* row : {&rows.rate, &rows.cpu, &rows.memory}) row->input = input;
  rows.rate.name = "end to end, " + how + ": rate";
  rows.rate.unit = "M messages/s";
  rows.rate.target = Target{Target::Is::at_least, per_record == 0 ? 1.0 : 0.5};
  rows.cpu.name = "end to end, " + how + ": CPU";
  rows.cpu.unit = "us/message";
  rows.cpu.floor_name = "receiving the same stream, least client";
  rows.cpu.target = Target{Target::Is::at_most, per_record == 0 ? 8.0 : 2.0};
  rows.cpu.judged = Measurement::Judged::ratio;
  rows.memory.name = "end to end, " + how + ": peak anonymous memory";
  rows.memory.unit = "MB";
  rows.memory.target = Target{Target::Is::at_most, 30};
  return rows;
}

Result<void> measure(const Options& options, std::size_t per_record, std::uint64_t messages,
                     const Report& report) {
  const LoadOptions load{.messages = messages,
                         .messages_per_record = per_record,
                         .wait_for_snapshots = true,
                         .ca_file = options.scratch / "ca.pem"};
  LoadOptions floor_load = load;
  floor_load.wait_for_snapshots = false;
  Rows rows = rows_of(per_record, messages);
  for (int round = 0; round < options.rounds; ++round) {
    const auto floor = receive_with_floor(floor_load);
    if (!floor) return floor.error();
    const auto run = collect_once(options, load, {});
    if (!run) return run.error();
    const CollectFacts& facts = run->collected;
    rows.rate.ours.values.push_back(facts.frames / facts.seconds * 1e-6);
    const double cpu = facts.cpu_seconds / facts.frames * 1e6;
    rows.cpu.ours.values.push_back(cpu);
    rows.cpu.floor.values.push_back(floor->nanoseconds * 1e-3);
    rows.cpu.ratio.values.push_back(cpu / (floor->nanoseconds * 1e-3));
    rows.memory.ours.values.push_back(facts.rss_anon_peak * 1e-6);
  }
  report(rows.rate);
  report(rows.cpu);
  report(rows.memory);
  return {};
}

}  // namespace

Result<CollectRun> start_run(const Options& options, LoadOptions load, CollectOptions collect) {
  load.ca_file = options.scratch / "ca.pem";
  auto server = LoadProcess::start(load);
  if (!server) return server.error();
  collect.port = server->port();
  collect.ca_file = load.ca_file.string();
  collect.journal_dir = (options.scratch / "journal").string();
  collect.instruments = load.instruments;
  std::error_code ignored;
  fs::remove_all(collect.journal_dir, ignored);
  auto collector = CollectProcess::start(collect);
  if (!collector) return collector.error();
  return CollectRun{server.take(), collector.take(), collect.journal_dir};
}

Result<CollectedRun> collect_once(const Options& options, const LoadOptions& load,
                                  const CollectOptions& collect) {
  auto run = start_run(options, load, collect);
  if (!run) return run.error();
  if (const auto begun = run->load.wait_begin(); !begun) return begun.error();
  run->collector.begin();
  const auto facts = run->load.wait_end();
  if (!facts) return facts.error();
  const auto collected = run->collector.end();
  if (!collected) return collected.error();
  if (collected->gaps > 0) {
    return Error{ErrorKind::internal,
                 fmt::format("the collector found {} gaps in a load without any", collected->gaps)};
  }
  return CollectedRun{*facts, *collected};
}

Result<void> bench_e2e(const Options& options, const Report& report) {
  if (auto done = measure(options, 0, kFullMessages, report); !done) return done;
  return measure(options, 1, kSingleMessages, report);
}

}  // namespace mp::bench
