// L6. Progress of a long command, on standard error: on a terminal a line that is written over, or
// a JSON object a line for programs.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "net/clock.hpp"

namespace mp::cli {

// automatic: where standard error is a terminal, and standard output is none.
enum class ProgressForm : std::uint8_t { automatic, json, none };

// --progress auto|json|none
void add_progress(CLI::App& app, ProgressForm& form);

// What is counted.
enum class ProgressUnit : std::uint8_t { bytes, events, frames };

// How far it is at one moment.
struct Reach {
  ProgressUnit unit = ProgressUnit::bytes;
  std::uint64_t done = 0;
  std::optional<std::uint64_t> total;  // nothing: a pipe
  std::uint64_t lines = 0;             // of bytes
};
// "42 %  120.5 MB of 287.0 MB  1000 lines  31.2 MB/s  0:05 left", or "42 %  1,200 of 2,857 events
// 240 events/s  0:07 left"
[[nodiscard]] std::string progress_text(const Reach& reach, std::chrono::duration<double> passed);
// {"t":"progress","bytes":...,"bytes_total":...,"lines":...,"seconds":...,"bytes_per_second":...,
// "eta_seconds":...,"done":...}; with events or frames in place of bytes, and no lines
[[nodiscard]] std::string progress_json(const Reach& reach, std::chrono::duration<double> passed,
                                        bool done);

class Progress {
 public:
  // `file`: what is read, whose size says how much there is; "-" for the standard input.
  Progress(ProgressForm form, const std::string& file);
  Progress(ProgressForm form, ProgressUnit unit);

  [[nodiscard]] bool wanted() const { return form_ != ProgressForm::none; }
  // As often as one likes.
  void at(std::uint64_t bytes, std::uint64_t lines);
  void at_of(std::uint64_t done, std::optional<std::uint64_t> total);
  // Takes the line away, or says the last one.
  void finish();

 private:
  void show_in_time();
  void show(bool done);

  ProgressForm form_;
  Reach reach_;
  net::SteadyTime start_ = net::steady_now();
  net::SteadyTime next_ = start_;
};

}  // namespace mp::cli
