#include "sim/load.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "core/assert.hpp"
#include "obs/histogram.hpp"
#include "sim/certificate.hpp"
#include "sim/load_door.hpp"
#include "sim/load_tls.hpp"
#include "sim/own_file.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWriteBytes = 64U * 1024U;
constexpr std::size_t kWriteRecords = 64;
constexpr std::size_t kWriteBytesMax = std::size_t{16} << 20U;
constexpr Nanoseconds kServeEvery = 5ms;  // what clients send, while the load goes on
constexpr Nanoseconds kSpin = 30us;       // before a due time, instead of sleeping
constexpr std::uint64_t kPacedAtOnceMax = 2048;
constexpr std::uint64_t kTricklePerSecond = 2000;
constexpr Nanoseconds kAfterSnapshots = 300ms;

// The clock that clients compare stamps with.
std::int64_t now_nanoseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// Sleeps, and spins the last bit of the way.
void wait_until(std::int64_t nanoseconds) {
  const std::int64_t sleep_until = nanoseconds - kSpin.count();
  if (now_nanoseconds() < sleep_until) {
    const timespec time{.tv_sec = sleep_until / 1'000'000'000,
                        .tv_nsec = sleep_until % 1'000'000'000};
    (void)::clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, nullptr);
  }
  while (now_nanoseconds() < nanoseconds) {
  }
}

double thread_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Error wrong(ErrorKind kind, const std::string& what) {
  return {.kind = kind, .message = "The load generator " + what + "."};
}

Result<void> check(const LoadConfig& config) {
  if (config.instruments == 0 || config.instruments > kLoadInstrumentsMax)
    return wrong(ErrorKind::usage,
                 "has from 1 to " + std::to_string(kLoadInstrumentsMax) + " instruments");
  if (config.levels < kLoadLevelsMin || config.levels > kLoadLevelsMax)
    return wrong(ErrorKind::usage, "has books of " + std::to_string(kLoadLevelsMin) + " to " +
                                       std::to_string(kLoadLevelsMax) + " levels a side");
  const std::size_t record = std::max<std::size_t>(config.messages_per_record, 1);
  if (record * kLoadFrameBytesMax > kRecordBytesMax * 4 ||
      config.records_per_write > kWriteBytesMax / kRecordBytesMax)
    return wrong(ErrorKind::usage,
                 "puts at most 64 messages into a record and 1024 records into "
                 "a write, or fills the records when it is told 0 messages");
  return {};
}

}  // namespace

struct LoadServer::Impl {
  Impl(const LoadConfig& wanted, LoadTlsContext tls)
      : config(wanted),
        door(std::move(tls), {.instruments = wanted.instruments, .levels = wanted.levels},
             wanted.weight_per_minute) {
    desk.now = from_nanoseconds(now_nanoseconds());
  }

  // Looks after the clients for at most `wait`.
  void serve(std::chrono::milliseconds wait);
  void serve_when_due(std::int64_t now);

  Result<void> wait_for_clients();
  Result<void> trickle();
  void measure();
  [[nodiscard]] bool over() const;
  void send_at_full_speed();
  void send_batch(LoadConnection& to, std::uint64_t most);
  // Sends on schedule from now on, until `over`.
  template <class Over>
  void send_paced(std::uint64_t rate, Over over, obs::Histogram* late);
  bool write_paced(std::int64_t due);
  LoadStream next_owned_stream();
  char* append_message(LoadConnection& to, LoadStream stream, std::int64_t stamp_of_it, char* at);

  LoadConfig config;
  LoadDoor door;
  LoadDesk& desk = door.desk;
  LoadHooks hooks;
  bool stopped = false;
  std::int64_t served_last = 0;
  std::int64_t end_time = 0;   // of the measured part; 0: none
  std::int64_t stamp = 0;      // the last one that was used at full speed
  LoadStream stream_next = 0;  // of all, in turn; when paced
  std::vector<char> plain;     // frames to encrypt
  std::vector<LoadConnection*> unsent;
  LoadReport report;
};

void LoadServer::Impl::serve(std::chrono::milliseconds wait) {
  door.serve(wait);
  served_last = now_nanoseconds();
  desk.now = from_nanoseconds(served_last);
  desk.market.set_time(desk.now);
  stopped = stopped || hooks.stop();
}

void LoadServer::Impl::serve_when_due(std::int64_t now) {
  if (now - served_last >= kServeEvery.count()) serve(0ms);
}

