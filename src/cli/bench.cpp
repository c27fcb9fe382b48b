#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include "bench/work.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace mp::cli {
namespace {

struct Part {
  const char* name;
  Result<void> (*run)(const bench::Options&, const bench::Report&);
};
constexpr std::array kParts = {
    Part{"decode", &bench::bench_decode},
    Part{"book", &bench::bench_book},
};

}  // namespace

int bench(const BenchOptions& options) {
  bench::Options wanted;
  wanted.rounds = options.rounds;
  wanted.recordings.assign(options.recordings.begin(), options.recordings.end());
  std::FILE* json = nullptr;
  if (!options.json.empty() && (json = std::fopen(options.json.c_str(), "w")) == nullptr) {
    return fail({ErrorKind::io, fmt::format("cannot write to {}", options.json)});
  }
  std::fputs(bench::table_head().c_str(), stdout);
  const auto report = [&](const bench::Measurement& row) {
    std::fputs(bench::table_row(row).c_str(), stdout);
    std::fflush(stdout);
    if (json != nullptr) std::fputs(bench::to_json(row).c_str(), json);
  };
  Result<void> result;
  for (const auto& part : kParts) {
    const bool asked =
        options.parts.empty() || std::ranges::find(options.parts, part.name) != options.parts.end();
    if (asked && result) result = part.run(wanted, report);
  }
  if (json != nullptr) std::fclose(json);
  return result ? 0 : fail(result.error());
}

}  // namespace mp::cli
