#include "pipeline/shard.hpp"

#include <fmt/format.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <system_error>

#include "core/assert.hpp"
#include "core/files.hpp"
#include "obs/process.hpp"
#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {
namespace {

constexpr std::chrono::milliseconds kWatchEvery{500};  // also what a kill costs a recording
constexpr std::chrono::seconds kMeasureLeast{1};       // less says nothing
constexpr std::chrono::seconds kLookPatience{1};

// How long a reader that merges shards may have to wait for one with nothing to say.
constexpr std::chrono::milliseconds kPromiseEvery{5};

}  // namespace

std::string why_no_segment(int code) {
  if (code == 0 || means_full(code)) return "the disk is full";
  return os_error("the system gives the journal no segment", code).message;
}

Result<std::unique_ptr<Shard>> Shard::create(const ShardConfig& config, const ShardParts& parts) {
  std::unique_ptr<Shard> made{new Shard{config, parts}};
  if (auto opened = made->open(); !opened) return opened.error();
  return made;
}

Result<void> Shard::open() {
  auto journal = journal::Writer::open(config_.journal);
  if (!journal) return journal.error();
  journal_ = journal.take();
  if (!config_.recording.empty() && !config_.feeds.empty()) {
    const bool one_venue = config_.feeds.size() == 1;
    auto recording =
        Recording::open(file_of_shard(config_.recording, config_.number),
                        {.venue = one_venue ? std::string_view{config_.feeds[0].venue} : "",
                         .recorded = net::now(),
                         .program = "marketprism"},
                        config_.existing, parts_.log);
    if (!recording) return recording.error();
    recording_ = recording.take();
  }
  if (auto made = make_event_loop(); !made) return made;
  return add_feeds();
}

// Asio wants descriptors: some for the loop, some for the first timer.
Result<void> Shard::make_event_loop() {
  try {
    io_ = std::make_unique<net::IoContext>(1);
    buffers_ = std::make_unique<net::ReceiveBuffers>();
    tasks_ = std::make_unique<TaskGroup>(*io_);
    stop_watching_ = std::make_unique<Signal>(*io_);
    stop_promising_ = std::make_unique<Signal>(*io_);
  } catch (const boost::system::system_error& error) {
    return os_error("cannot make the event loop of a shard", error.code().value());
  }
  return {};
}

Result<void> Shard::add_feeds() {
  for (const FeedConfig& config : config_.feeds) {
    auto feed = make_feed(config);
    if (!feed) return feed.error();
    feeds_.push_back(feed.take());
  }
  return {};
}

Result<std::unique_ptr<Feed>> Shard::make_feed(FeedConfig config) {
  config.quarantine.file = file_of_shard(config.quarantine.file, config_.number);
  const auto budget = parts_.budgets.find(config.venue);
  return Feed::create(std::move(config),
                      {.io = *io_,
                       .buffers = *buffers_,
                       .journal = *journal_,
                       .log = parts_.log,
                       .recording = recording_.get(),
                       .budget = budget == parts_.budgets.end() ? nullptr : &budget->second,
                       .notes = &parts_.notes});
}

