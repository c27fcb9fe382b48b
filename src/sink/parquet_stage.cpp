#include "sink/parquet_stage.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

namespace mp::sink {
namespace {

// Of one step: a second on a slow disk. Who waits for a stop waits that long for a flush.
constexpr std::size_t kFilesMax = 320;

}  // namespace

Result<void> ParquetStage::open(Duckdb& database, unsigned writers) {
  if (auto prepared = ParquetWriter::prepare(database); !prepared) return prepared;
  while (writers_.size() < std::max(1U, writers)) {
    auto writer = ParquetWriter::open(database);
    if (!writer) return writer.error();
    writers_.push_back(writer.take());
  }
  return {};
}

void ParquetStage::begin(std::vector<Output> files) {
  files_ = std::move(files);
  next_ = 0;
}

Result<Progress> ParquetStage::step() {
  const std::size_t end = std::min(files_.size(), next_ + kFilesMax);
  std::atomic<std::size_t> next = next_;
  std::vector<Result<void>> results(writers_.size());
  const auto work = [&](std::size_t number) {
    auto& result = results[number];
    for (std::size_t i = next++; i < end && result; i = next++)
      result = write_file(*writers_[number], files_[i]);
  };
  {
    std::vector<std::jthread> threads;
    const std::size_t last = std::min(writers_.size(), end - next_) - 1;
    try {
      for (std::size_t i = 0; i < last; ++i) threads.emplace_back(work, i);
    } catch (const std::system_error&) {  // no thread is to be had: those that there are do it all
    }
    work(last);
  }
  for (const auto& result : results) {
    if (!result) return result.error();
  }
  next_ = end;
  return begun() ? Progress::more : Progress::done;
}

Result<void> ParquetStage::write_file(ParquetWriter& writer, const Output& file) const {
  if (auto written = writer.write(file.rows, file.path); !written) return written;
  if (crash_point_ != nullptr) crash_point_("parquet.staged");
  if (durable_ == Durable::no) return {};
  return sync_path(file.path);
}

}  // namespace mp::sink
