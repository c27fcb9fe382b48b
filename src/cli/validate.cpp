#include <fmt/format.h>

#include "cli/collect.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/venue_call.hpp"
#include "config/check.hpp"
#include "net/tls.hpp"

namespace mp::cli {
namespace {

void say(std::string_view what, const Result<void>& result) {
  const std::string line =
      result ? fmt::format("ok      {}\n", what)
             : fmt::format("FAILED  {}: {}\n", what, harmless(result.error().message));
  std::fwrite(line.data(), 1, line.size(), stdout);
}

void warn(const std::string& warning) {
  const std::string line = fmt::format("warning {}\n", harmless(warning));
  std::fwrite(line.data(), 1, line.size(), stdout);
}

// Keeps the first error, whose kind becomes the exit code.
class Verdicts {
 public:
  void add(std::string_view what, const Result<void>& result) {
    say(what, result);
    if (!result && code_ == 0) code_ = exit_code(result.error().kind);
  }
  [[nodiscard]] int code() const { return code_; }

 private:
  int code_ = 0;
};

Result<void> check_sink(const sink::Settings& settings) {
  const auto sink = settings.spec().make(settings);
  if (auto opened = sink->open(); !opened) return opened;
  (void)sink->close();
  return {};
}

// KEY = VALUE  # where it comes from
int print_effective(const config::Config& config) {
  Output out;
  for (const auto& each : config::effective(config)) {
    out.buffer() += harmless(fmt::format("{} = {}  # {}", each.key,
                                         each.value.empty() ? "\"\"" : each.value, each.origin));
    out.line_done();
  }
  const auto flushed = out.flush();
  return flushed ? 0 : fail(flushed.error());
}

}  // namespace

int validate(const ValidateOptions& options, obs::Logger& log) {
  const auto config = load_targets(options.targets, options.overrides);
  if (!config) return fail(config.error());
  obey(config->log, log);
  if (options.effective) return print_effective(*config);
  Verdicts verdicts;
  verdicts.add(fmt::format("configuration: {} feeds", config->feeds.size()), {});
  for (const auto& warning : config::warnings_of(*config)) warn(warning);
  verdicts.add(fmt::format("data directory {}", config->data.dir.string()),
               make_directory(config->data.dir));
  const auto parts = collector_config(*config, Sinks::as_configured);
  for (const auto& sink : parts.sinks) {
    verdicts.add(fmt::format("sink {}", sink.name), check_sink(sink));
  }
  for (const auto& [venue, own] : config->venues) {
    if (own.ca_file.empty()) continue;
    const auto trusted = net::TlsContext::create({.ca_file = own.ca_file.string()});
    verdicts.add(fmt::format("venue {}: certificates in {}", venue, own.ca_file.string()),
                 trusted ? Result<void>{} : Result<void>{trusted.error()});
  }
  if (!options.offline) {
    for (const auto& feed : parts.feeds) {
      std::string warning;
      verdicts.add(fmt::format("venue {}: reachable, certificate and instruments", feed.venue),
                   ask_venue(feed, log, [&](const pipeline::Feed& asked) {
                     warning = asked.too_few_connections();
                   }));
      if (!warning.empty()) warn(warning);
    }
  }
  return verdicts.code();
}

}  // namespace mp::cli