Result<void> LoadServer::Impl::wait_for_clients() {
  const std::size_t wanted =
      config.streams_expected != 0 ? config.streams_expected : desk.market.streams();
  const std::int64_t until = now_nanoseconds() + Nanoseconds{config.patience}.count();
  while (desk.subscribed < wanted) {
    serve(5ms);
    if (stopped || now_nanoseconds() > until)
      return wrong(ErrorKind::unavailable, "saw " + std::to_string(desk.subscribed) + " of " +
                                               std::to_string(wanted) + " streams subscribed");
  }
  return {};
}

Result<void> LoadServer::Impl::trickle() {
  std::int64_t until = now_nanoseconds() + Nanoseconds{config.patience}.count();
  bool owes = true;
  send_paced(
      kTricklePerSecond,
      [&] {
        if (owes && !desk.owes_snapshot()) {
          owes = false;
          until = now_nanoseconds() + kAfterSnapshots.count();
        }
        return stopped || now_nanoseconds() > until;
      },
      nullptr);
  if (owes) return wrong(ErrorKind::unavailable, "was not asked for the snapshot of every book");
  return {};
}

bool LoadServer::Impl::over() const {
  return stopped || desk.subscribed == 0 ||
         (config.messages != 0 && report.messages >= config.messages) ||
         (end_time != 0 && now_nanoseconds() >= end_time);
}

char* LoadServer::Impl::append_message(LoadConnection& to, LoadStream stream,
                                       std::int64_t stamp_of_it, char* at) {
  char* const end = desk.market.write(stream, stamp_of_it, at);
  switch (channel_of(stream)) {
    case LoadChannel::trade:
      ++report.trades;
      break;
    case LoadChannel::depth:
      ++report.depths;
      break;
    case LoadChannel::quote:
      ++report.quotes;
      break;
  }
  if (to.messages++ == 0) ++report.sessions;
  ++report.messages;
  report.bytes += static_cast<std::uint64_t>(end - at);
  return end;
}

void LoadServer::Impl::send_at_full_speed() {
  stamp = now_nanoseconds();
  while (!over()) {
    serve_when_due(now_nanoseconds());
    LoadConnection* const to = door.least_served();
    if (to == nullptr) return;
    send_batch(*to, config.messages == 0 ? UINT64_MAX : config.messages - report.messages);
  }
}

// One write of at most `most` messages.
void LoadServer::Impl::send_batch(LoadConnection& to, std::uint64_t most) {
  const bool full = config.messages_per_record == 0;
  const std::size_t records = config.records_per_write != 0 ? config.records_per_write
                              : full                        ? kWriteBytes / kRecordBytesMax
                                                            : kWriteRecords;
  // Full records: the frames of all records are one text, which is cut.
  const std::size_t writes = full ? 1 : records;
  const std::uint64_t frames_max = full ? UINT64_MAX : config.messages_per_record;
  plain.resize(full ? records * kRecordBytesMax : frames_max * kLoadFrameBytesMax);
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < writes && sent < most; ++i) {
    char* at = plain.data();
    const char* const end = at + plain.size();
    for (std::uint64_t frames = 0; frames < frames_max && sent < most; ++frames, ++sent) {
      const LoadStream stream = to.next_stream();
      if (at + desk.market.next_bytes(stream) > end) break;
      at = append_message(to, stream, ++stamp, at);
      to.take_turn();
    }
    const auto bytes = static_cast<std::size_t>(at - plain.data());
    to.write({plain.data(), bytes});
    report.records += (bytes + kRecordBytesMax - 1) / kRecordBytesMax;
  }
  ++report.sends;
  to.turns += static_cast<double>(sent) / static_cast<double>(to.streams());
  if (!to.flush()) door.drop(&to);
}

LoadStream LoadServer::Impl::next_owned_stream() {
  MP_ASSERT(desk.subscribed > 0);
  do {
    stream_next = stream_next + 1 < desk.owners.size() ? stream_next + 1 : 0;
  } while (desk.owners[stream_next] == nullptr);
  return stream_next;
}

// One message in a record of its own; false when nobody is there to get it.
bool LoadServer::Impl::write_paced(std::int64_t due) {
  if (desk.subscribed == 0) return false;
  const LoadStream stream = next_owned_stream();
  LoadConnection* const to = desk.owners[stream];
  const char* const end = append_message(*to, stream, due, plain.data());
  ++report.records;
  if (!to->has_unsent) unsent.push_back(to);
  to->has_unsent = true;
  to->write({plain.data(), static_cast<std::size_t>(end - plain.data())});
  return true;
}

