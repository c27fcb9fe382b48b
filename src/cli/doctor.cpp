// `marketprism doctor`: checks of this machine, and of the collector that runs here.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/running.hpp"
#include "codec/json_exact.hpp"
#include "codec/json_object.hpp"
#include "control/health.hpp"
#include "net/local_client.hpp"

namespace mp::cli {
namespace {

using namespace codec;  // the vocabulary of shapes
using control::Check;
using control::Verdict;

struct CheckDocument {
  std::string_view name;
  std::string_view status;
  std::string_view text;
  std::optional<std::string_view> fix;
};
using CheckShape =
    Shape<Field<"name", &CheckDocument::name>, Field<"status", &CheckDocument::status>,
          Field<"text", &CheckDocument::text>, Field<"fix", &CheckDocument::fix>>;
struct HealthDocument {
  RowList<CheckDocument> checks;
};
using HealthShape = Shape<Rows<"checks", &HealthDocument::checks, CheckShape>>;

Verdict verdict_named(std::string_view name) {
  for (const auto verdict : {Verdict::ok, Verdict::warning}) {
    if (control::name_of(verdict) == name) return verdict;
  }
  return Verdict::failing;
}

// What the collector says of itself; the machine is the same.
Result<std::vector<Check>> checks_of_running(const std::string& url) {
  const auto answer = net::get_local(url, "/healthz", std::chrono::seconds{5});
  if (!answer) return answer.error();
  ExactReader reader;
  HealthDocument document;
  if (!reader.read<HealthShape>(answer->body, document))
    return Error{ErrorKind::data, "the collector's health cannot be read: " + reader.problem()};
  std::vector<Check> out;
  for (const auto& check : document.checks) {
    out.push_back({.name = std::string{check.name},
                   .status = verdict_named(check.status),
                   .text = std::string{check.text},
                   .fix = std::string{check.fix.value_or("")}});
  }
  return out;
}

std::vector<Check> all_checks(const std::filesystem::path& data_dir) {
  const auto url = find_running(data_dir, {});
  if (url) {
    if (auto running = checks_of_running(*url)) return running.take();
  }
  auto out = control::machine_checks(data_dir);
  out.push_back(
      {.name = "collector",
       .status = Verdict::warning,
       .text = "none runs in " + data_dir.string(),
       .fix = "start one with `marketprism run`, or name its data directory with --data"});
  return out;
}

void write_text(const std::vector<Check>& checks, std::string& out) {
  for (const auto& check : checks) {
    out += fmt::format("{:<8} {:<14} {}\n", control::name_of(check.status), check.name,
                       harmless(check.text));
    if (!check.fix.empty()) out += fmt::format("{:<23} -> {}\n", "", check.fix);
  }
}

// One line, as Nagios plugins have it: the worst of all.
void write_nagios(const std::vector<Check>& checks, std::string& out) {
  const auto worst = control::worst_of(checks);
  out += worst == Verdict::ok ? "OK" : worst == Verdict::warning ? "WARNING" : "CRITICAL";
  const char* between = " - ";
  for (const auto& check : checks) {
    if (check.status != worst) continue;
    out += fmt::format("{}{}: {}", between, check.name, harmless(check.text));
    between = "; ";
  }
  out += '\n';
}

}  // namespace

int doctor(const DoctorOptions& options) {
  const auto checks = all_checks(options.data_dir);
  const auto worst = control::worst_of(checks);
  Output out;
  if (options.format == "json") {
    append_json_value(checks, out.buffer());
    out.line_done();
  } else if (options.format == "nagios") {
    write_nagios(checks, out.buffer());
  } else {
    write_text(checks, out.buffer());
  }
  if (const auto flushed = out.flush(); !flushed) return fail(flushed.error());
  // As a Nagios plugin: 1 warns, 2 is critical. For a person a warning is no failure.
  if (options.format == "nagios") return static_cast<int>(worst);
  return worst == Verdict::failing ? 1 : 0;
}

}  // namespace mp::cli
