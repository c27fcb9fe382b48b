#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <system_error>

#include "codec/json_object.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kLineEvery{200};
constexpr std::chrono::milliseconds kJsonEvery{1000};

double megabytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

double rate_of(const Reach& reach, std::chrono::duration<double> passed) {
  return passed.count() > 0 ? static_cast<double>(reach.bytes) / passed.count() : 0;
}

std::optional<double> seconds_left(const Reach& reach, std::chrono::duration<double> passed) {
  const double rate = rate_of(reach, passed);
  if (!reach.bytes_total || rate <= 0) return std::nullopt;
  const auto rest = *reach.bytes_total - std::min(reach.bytes, *reach.bytes_total);
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
  std::string out;
  if (reach.bytes_total && *reach.bytes_total > 0) {
    const auto share = std::min(reach.bytes, *reach.bytes_total) * 100 / *reach.bytes_total;
    out = fmt::format("{:3} %  {:.1f} MB of {:.1f} MB", share, megabytes(reach.bytes),
                      megabytes(*reach.bytes_total));
  } else {
    out = fmt::format("{:.1f} MB", megabytes(reach.bytes));
  }
  out += fmt::format("  {} lines  {:.1f} MB/s", reach.lines, rate_of(reach, passed) / 1e6);
  if (const auto left = seconds_left(reach, passed)) {
    const auto seconds = static_cast<std::int64_t>(*left);
    out += fmt::format("  {}:{:02} left", seconds / 60, seconds % 60);
  }
  return out;
}

std::string progress_json(const Reach& reach, std::chrono::duration<double> passed, bool done) {
  std::string out;
  codec::JsonObject object{out};
  object.add("t", "progress");
  object.add("bytes", reach.bytes);
  object.add("bytes_total", reach.bytes_total);
  object.add("lines", reach.lines);
  object.add("seconds", passed.count());
  object.add("bytes_per_second", rate_of(reach, passed));
  object.add("eta_seconds", seconds_left(reach, passed));
  object.add("done", done);
  return out;
}

Progress::Progress(ProgressForm form, const std::string& file) : form_(form) {
  const bool seen = ::isatty(STDERR_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 0;
  if (form_ == ProgressForm::automatic && !seen) form_ = ProgressForm::none;
  std::error_code problem;
  const auto size = std::filesystem::file_size(file, problem);
  if (!problem) reach_.bytes_total = size;
}

void Progress::at(std::uint64_t bytes, std::uint64_t lines) {
  if (!wanted()) return;
  reach_.bytes = bytes;
  reach_.lines = lines;
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
