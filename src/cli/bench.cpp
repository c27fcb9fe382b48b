#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

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
    Part{"receive", &bench::bench_receive},
    Part{"e2e", &bench::bench_e2e},
};

// A folder for journals and files: in memory where there is such a place, unless another is named.
Result<std::filesystem::path> make_scratch(const std::string& wanted) {
  const std::filesystem::path memory = "/dev/shm";
  std::filesystem::path parent = wanted;
  if (wanted.empty()) {
    parent = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }
  std::string pattern = (parent / "marketprism-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return Error{ErrorKind::io, fmt::format("cannot make a folder like {}", pattern)};
  }
  return std::filesystem::path{pattern};
}

}  // namespace

int bench(const BenchOptions& options) {
  if (options.collect.port != 0) return bench::collect_load(options.collect);
  const auto scratch = make_scratch(options.scratch);
  if (!scratch) return fail(scratch.error());
  bench::Options wanted;
  wanted.scratch = *scratch;
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
  std::error_code ignored;
  std::filesystem::remove_all(*scratch, ignored);
  return result ? 0 : fail(result.error());
}

}  // namespace mp::cli
