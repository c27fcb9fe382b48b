// `marketprism profile`: what takes the time of a collector that runs.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/running.hpp"
#include "cli/stop_request.hpp"
#include "core/files.hpp"
#include "net/clock.hpp"
#include "net/local_client.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::seconds kUsual{30};
constexpr std::chrono::milliseconds kReportEvery{100};
constexpr std::chrono::seconds kReportPatience{30};  // beyond the time of the profile

struct Place {
  std::string url;
  std::filesystem::path data_dir;
};

Result<Place> place_of(const ProfileOptions& options) {
  Place out{.url = {}, .data_dir = options.data_dir};
  if (options.pid) {
    auto found = data_of_process(*options.pid);
    if (!found) return found.error();
    out.data_dir = found.take();
  }
  auto url = find_running(out.data_dir, options.url);
  if (!url) return url.error();
  out.url = url.take();
  return out;
}

// Asks until it is there. Nothing: the user wants no more.
Result<std::optional<std::string>> wait_for_report(const Place& place, std::chrono::seconds time) {
  const auto deadline = net::steady_now() + time + kReportPatience;
  while (!stop_requested()) {
    auto answer = net::get_local(place.url, "/api/v1/profile/report.txt", kReportPatience);
    if (!answer) return answer.error();
    if (answer->status == 200) return std::optional{std::move(answer->body)};
    if (answer->status != 202 || net::steady_now() >= deadline) {
      return Error{ErrorKind::unavailable, fmt::format("the collector at {} made no profile: {}",
                                                       place.url, sentence_in(answer->body))};
    }
    wait_for_stop(kReportEvery);
  }
  return std::optional<std::string>{};
}

Result<void> keep(const Place& place, std::string_view name, const std::filesystem::path& folder) {
  const auto content = ask_running(place.url, fmt::format("/api/v1/profile/{}", name));
  if (!content) return content.error();
  const auto file = folder / name;
  if (const int code = replace_whole(file, *content, Written::in_time); code != 0)
    return os_error("cannot write " + file.string(), code);
  return {};
}

Result<void> print(const Place& place, const ProfileOptions& options, const std::string& report) {
  Output out;
  if (options.json) {
    auto document = ask_running(place.url, "/api/v1/profile");
    if (!document) return document.error();
    out.buffer() += *document;
    out.line_done();
  } else {
    out.buffer() += report;
    out.buffer() += fmt::format(
        "\nWritten to {0}: flame.svg, cpu.pb.gz (go tool pprof {0}/cpu.pb.gz)", options.out);
    out.line_done();
  }
  return out.flush();
}

Result<void> make_profile(const ProfileOptions& options) {
  const auto time = options.time.value_or(kUsual);
  const auto place = place_of(options);
  if (!place) return place.error();
  // What cannot be written is known before the wait.
  if (const int code = make_folders(options.out); code != 0)
    return os_error("cannot make the folder " + options.out, code);
  const auto begun = tell_running(
      place->url, fmt::format("/api/v1/profile?seconds={}", time.count()), place->data_dir);
  if (!begun) return begun.error();
  const auto report = wait_for_report(*place, time);
  if (!report) return report.error();
  if (!*report) return {};
  for (const auto* const name : {"flame.svg", "cpu.pb.gz"}) {
    if (const auto kept = keep(*place, name, options.out); !kept) return kept.error();
  }
  return print(*place, options, **report);
}

}  // namespace

int profile(const ProfileOptions& options) {
  watch_for_stop();
  const auto made = make_profile(options);
  return made ? 0 : fail(made.error());
}

}  // namespace mp::cli
