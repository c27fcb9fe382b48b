// L3. Standard output: lines for another program. What people read of the collector goes to
// standard error meanwhile (cli/run.cpp).
//
// It never waits for its reader longer than a moment, so that the collector can be stopped. A kill
// may cut the last line, and its batch comes again.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>

#include "sink/files.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr std::chrono::milliseconds kMoment{100};
constexpr std::size_t kPieceBytes = 4096;  // a pipe that can be written to takes so much at once

// Runners of several shards write batch by batch, not into each other's lines: they share the
// descriptor, and whose turn it is.
std::atomic_flag& turn_of_one() {
  static std::atomic_flag taken;
  return taken;
}

class StandardOutput final : public Sink {
 public:
  ~StandardOutput() override {
    if (has_turn_) end_turn();
  }

  Result<void> open() override { return {}; }

  Written write(const Batch& batch) override {
    if (!has_turn_) has_turn_ = !turn_of_one().test_and_set();
    if (!has_turn_) {
      (void)::poll(nullptr, 0, static_cast<int>(kMoment.count()) / 10);
      return {Outcome::more};
    }
    if (!begun_ && batch.items.front().index > 0) {
      // An earlier run may have been killed in the middle of a line.
      if (::write(STDOUT_FILENO, "\n", 1) < 0) return trouble(errno);
    }
    begun_ = true;
    while (done_ < batch.bytes.size()) {
      pollfd ready{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      if (::poll(&ready, 1, static_cast<int>(kMoment.count())) <= 0) return {Outcome::more};
      const auto piece = batch.bytes.substr(done_, kPieceBytes);
      const auto wrote = ::write(STDOUT_FILENO, piece.data(), piece.size());
      if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) return {Outcome::more};
      if (wrote < 0) return trouble(errno);
      done_ += static_cast<std::size_t>(wrote);
    }
    end_turn();
    return {};
  }

 private:
  Written trouble(int code) {
    end_turn();
    if (code == EPIPE)
      return {Outcome::retriable,
              "nobody reads standard output any more; the journal holds what is left for the next "
              "start"};
    return {Outcome::retriable, os_error("cannot write to standard output", code).message};
  }

  void end_turn() {
    done_ = 0;
    has_turn_ = false;
    turn_of_one().clear();
  }

  bool has_turn_ = false;  // while a batch is half done
  bool begun_ = false;
  std::size_t done_ = 0;  // bytes of the batch
};

}  // namespace

constexpr Spec kStdout = {
    .type = "stdout",
    .what = "lines on standard output, for another program",
    .keys = {},
    .encodings = kMessageEncodings,
    .guarantee = Guarantee::at_least_once,
    .harmless = "It is not: a reader that minds tells events by venue, type, symbol and seq.",
    .loss_window = "What the reader had not read when it ended.",
    .make = [](const Settings&) -> std::unique_ptr<Sink> {
      return std::make_unique<StandardOutput>();
    }};

}  // namespace mp::sink
