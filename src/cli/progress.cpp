#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "cli/live_table.hpp"
#include "codec/json_object.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kLineEvery{200};
constexpr std::chrono::milliseconds kJsonEvery{1000};

double megabytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

// "120.5 MB", or "1,200" of what the rate names.
std::string amount(ProgressUnit unit, std::uint64_t count) {
  return unit == ProgressUnit::bytes ? fmt::format("{:.1f} MB", megabytes(count))
                                     : with_commas(count);
}

constexpr std::string_view name_of(ProgressUnit unit) {
  constexpr std::array<std::string_view, 3> kNames = {"bytes", "events", "frames"};
  return kNames[static_cast<std::size_t>(unit)];
}

double rate_of(const Reach& reach, std::chrono::duration<double> passed) {
  return passed.count() > 0 ? static_cast<double>(reach.done) / passed.count() : 0;
}

std::optional<double> seconds_left(const Reach& reach, std::chrono::duration<double> passed) {
  const double rate = rate_of(reach, passed);
  if (!reach.total || rate <= 0) return std::nullopt;
  const auto rest = *reach.total - std::min(reach.done, *reach.total);
  return static_cast<double>(rest) / rate;
}

}  // namespace

void add_progress(CLI::App& app, ProgressForm& form) {
  app.add_option_function<std::string>(
         "--progress",
         [&form](const std::string& text) {
           form = text == "json"   ? ProgressForm::json
                  : text == "none" ? ProgressForm::none
                                   : ProgressForm::automatic;
         },
         "On standard error: auto (on a terminal), json (an object a line), none [auto]")
      ->check(CLI::IsMember({"auto", "json", "none"}))
      ->type_name("FORM");
}

std::string progress_text(const Reach& reach, std::chrono::duration<double> passed) {
  const bool bytes = reach.unit == ProgressUnit::bytes;
  std::string out;
  if (reach.total && *reach.total > 0) {
    const auto share = std::min(reach.done, *reach.total) * 100 / *reach.total;
    out = fmt::format("{:3} %  {} of {}", share, amount(reach.unit, reach.done),
                      amount(reach.unit, *reach.total));
  } else {
    out = amount(reach.unit, reach.done);
  }
  const double rate = rate_of(reach, passed);
  if (bytes) {
    out += fmt::format("  {} lines  {:.1f} MB/s", reach.lines, rate / 1e6);
  } else {
    const auto unit = name_of(reach.unit);
    out += fmt::format(" {}  {} {}/s", unit, with_commas(static_cast<std::uint64_t>(rate)), unit);
  }
  if (const auto left = seconds_left(reach, passed)) {
    const auto seconds = static_cast<std::int64_t>(*left);
    out += fmt::format("  {}:{:02} left", seconds / 60, seconds % 60);
  }
  return out;
}

std::string progress_json(const Reach& reach, std::chrono::duration<double> passed, bool done) {
  const std::string unit{name_of(reach.unit)};
  std::string out;
  codec::JsonObject object{out};
  object.add("t", "progress");
  object.add(unit, reach.done);
  object.add(unit + "_total", reach.total);
  if (reach.unit == ProgressUnit::bytes) object.add("lines", reach.lines);
  object.add("seconds", passed.count());
  object.add(unit + "_per_second", rate_of(reach, passed));
  object.add("eta_seconds", seconds_left(reach, passed));
  object.add("done", done);
  return out;
}

Progress::Progress(ProgressForm form, ProgressUnit unit) : form_(form) {
  const bool seen = ::isatty(STDERR_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 0;
  if (form_ == ProgressForm::automatic && !seen) form_ = ProgressForm::none;
  reach_.unit = unit;
}

Progress::Progress(ProgressForm form, const std::string& file)
    : Progress(form, ProgressUnit::bytes) {
  std::error_code problem;
  const auto size = std::filesystem::file_size(file, problem);
  if (!problem) reach_.total = size;
}

void Progress::at(std::uint64_t bytes, std::uint64_t lines) {
  if (!wanted()) return;
  reach_.done = bytes;
  reach_.lines = lines;
  show_in_time();
}

void Progress::at_of(std::uint64_t done, std::optional<std::uint64_t> total) {
  if (!wanted()) return;
  reach_.done = done;
  reach_.total = total;
  show_in_time();
}

void Progress::show_in_time() {
  const auto now = net::steady_now();
  if (now < next_) return;
  next_ = now + (form_ == ProgressForm::json ? kJsonEvery : kLineEvery);
  show(false);
}

void Progress::finish() {
  if (wanted()) show(true);
  form_ = ProgressForm::none;
}

void Progress::show(bool done) {
  const std::chrono::duration<double> passed = net::steady_now() - start_;
  std::string line;
  if (form_ == ProgressForm::json) {
    line = progress_json(reach_, passed, done) + "\n";
  } else {
    // The cursor goes back to where the line begins: whatever is said next is written over it.
    line = "\r\x1b[K" + (done ? std::string{} : progress_text(reach_, passed) + "\r");
  }
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace mp::cli
