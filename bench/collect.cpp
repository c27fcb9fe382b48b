#include "bench/collect.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "bench/measure.hpp"
#include "obs/log.hpp"
#include "pipeline/collector.hpp"

namespace mp::bench {
namespace {

constexpr std::chrono::milliseconds kLook{5};
constexpr double kCollectSeconds = 60;
constexpr std::chrono::seconds kAnswerWithin{120};

// Resident bytes. The journal lies in shared memory, and is counted as neither.
struct Resident {
  double anonymous = 0;
  double files = 0;
};
Resident resident() {
  Resident out;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const auto bytes = [&] {
      return std::strtod(line.c_str() + line.find(':') + 1, nullptr) * 1024;
    };
    if (line.starts_with("RssAnon:")) out.anonymous = bytes();
    if (line.starts_with("RssFile:")) out.files = bytes();
  }
  return out;
}

pipeline::CollectorConfig collector_config(const CollectOptions& options) {
  pipeline::FeedConfig feed;
  feed.venue = "binance";
  pipeline::Want want;
  for (std::size_t i = 1; i <= options.instruments; ++i) {
    want.symbols.push_back(fmt::format("L{:05}USDT", i));
  }
  want.channels = {Channel::trade, Channel::quote, Channel::book};
  feed.wants.push_back(std::move(want));
  feed.ws_url = fmt::format("wss://127.0.0.1:{}", options.port);
  feed.rest_url = fmt::format("https://127.0.0.1:{}", options.port);
  feed.ca_file = options.ca_file;
  // The venue's pace would have us wait a second for each book.
  feed.limits = venue::Limits{.topics_per_session = options.topics_per_session,
                              .topics_per_request = 100,
                              .requests = {},
                              .connects = {},
                              .rest_calls = {},
                              .rest_calls_at_once = 2};
  pipeline::CollectorConfig config;
  config.journal.dir = options.journal_dir;
  config.journal.retention_bytes = std::uint64_t{512} << 20U;
  config.feeds.push_back(std::move(feed));
  config.busy_poll = options.busy_poll;
  return config;
}

// Looks after the numbers while the collector works.
class Observer {
 public:
  explicit Observer(const pipeline::Collector& collector) : collector_(collector) {}

  // The next word on the standard input; empty at its end.
  std::string next_word() {
    while (true) {
      if (const auto end = input_.find('\n'); end != std::string::npos) {
        std::string word = input_.substr(0, end);
        input_.erase(0, end + 1);
        return word;
      }
      look();
      pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, static_cast<int>(kLook.count())) <= 0) continue;
      std::array<char, 64> bytes{};
      const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
      if (count <= 0) return {};
      input_.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

  void begin() {
    frames_at_begin_ = frames();
    cpu_at_begin_ = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    began_ = last_frame_ = seconds_of(CLOCK_MONOTONIC);
  }

  // Waits until no more frames come.
  std::string end() {
    const double start = seconds_of(CLOCK_MONOTONIC);
    double now = start;
    while (now - last_frame_ < kQuietSeconds && now - start < kCollectSeconds) {
      look();
      ::usleep(static_cast<useconds_t>(kLook.count() * 1000));
      now = seconds_of(CLOCK_MONOTONIC);
    }
    return fmt::format(
        R"({{"frames":{},"seconds":{:.6f},"cpu_seconds":{:.6f},"rss_anon_peak":{:.0f},)"
        R"("rss_peak":{:.0f},"gaps":{}}})",
        frames() - frames_at_begin_, last_frame_ - began_,
        seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_at_begin_, anonymous_peak_, peak_,
        collector_.feeds().front()->counters().gaps.load());
  }

 private:
  [[nodiscard]] std::uint64_t frames() const {
    return collector_.feeds().front()->counters().frames.load(std::memory_order_relaxed);
  }
  void look() {
    const std::uint64_t now = frames();
    if (now != frames_seen_) last_frame_ = seconds_of(CLOCK_MONOTONIC);
    frames_seen_ = now;
    if (++looks_ % 4 != 0) return;
    const Resident now_resident = resident();
    anonymous_peak_ = std::max(anonymous_peak_, now_resident.anonymous);
    peak_ = std::max(peak_, now_resident.anonymous + now_resident.files);
  }

  const pipeline::Collector& collector_;
  std::string input_;
  std::uint64_t frames_seen_ = 0;
  std::uint64_t frames_at_begin_ = 0;
  std::uint64_t looks_ = 0;
  double cpu_at_begin_ = 0;
  double began_ = 0;
  double last_frame_ = 0;
  double anonymous_peak_ = 0;
  double peak_ = 0;
};

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

int complain(const Error& error) {
  std::fputs(("marketprism: " + error.message + "\n").c_str(), stderr);
  return exit_code(error.kind);
}

}  // namespace

int collect_load(const CollectOptions& options) {
  pin(options.cpu);
  obs::Logger log{obs::LogLevel::warn};
  auto collector = pipeline::Collector::create(collector_config(options), log);
  if (!collector) return complain(collector.error());
  if (const auto started = (*collector)->start(); !started) return complain(started.error());
  Observer observer{**collector};
  for (std::string word = observer.next_word(); !word.empty(); word = observer.next_word()) {
    if (word == "begin") observer.begin();
    if (word == "end") say(observer.end());
  }
  const auto stopped = (*collector)->stop();
  return stopped ? 0 : complain(stopped.error());
}

Result<CollectProcess> CollectProcess::start(const CollectOptions& options) {
  std::vector<std::string> arguments{"bench",
                                     "--collect",
                                     std::to_string(options.port),
                                     "--ca-file",
                                     options.ca_file,
                                     "--journal",
                                     options.journal_dir,
                                     "--instruments",
                                     std::to_string(options.instruments),
                                     "--topics",
                                     std::to_string(options.topics_per_session)};
  if (options.busy_poll) arguments.emplace_back("--busy-poll");
  if (options.cpu >= 0) arguments.insert(arguments.end(), {"--cpu", std::to_string(options.cpu)});
  auto child = Child::start(arguments);
  if (!child) return child.error();
  return CollectProcess{child.take()};
}

Result<CollectFacts> CollectProcess::end() {
  child_.say("end");
  const auto line = child_.line(kAnswerWithin);
  if (!line) return line.error();
  return CollectFacts{.frames = number_in(*line, "frames"),
                      .seconds = number_in(*line, "seconds"),
                      .cpu_seconds = number_in(*line, "cpu_seconds"),
                      .rss_anon_peak = number_in(*line, "rss_anon_peak"),
                      .rss_peak = number_in(*line, "rss_peak"),
                      .gaps = number_in(*line, "gaps")};
}

}  // namespace mp::bench
