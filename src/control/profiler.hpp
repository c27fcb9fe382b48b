// L5. Profiler: on request, looks for a while at what takes the time of a running collector.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "control/stages.hpp"
#include "core/result.hpp"
#include "pipeline/collector.hpp"

namespace mp::control {

// One profile at a time; the last one is kept until the next. Belongs to one thread.
class Profiler {
 public:
  static constexpr std::chrono::seconds kLongest{600};

  // `collector` outlives it.
  explicit Profiler(const pipeline::Collector& collector) : collector_(collector) {}
  ~Profiler();  // one that runs ends early
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  // Begins one, and returns at once. ErrorKind::usage: the time is none to look for;
  // ErrorKind::locked: one runs already; ErrorKind::unavailable: this machine has no means.
  Result<void> begin(std::chrono::seconds time);

  enum class State : std::uint8_t { none, running, done, failed };
  [[nodiscard]] State state() const;
  [[nodiscard]] std::string problem() const;  // of State::failed, in one sentence
  // Of the last one.
  void document(std::string& out) const;
  // Nothing where there is none that is done: a table for people, the file for pprof, the picture.
  [[nodiscard]] std::optional<std::string> report() const;
  [[nodiscard]] std::optional<std::string> pprof() const;
  [[nodiscard]] std::optional<std::string> flame_graph() const;

 private:
  struct Done {
    Timestamp begun{};
    double seconds = 0;
    std::uint64_t samples = 0;
    std::uint64_t dropped = 0;
    std::string bottleneck;
    std::vector<StageRow> stages;
    std::vector<obs::ThreadTime> threads;  // cores used
    std::vector<obs::FunctionCount> functions;
    std::string report;
    std::string pprof;
    std::string flame_graph;
  };

  void run(std::chrono::seconds time);
  [[nodiscard]] Result<obs::CpuProfile> sample(std::chrono::seconds time);
  [[nodiscard]] Result<Done> measure(std::chrono::seconds time);
  void end_thread();

  const pipeline::Collector& collector_;
  std::thread thread_;        // of the one that runs; whoever begins joins the one before
  mutable std::mutex mutex_;  // its results come by another thread: guards what the API's thread
                              // asks for, and the wake-up at the end
  std::condition_variable wake_;
  bool ending_ = false;
  State state_ = State::none;
  std::string problem_;
  Done done_;
};
[[nodiscard]] std::string_view name_of(Profiler::State state);

}  // namespace mp::control
