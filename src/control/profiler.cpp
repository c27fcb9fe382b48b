#include "control/profiler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <system_error>

#include "codec/json_object.hpp"
#include "net/clock.hpp"
#include "obs/cpu_sampler.hpp"
#include "obs/stack_walk.hpp"

namespace mp::control {
namespace {

using codec::JsonObject;

constexpr std::chrono::milliseconds kDrainEvery{20};
constexpr std::chrono::milliseconds kNewThreadsEvery{200};
constexpr std::size_t kFunctionsShown = 15;
constexpr const char* kThreadName = "mp-profile";

// A thread's name, while it lives.
std::string name_of_thread(int thread) {
  std::ifstream in{fmt::format("/proc/self/task/{}/comm", thread)};
  std::string name;
  std::getline(in, name);
  return name.empty() ? fmt::format("thread-{}", thread) : name;
}

// Cores that each thread of the collector used since `before`, the busiest first. A demo's venues
// are no part of it.
std::vector<obs::ThreadTime> cores_since(const std::vector<obs::ThreadTime>& before,
                                         double seconds) {
  auto threads = obs::thread_times();
  std::erase_if(threads, [](const obs::ThreadTime& each) {
    return each.name == kThreadName || !each.name.starts_with("mp-");
  });
  for (auto& thread : threads) {
    const auto had = std::ranges::find(before, thread.name, &obs::ThreadTime::name);
    if (had != before.end()) thread.seconds -= had->seconds;
    thread.seconds = seconds > 0 ? std::max(thread.seconds, 0.0) / seconds : 0;
  }
  std::ranges::sort(threads, std::ranges::greater{}, &obs::ThreadTime::seconds);
  return threads;
}

void append_lines(const std::vector<std::string>& lines, std::string& out) {
  for (const auto& line : lines) out.append(line).push_back('\n');
}

}  // namespace

std::string_view name_of(Profiler::State state) {
  switch (state) {
    case Profiler::State::none:
      return "none";
    case Profiler::State::running:
      return "running";
    case Profiler::State::done:
      return "done";
    case Profiler::State::failed:
      return "failed";
  }
  return "none";
}

Profiler::~Profiler() {
  {
    const std::lock_guard guard{mutex_};
    ending_ = true;
  }
  wake_.notify_all();
  end_thread();
}

void Profiler::end_thread() {
  if (thread_.joinable()) thread_.join();
}

Result<void> Profiler::begin(std::chrono::seconds time) {
  if (time < std::chrono::seconds{1} || time > kLongest) {
    return Error{ErrorKind::usage, fmt::format("a profile of {} s is asked for; expected 1 to {} s",
                                               time.count(), kLongest.count())};
  }
  {
    const std::lock_guard guard{mutex_};
    if (state_ == State::running)
      return Error{ErrorKind::locked, "a profile is being made already; one runs at a time"};
    state_ = State::running;
    done_ = {};
  }
  end_thread();
  try {
    thread_ = std::thread{[this, time] { run(time); }};
  } catch (const std::system_error& error) {  // no thread is to be had
    const std::lock_guard guard{mutex_};
    state_ = State::failed;
    problem_ = error.what();
    return Error{ErrorKind::unavailable,
                 fmt::format("cannot start the thread of the profiler: {}", error.what())};
  }
  return {};
}

void Profiler::run(std::chrono::seconds time) {
  obs::name_thread(kThreadName);
  auto done = measure(time);
  const std::lock_guard guard{mutex_};
  state_ = done ? State::done : State::failed;
  if (done) {
    done_ = done.take();
  } else {
    problem_ = done.error().message;
  }
}

// Until the time is over, or this object goes.
Result<obs::CpuProfile> Profiler::sample(std::chrono::seconds time) {
  auto sampler = obs::CpuSampler::start();
  if (!sampler) return sampler.error();
  const obs::Modules modules;
  obs::StackCounter counter;
  std::map<int, std::string> names;
  std::vector<std::uintptr_t> frames;
  std::uint64_t too_many = 0;
  const auto begun = net::steady_now();
  obs::CpuProfile profile{.begun = net::now(),
                          .period = Nanoseconds{1'000'000'000 / obs::CpuSampler::kHertz}};
  const auto count = [&](const obs::CpuSample& sample) {
    auto& name = names[sample.thread];
    if (name.empty()) name = name_of_thread(sample.thread);
    if (name == kThreadName) return;
    obs::walk_stack(sample, modules, frames);
    if (!counter.add(name, frames)) ++too_many;
  };
  auto look_at = begun + kNewThreadsEvery;
  while (true) {
    const auto now = net::steady_now();
    {
      std::unique_lock lock{mutex_};
      if (ending_ || now >= begun + time) break;
      wake_.wait_for(lock, kDrainEvery, [this] { return ending_; });
    }
    (*sampler)->drain(count);
    if (now < look_at) continue;
    (*sampler)->watch_new_threads();
    look_at = now + kNewThreadsEvery;
  }
  profile.took = net::steady_now() - begun;
  profile.dropped = (*sampler)->dropped() + too_many;
  sampler->reset();
  return counter.finish(modules, std::move(profile));
}

Result<Profiler::Done> Profiler::measure(std::chrono::seconds time) {
  const auto stages_before = collector_.stages();
  const auto threads_before = obs::thread_times();
  const auto profile = sample(time);
  if (!profile) return profile.error();
  Done out{.begun = profile->begun,
           .seconds = std::chrono::duration<double>(profile->took).count(),
           .samples = profile->samples,
           .dropped = profile->dropped};
  out.threads = cores_since(threads_before, out.seconds);
  out.stages = stage_rows(stages_before, collector_.stages(), out.seconds);
  out.functions = obs::top_functions(*profile, kFunctionsShown);
  out.bottleneck = bottleneck(out.stages, out.threads, *profile);
  out.pprof = obs::pprof_file(*profile);
  out.flame_graph = obs::flame_graph(
      *profile, fmt::format("marketprism, {:.0f} s of processor time by call", out.seconds));
  append_lines(stage_lines(out.stages), out.report);
  out.report +=
      "\nBottleneck: " + out.bottleneck + ".\n\nSlowest of each in the last ten minutes:\n";
  append_lines(slow_lines(out.stages), out.report);
  out.report += fmt::format("\n{:<8} {:<8} FUNCTION ({} samples, {} lost)\n", "SELF", "IN",
                            out.samples, out.dropped);
  const double all = std::max(static_cast<double>(out.samples), 1.0);
  for (const auto& each : out.functions) {
    out.report += fmt::format(
        "{:<8} {:<8} {}\n", fmt::format("{:.1f} %", static_cast<double>(each.self) / all * 100),
        fmt::format("{:.1f} %", static_cast<double>(each.total) / all * 100), each.function);
  }
  return out;
}

Profiler::State Profiler::state() const {
  const std::lock_guard guard{mutex_};
  return state_;
}

std::string Profiler::problem() const {
  const std::lock_guard guard{mutex_};
  return problem_;
}

void Profiler::document(std::string& out) const {
  const std::lock_guard guard{mutex_};
  JsonObject object{out};
  object.add("state", state_);
  object.add("problem", problem_);
  object.add("begun", state_ == State::done ? std::optional{done_.begun} : std::nullopt);
  object.add("seconds", done_.seconds);
  object.add("samples", done_.samples);
  object.add("dropped", done_.dropped);
  object.add("bottleneck", done_.bottleneck);
  codec::append_json_list(done_.stages, object.key("stages"), append_stage_row);
  codec::append_json_list(done_.threads, object.key("threads"),
                          [](const auto& thread, std::string& to) {
                            JsonObject row{to};
                            row.add("name", thread.name);
                            row.add("cpu", thread.seconds);
                          });
  object.add("functions", done_.functions);
}

std::optional<std::string> Profiler::report() const {
  const std::lock_guard guard{mutex_};
  return state_ == State::done ? std::optional{done_.report} : std::nullopt;
}

std::optional<std::string> Profiler::pprof() const {
  const std::lock_guard guard{mutex_};
  return state_ == State::done ? std::optional{done_.pprof} : std::nullopt;
}

std::optional<std::string> Profiler::flame_graph() const {
  const std::lock_guard guard{mutex_};
  return state_ == State::done ? std::optional{done_.flame_graph} : std::nullopt;
}

}  // namespace mp::control