// Returns when it is done. `watch()` keeps the thread there.
void Shard::on_thread(const std::function<void()>& work) {
  std::promise<void> done;
  boost::asio::post(*io_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

bool Shard::look(std::function<void(Shard&)> work) {
  auto done = std::make_shared<std::promise<void>>();
  auto is_done = done->get_future();
  boost::asio::post(*io_, [this, done, work = std::move(work)] {
    work(*this);
    done->set_value();
  });
  return is_done.wait_for(kLookPatience) == std::future_status::ready;
}

JournalView Shard::journal_view() const {
  const auto counters = journal_->counters();
  return {.shard = config_.number,
          .next_index = journal_->next_index(),
          .appended = counters.appended,
          .dropped = counters.dropped,
          .bytes = counters.bytes,
          .bytes_max = config_.journal.retention_bytes,
          .segments = counters.segments,
          .has_room = journal_->room() == journal::Room::as_configured};
}

const Feed& Shard::adopt(std::unique_ptr<Feed> feed) {
  const Feed& adopted = *feed;
  on_thread([&] {
    tasks_->spawn(feed->run());
    feeds_.push_back(std::move(feed));
  });
  return adopted;
}

std::vector<std::string> Shard::venues() {
  std::vector<std::string> out;
  on_thread([&] {
    for (const auto& feed : feeds_) out.push_back(feed->venue());
  });
  return out;
}

FeedMachine::Change Shard::want(std::string_view venue, WantsOfShard wanted) {
  FeedMachine::Change change;
  on_thread([&] {
    for (const auto& feed : feeds_) {
      if (feed->venue() == venue) change = feed->want(std::move(wanted));
    }
  });
  return change;
}

Shard::~Shard() {
  if (!thread_.joinable()) return;
  begin_stop();
  (void)stop();
}

Result<void> Shard::start() {
  MP_ASSERT(!thread_.joinable());
  started_ = net::steady_now();
  if (config_.count > 1) journal_->promise(net::now());
  // The tasks begin on the thread: where there is none to be had, there are none either.
  const auto guard = boost::asio::make_work_guard(*io_);
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error& error) {
    return os_error("cannot start the thread of a shard", error.code().value());
  }
  boost::asio::post(*io_, [this] {
    for (const auto& feed : feeds_) tasks_->spawn(feed->run());
    tasks_->spawn(watch());
    if (config_.count > 1) tasks_->spawn(promise());
  });
  return {};
}

// Ends when all feeds have ended. An exception here is a bug of ours: the process ends.
void Shard::run() {
  obs::name_thread(fmt::format("mp-shard-{}", config_.number));
  while (config_.busy_poll && !io_->stopped()) io_->poll();
  io_->run();
  parts_.notes.put(reach(), notes());
  // Nothing more will come.
  journal_->promise(Timestamp::max());
}

// Tells readers that merge shards that nothing older than now will come. What had reached the
// kernel by then is read first: of two turns through the event loop, the first one asks which
// sockets have something, and the second one ends behind their reads.
net::Task<void> Shard::promise() {
  while (!stopping_) {
    co_await stop_promising_->wait_for(kPromiseEvery);
    const Timestamp now = net::now();
    for (int turn = 0; turn < 2; ++turn) {
      co_await boost::asio::post(*io_, boost::asio::use_awaitable);
    }
    journal_->promise(now);
  }
}

net::Task<void> Shard::watch() {
  auto before = journal::Room::as_configured;
  auto noted = started_;
  while (!stopping_) {
    const auto room = journal_->room();
    if (room != before) say_room(room);
    before = room;
    if (parts_.watch) parts_.watch();
    if (recording_) recording_->flush(net::steady_now());
    for (const auto& feed : feeds_) feed->flush_quarantine();
    const auto now = net::steady_now();
    if (now - noted >= config_.keep_notes_every && now - started_ >= kMeasureLeast) {
      keep_notes();
      noted = net::steady_now();
    }
    co_await stop_watching_->wait_for(kWatchEvery);
  }
}

// Says when the journal gets no segment any more, and when it does again.
void Shard::say_room(journal::Room room) {
  const std::string where = journal_->location().string();
  if (room == journal::Room::as_configured) {
    parts_.log.info("journal_disk_has_room", {{"dir", where}});
    return;
  }
  const std::string why = why_no_segment(journal_->troubles().room_code);
  if (room == journal::Room::spare_memory) {
    parts_.log.warn("journal_disk_full",
                    {{"dir", where}, {"problem", why + "; events are kept in memory"}});
  } else {
    parts_.log.error("journal_disk_full",
                     {{"dir", where},
                      {"problem", why + ", and the spare memory is full; events are dropped, and "
                                        "each stretch will be marked as a gap"}});
  }
}

// Loads are of the whole run: what an instrument does in one minute says little of the next.
std::vector<StreamNote> Shard::notes() {
  std::vector<StreamNote> out;
  const std::chrono::duration<double> time = net::steady_now() - started_;
  std::optional<double> seconds;
  if (time >= kMeasureLeast) seconds = time.count();
  for (const auto& feed : feeds_) feed->note(seconds, out);
  return out;
}

// Of what is noted now, on the thread that appends.
StreamNotes::Reach Shard::reach() const {
  return {.shard = config_.number, .next_index = journal_->next_index(), .at = net::now()};
}

// While messages come. Thousands of lines take a while: that is not this thread's work.
void Shard::keep_notes() {
  parts_.notes.try_put(reach(), notes());
  if (config_.number != 0) return;
  // A disk that hangs must not hang this thread: to begin anew is to wait for what was begun.
  const auto at_once = std::chrono::seconds{0};
  if (writing_.valid() && writing_.wait_for(at_once) != std::future_status::ready) return;
  try {
    writing_ = std::async(std::launch::async, [this] {
      if (const auto written = parts_.notes.write(); !written) {
        parts_.log.warn("notes_not_written", {{"problem", written.error().message}});
      }
    });
  } catch (const std::system_error& error) {  // no thread is to be had
    parts_.log.warn("notes_not_written", {{"problem", error.what()}});
  }
}

void Shard::append_end(const StreamNotes::Ended& ended, Timestamp now) {
  Event event;
  event.venue = ended.venue;
  event.symbol = ended.symbol;
  event.instrument = ended.instrument;
  event.ts_recv = now;
  event.seq = ended.seq;
  event.body = Status{.condition = Condition::disconnected,
                      .channel = ended.channel,
                      .reason = kCrashReason,
                      .since = ended.since};
  journal_->append(journal_->subject(ended.venue, ended.symbol, ended.instrument), event);
}

void Shard::begin_stop() {
  if (!thread_.joinable()) return;
  boost::asio::post(*io_, [this] {
    stopping_ = true;
    stop_watching_->set();
    stop_promising_->set();
    for (const auto& feed : feeds_) feed->stop();
  });
}

Result<void> Shard::stop() {
  if (thread_.joinable()) thread_.join();
  if (writing_.valid()) writing_.wait();
  return recording_ ? recording_->close() : Result<void>{};
}

}  // namespace mp::pipeline
