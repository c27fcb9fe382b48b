#include "sink/compact.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/collect.hpp"
#include "cli/file_commands.hpp"
#include "cli/output.hpp"

namespace mp::cli {
namespace {

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20U);
}

}  // namespace

int compact(const CompactOptions& options) {
  sink::CompactConfig config;
  config.folder = std::filesystem::path{options.data_dir} / options.sink;
  config.duckdb = duckdb_config();
  config.rules.file_bytes_max = options.file_mebibytes << 20U;
  auto compactor = sink::Compactor::open(config);
  if (!compactor) return fail(compactor.error());
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const auto on_progress = [&](const sink::CompactCounts& counts) {
    if (!terminal) return true;
    const std::string line =
        fmt::format("\r{} of {} folders, {} files are {} now", counts.folders_done, counts.folders,
                    counts.files_replaced, counts.files_made);
    std::fwrite(line.data(), 1, line.size(), stderr);
    return true;
  };
  const auto counts = (*compactor)->run(on_progress);
  if (terminal) std::fputs("\r\033[K", stderr);
  if (!counts) return fail(counts.error());
  Output output;
  output.buffer() +=
      fmt::format("{} files of {:.1f} MiB are {} of {:.1f} MiB now, in {} folders",
                  counts->files_replaced, mebibytes(counts->bytes_replaced), counts->files_made,
                  mebibytes(counts->bytes_made), counts->folders);
  output.line_done();
  if (auto written = output.flush(); !written) return fail(written.error());
  if (counts->failures == 0) return 0;
  return fail({ErrorKind::io, fmt::format("{} folders stay as they were; of the last: {}",
                                          counts->failures, counts->problem)});
}

}  // namespace mp::cli
