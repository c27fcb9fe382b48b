#include "control/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "control/answers.hpp"

namespace mp::control {
namespace {

using net::ServerRequest;
using net::ServerResponse;

std::string text_in(const ServerRequest& request, std::string_view name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string{} : found->second;
}

ServerResponse answer_of(const Result<void>& done) {
  return done ? ServerResponse{.status = 204} : refused(done.error());
}

}  // namespace

std::optional<ServerResponse> Inspection::read(std::string_view path,
                                               const ServerRequest& request) {
  constexpr std::string_view kProfile = "profile/";
  ServerResponse out;
  if (path == "profile") {
    profiler_.document(out.body);
    return out;
  }
  if (path.starts_with(kProfile)) return profile_file(path.substr(kProfile.size()));
  if (path == "heap") {
    memory_.document(out.body);
    return out;
  }
  if (path != "heap/sites") return std::nullopt;
  const auto told = memory_.sites(text_in(request, "from"), text_in(request, "to"), out.body);
  return told ? out : refused(told.error());
}

std::optional<ServerResponse> Inspection::change(std::string_view path,
                                                 const ServerRequest& request) {
  if (request.method != "POST") return std::nullopt;
  if (path == "profile") return begin_profile(request);
  if (path == "heap/trim") return answer_of(memory_.trim());
  if (path == "heap/snapshot") return answer_of(memory_.snapshot(text_in(request, "label")));
  return std::nullopt;
}

// 202: it is being made.
ServerResponse Inspection::profile_file(std::string_view name) const {
  struct File {
    std::string_view name;
    const char* type;
    std::optional<std::string> (Profiler::*content)() const;
  };
  constexpr std::array<File, 3> kFiles = {
      {{"report.txt", "text/plain", &Profiler::report},
       {"cpu.pb.gz", "application/octet-stream", &Profiler::pprof},
       {"flame.svg", "image/svg+xml", &Profiler::flame_graph}}};
  const auto* const file = std::ranges::find(kFiles, name, &File::name);
  if (file == kFiles.end()) return no_such(fmt::format("document profile/{}", name));
  if (auto content = (profiler_.*file->content)())
    return {.type = file->type, .body = std::move(*content)};
  if (profiler_.state() == Profiler::State::running)
    return refused(202, "the profile is being made");
  if (profiler_.state() == Profiler::State::failed) return refused(503, profiler_.problem());
  return refused(404, "no profile was made yet; POST /api/v1/profile?seconds=30 makes one");
}

ServerResponse Inspection::begin_profile(const ServerRequest& request) {
  const auto seconds = count_in(request, "seconds", 30, 1'000'000);
  const auto begun = profiler_.begin(std::chrono::seconds{seconds});
  if (begun) log_.info("profile_begun", {{"seconds", seconds}});
  return answer_of(begun);
}

}  // namespace mp::control
