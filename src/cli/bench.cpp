#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/work.hpp"
#include "cli/commands.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "venue/registry.hpp"

namespace mp::cli {
namespace {

constexpr const char* kMemory = "/dev/shm";  // where journals cost no disk

struct Part {
  const char* name;
  Result<void> (*run)(const bench::Options&, const bench::Report&);
};
constexpr std::array kParts = {
    Part{"decode", &bench::bench_decode}, Part{"receive", &bench::bench_receive},
    Part{"book", &bench::bench_book},     Part{"journal", &bench::bench_journal},
    Part{"e2e", &bench::bench_e2e},       Part{"latency", &bench::bench_latency},
    Part{"scale", &bench::bench_scale},   Part{"sink", &bench::bench_sink},
};

Result<std::filesystem::path> make_scratch(const std::filesystem::path& parent) {
  std::string pattern = (parent / "marketprism-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return Error{ErrorKind::io, fmt::format("cannot make a folder like {}", pattern)};
  }
  return std::filesystem::path{pattern};
}

// A folder that is removed again.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

int bench(const BenchOptions& options) {
  if (options.collect.port != 0) return bench::collect_load(options.collect);
  const bool memory = ::access(kMemory, W_OK) == 0;
  Result<std::filesystem::path> in_memory =
      make_scratch(memory ? kMemory : options.scratch.c_str());
  if (!in_memory) return fail(in_memory.error());
  const Scratch scratch{in_memory.take()};
  Result<std::filesystem::path> on_disk = make_scratch(options.scratch);
  if (!on_disk) return fail(on_disk.error());
  const Scratch disk{on_disk.take()};
  bench::Options wanted;
  wanted.scratch = scratch.path();
  wanted.disk = disk.path();
  wanted.rounds = options.rounds;
  wanted.venue = options.venue;
  if (!wanted.venue.empty() && venue::make_adapter(wanted.venue) == nullptr)
    return fail(unknown_venue(wanted.venue));
  wanted.recordings.assign(options.recordings.begin(), options.recordings.end());
  std::FILE* json = nullptr;
  if (!options.json.empty() && (json = std::fopen(options.json.c_str(), "w")) == nullptr) {
    return fail({ErrorKind::io, fmt::format("cannot write to {}", options.json)});
  }
  std::fputs((bench::machine() + "; " + bench::build() + "\n").c_str(), stdout);
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