template <class Over>
void LoadServer::Impl::send_paced(std::uint64_t rate, Over over, obs::Histogram* late) {
  plain.resize(kLoadFrameBytesMax);
  const std::int64_t began = now_nanoseconds();
  const auto due = [&](std::uint64_t number) {
    const std::uint64_t part = number % rate * 1'000'000'000 / rate;
    return began + static_cast<std::int64_t>(number / rate * 1'000'000'000 + part);
  };
  std::uint64_t next = 0;
  while (!over()) {
    const std::int64_t now = now_nanoseconds();
    serve_when_due(now);
    if (due(next) > now) {
      wait_until(std::min(due(next), now + kServeEvery.count()));
      continue;
    }
    const std::uint64_t first = next;
    while (next - first < kPacedAtOnceMax && due(next) <= now && !over()) {
      if (!write_paced(due(next))) return;
      ++next;
    }
    for (LoadConnection* const each : unsent) {
      ++report.sends;
      if (!each->flush()) door.drop(each);
    }
    unsent.clear();
    if (late == nullptr) continue;
    const std::int64_t sent = now_nanoseconds();
    for (std::uint64_t each = first; each < next; ++each) {
      late->record(Nanoseconds{sent - due(each)});
    }
  }
}

void LoadServer::Impl::measure() {
  report = {};
  door.sessions_dropped = 0;
  obs::Histogram late;
  const double cpu_began = thread_seconds();
  const std::int64_t began = now_nanoseconds();
  if (config.time.count() != 0) end_time = began + Nanoseconds{config.time}.count();
  if (config.rate == 0) {
    send_at_full_speed();
  } else {
    send_paced(config.rate, [this] { return over(); }, &late);
  }
  report.seconds = static_cast<double>(now_nanoseconds() - began) * 1e-9;
  report.cpu_seconds = thread_seconds() - cpu_began;
  report.sessions_dropped = door.sessions_dropped;
  const obs::LatencySnapshot lateness = late.snapshot();
  report.late_p50 = lateness.percentile(0.5);
  report.late_p99 = lateness.percentile(0.99);
  report.late_max = lateness.max;
}

LoadServer::LoadServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoadServer::~LoadServer() = default;

Result<std::unique_ptr<LoadServer>> LoadServer::open(const LoadConfig& config) {
  if (const auto checked = check(config); !checked) return checked.error();
  const auto certificates = make_certificates();
  if (!certificates) return certificates.error();
  auto tls = LoadTlsContext::create(*certificates);
  if (!tls) return tls.error();
  auto impl = std::make_unique<Impl>(config, tls.take());
  if (auto listening = impl->door.listen(config.port); !listening) return listening.error();
  const auto written = write_authority(config.ca_file, certificates->ca_pem);
  if (!written) return written.error();
  return std::unique_ptr<LoadServer>(new LoadServer(std::move(impl)));
}

std::uint16_t LoadServer::port() const {
  return impl_->door.port();
}

Result<LoadReport> LoadServer::run(const LoadHooks& hooks) {
  impl_->hooks = hooks;
  if (const int cpu = impl_->config.cpu; cpu >= 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(cpu), &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0)
      return wrong(ErrorKind::usage, "cannot run on CPU " + std::to_string(cpu));
  }
  ::prctl(PR_SET_TIMERSLACK, 1);
  impl_->desk.market.set_time(from_nanoseconds(now_nanoseconds()));
  if (auto waited = impl_->wait_for_clients(); !waited) return waited.error();
  if (impl_->config.wait_for_snapshots) {
    if (auto waited = impl_->trickle(); !waited) return waited.error();
  }
  hooks.begin();
  impl_->door.mark_sessions("begin");
  impl_->measure();
  impl_->door.mark_sessions("end");
  return impl_->report;
}

void LoadServer::linger(std::chrono::milliseconds at_most, const LoadHooks& hooks) {
  impl_->hooks = hooks;
  const std::int64_t until = now_nanoseconds() + Nanoseconds{at_most}.count();
  while (!impl_->door.is_empty() && !impl_->stopped && now_nanoseconds() < until) {
    impl_->serve(5ms);
  }
}

}  // namespace mp::sim
