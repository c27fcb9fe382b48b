#include "control/observer.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "codec/json_object.hpp"
#include "control/stages.hpp"

namespace mp::control {
namespace {

using codec::append_json_list;
using codec::append_json_value;
using codec::JsonObject;

constexpr std::chrono::milliseconds kRowsEvery{200};  // rates of less say little
constexpr std::chrono::seconds kPointEvery{1};
constexpr std::size_t kPointsMax = 900;
constexpr std::size_t kGapsUsual = 200;

void append_side(const std::optional<Level>& level, const std::optional<Price>& tick,
                 std::string& out) {
  if (!level) {
    out.append("null");
    return;
  }
  JsonObject side{out};
  side.add("price", to_tick(level->price(), tick));
  side.add("quantity", level->quantity());
}

// 0.01000000 is 0.01
std::optional<std::string> tick_text(const std::optional<Price>& tick) {
  return tick ? std::optional{to_tick(*tick, tick)} : std::nullopt;
}

std::optional<double> age_ms(const std::optional<Timestamp>& since, Timestamp now) {
  if (!since) return std::nullopt;
  return std::max(0.0, std::chrono::duration<double, std::milli>(now - *since).count());
}

void append_row(const pipeline::BoardRow& row, Timestamp now, std::string& out) {
  const auto& view = row.view;
  JsonObject object{out};
  object.add("venue", view.venue);
  object.add("symbol", view.symbol);
  object.add("instrument", row.name());
  object.add("state", view.state);
  object.add("reason", view.reason);
  object.add("kind", view.kind);
  object.add("tick", tick_text(view.tick));
  object.add("events", view.events);
  object.add("events_per_second", row.events_per_second);
  append_side(view.bid, view.tick, object.key("bid"));
  append_side(view.ask, view.tick, object.key("ask"));
  object.add("last_price",
             view.last_price ? std::optional{to_tick(*view.last_price, view.tick)} : std::nullopt);
  object.add("spread_bp", row.spread_basis_points);
  object.add("gaps", view.gaps);
  object.add("missing", view.missing);
  object.add("age_ms", age_ms(row.changed, now));
  object.add("latency_p50_us", microseconds(row.latency_p50));
  object.add("latency_p99_us", microseconds(row.latency_p99));
  std::uint64_t legs = 0;
  for (const auto& channel : view.channels) legs = std::max(legs, channel.legs);
  object.add("legs", legs);
  object.add("channels", view.channels);
}

void append_stage(std::string_view stage, std::string_view of, const obs::LatencySnapshot& times,
                  std::string& out) {
  JsonObject object{out};
  object.add("stage", stage);
  object.add("of", of);
  object.add("count", times.count);
  object.add("mean_us",
             times.count == 0 ? 0.0 : microseconds(times.sum) / static_cast<double>(times.count));
  object.add("min_us", microseconds(times.percentile(0)));
  object.add("p50_us", microseconds(times.percentile(0.50)));
  object.add("p95_us", microseconds(times.percentile(0.95)));
  object.add("p99_us", microseconds(times.percentile(0.99)));
  object.add("p999_us", microseconds(times.percentile(0.999)));
  object.add("max_us", microseconds(times.max));
}

// Of all shards.
pipeline::JournalView journal_of(const pipeline::Collector& collector) {
  pipeline::JournalView sum;
  for (const auto& each : collector.journals()) {
    sum.appended += each.appended;
    sum.dropped += each.dropped;
    sum.bytes += each.bytes;
    sum.bytes_max += each.bytes_max;
    sum.segments += each.segments;
    sum.has_room = sum.has_room && each.has_room;
  }
  return sum;
}

void append_journal(const pipeline::JournalView& journal, std::string& out) {
  JsonObject object{out};
  object.add("appended", journal.appended);
  object.add("bytes", journal.bytes);
  object.add("bytes_max", journal.bytes_max);
  object.add("segments", journal.segments);
  object.add("has_room", journal.has_room);
}

void append_states(const std::vector<pipeline::BoardRow>& rows, std::string& out) {
  using pipeline::StreamState;
  JsonObject counts{out};
  counts.add("wanted", rows.size());
  const auto count = [&](std::string_view name, StreamState is) {
    counts.add(name,
               std::ranges::count_if(rows, [&](const auto& row) { return row.view.state == is; }));
  };
  count("live", StreamState::live);
  count("waiting", StreamState::waiting);
  count("gap", StreamState::gap);
  count("down", StreamState::down);
  count("refused", StreamState::refused);
}

void append_disk(const std::filesystem::path& data_dir, std::string& out) {
  struct statvfs disk{};
  const bool known = ::statvfs(data_dir.c_str(), &disk) == 0;
  JsonObject space{out};
  space.add("free", known ? std::optional{disk.f_bavail * disk.f_frsize} : std::nullopt);
  space.add("size", known ? std::optional{disk.f_blocks * disk.f_frsize} : std::nullopt);
}

}  // namespace

void append_trades(const std::vector<pipeline::TradeView>& trades, std::string& out) {
  append_json_list(trades, out, [](const pipeline::TradeView& trade, std::string& to) {
    JsonObject object{to};
    object.add("ts", trade.ts);
    object.add("seq", trade.seq);
    object.add("price", trade.price);
    object.add("quantity", trade.quantity);
    object.add("side", trade.side);
    object.add("id", trade.trade_id);
  });
}

Observer::Observer(const pipeline::Collector& collector, Identity identity)
    : collector_(collector), identity_(std::move(identity)) {}

Observer::Totals Observer::totals() const {
  Totals out;
  for (const auto* feed : collector_.feeds()) {
    const auto& counters = feed->counters();
    out.frames += counters.frames.load();
    out.bytes += counters.bytes.load();
    out.events += counters.events.value();
    out.gaps += counters.gaps.load();
    out.malformed += counters.malformed.load();
    out.unknown += counters.unknown.load();
    out.rejected += counters.rejected.load();
    out.slow_reads += counters.slow.load();
    out.left_out += counters.left_out.load();
    out.duplicates += counters.copies.load();
  }
  return out;
}

const std::vector<pipeline::BoardRow>& Observer::rows() {
  const auto now = net::steady_now();
  if (!rows_at_ || now - *rows_at_ >= kRowsEvery) {
    rows_ = board_.rows(collector_.instruments(), collector_.waiting(), collector_.latencies(),
                        net::now());
    rows_at_ = now;
  }
  return rows_;
}

std::chrono::seconds Observer::uptime() const {
  return std::chrono::duration_cast<std::chrono::seconds>(net::now() - identity_.started);
}

void Observer::on_time() {
  const auto now = net::steady_now();
  if (disk_.wants(now)) {
    struct statvfs space{};
    if (::statvfs(identity_.data_dir.c_str(), &space) == 0)
      disk_.note(now, space.f_bavail * space.f_frsize);
  }
  if (point_at_ && now - *point_at_ < kPointEvery) return;
  const double seconds = point_at_ ? std::chrono::duration<double>(now - *point_at_).count() : 0.0;
  take_point(now, seconds);
}

void Observer::take_point(net::SteadyTime now, double seconds) {
  const Totals fresh = totals();
  const double cpu = obs::process_seconds();
  obs::LatencySnapshot latency;
  for (const auto& [venue, each] : collector_.latencies()) latency += each;
  auto threads = obs::thread_times();
  if (seconds > 0) {
    const auto per_second = [seconds](std::uint64_t now_has, std::uint64_t had) {
      return static_cast<double>(now_has - std::min(had, now_has)) / seconds;
    };
    const auto recent = latency.since(latency_before_);
    rates_ = {.frames_per_second = per_second(fresh.frames, totals_before_.frames),
              .bytes_per_second = per_second(fresh.bytes, totals_before_.bytes),
              .events_per_second = per_second(fresh.events, totals_before_.events),
              .cores_used = (cpu - cpu_before_) / seconds,
              .p50_us = microseconds(recent.percentile(0.50)),
              .p99_us = microseconds(recent.percentile(0.99))};
    history_.push_back({.second = to_nanoseconds(net::now()) / 1'000'000'000,
                        .events_per_second = rates_.events_per_second,
                        .p50_us = rates_.p50_us,
                        .p99_us = rates_.p99_us,
                        .resident = obs::process_memory().resident_bytes,
                        .cores_used = rates_.cores_used});
    if (history_.size() > kPointsMax) history_.pop_front();
    threads_ = threads;
    for (auto& thread : threads_) {
      const auto before = std::ranges::find(threads_before_, thread.name, &obs::ThreadTime::name);
      if (before != threads_before_.end()) thread.seconds -= before->seconds;
      thread.seconds = std::max(thread.seconds, 0.0) / seconds;
    }
  }
  totals_before_ = fresh;
  cpu_before_ = cpu;
  latency_before_ = latency;
  threads_before_ = std::move(threads);
  point_at_ = now;
}

Observer::Worst Observer::state_of(const std::vector<pipeline::BoardRow>& rows) const {
  using pipeline::StreamState;
  if (rows.empty())
    return {.state = "starting", .reason = "nothing is known of what is wanted yet"};
  std::size_t live = 0;
  const pipeline::BoardRow* worst = nullptr;
  for (const auto& row : rows) {
    if (row.view.state == StreamState::live) {
      ++live;
    } else if (worst == nullptr || worst->view.state < row.view.state) {
      worst = &row;
    }
  }
  if (worst == nullptr) return {.state = "live", .reason = ""};
  const std::string reason = worst->view.venue + " " + worst->name() + ": " + worst->view.reason;
  if (live > 0) return {.state = "degraded", .reason = reason};
  const bool waits = worst->view.state == StreamState::waiting;
  return {.state = waits ? "starting" : "down", .reason = reason};
}

bool Observer::document(std::string_view name, std::string& out) {
  if (name == "status") return status(out), true;
  if (name == "instruments") return instruments(out), true;
  if (name == "connections") return connections(out), true;
  if (name == "sinks") return sinks(out), true;
  if (name == "performance") return performance(out), true;
  if (name == "stages") return stages(out), true;
  if (name == "gaps") return gaps(kGapsUsual, out), true;
  if (name == "memory") return memory(out), true;
  return false;
}

void Observer::status(std::string& out) {
  const auto now = net::now();
  const auto& rows = this->rows();
  const auto journal = journal_of(collector_);
  JsonObject object{out};
  object.add("version", identity_.version);
  object.add("mode", identity_.mode);
  object.add("pid", ::getpid());
  object.add("started", identity_.started);
  object.add("now", now);
  object.add("uptime_seconds", std::chrono::duration<double>(now - identity_.started).count());
  object.add("data_dir", identity_.data_dir.string());
  const auto state = state_of(rows);
  object.add("state", state.state);
  object.add("reason", state.reason);
  append_states(rows, object.key("instruments"));
  append_totals(rows, journal.dropped, object.key("totals"));
  JsonObject{object.key("rates")}.add_fields(rates_);
  {
    JsonObject cpu{object.key("cpu")};
    cpu.add("cores_used", rates_.cores_used);
    cpu.add("cores", std::thread::hardware_concurrency());
  }
  memory(object.key("memory"));
  append_journal(journal, object.key("journal"));
  append_disk(identity_.data_dir, object.key("disk"));
}

void Observer::append_totals(const std::vector<pipeline::BoardRow>& rows, std::uint64_t dropped,
                             std::string& out) const {
  std::uint64_t missing = 0;
  for (const auto& row : rows) missing += row.view.missing;
  JsonObject sums{out};
  sums.add_fields(totals());
  sums.add("missing", missing);
  sums.add("dropped", dropped);
}

void Observer::instruments(std::string& out) {
  const auto now = net::now();
  append_json_list(rows(), out,
                   [now](const auto& row, std::string& to) { append_row(row, now, to); });
}

void append_book(const pipeline::BookView& book, std::string& out) {
  JsonObject object{out};
  object.add("venue", book.venue);
  object.add("symbol", book.symbol);
  object.add("instrument", book.instrument);
  object.add("state", book.state);
  object.add("tick", tick_text(book.tick));
  object.add("sequence", book.sequence);
  object.add("seq", book.seq);
  object.add("ts_event", book.ts_event);
  object.add("ts_recv", book.ts_recv);
  object.add("known_bid", book.known_bid);
  object.add("known_ask", book.known_ask);
  object.add("bid_levels", book.bid_levels);
  object.add("ask_levels", book.ask_levels);
  codec::append_json_levels(book.bids, object.key("bids"));
  codec::append_json_levels(book.asks, object.key("asks"));
}

void Observer::trades(std::string_view venue, std::string_view name, std::uint64_t after,
                      std::string& out) const {
  append_trades(collector_.trades(venue, name, after), out);
}

void Observer::gaps(std::size_t count, std::string& out) const {
  auto statuses = collector_.statuses(count);
  std::ranges::reverse(statuses);
  append_json_value(statuses, out);
}

void Observer::performance(std::string& out) const {
  JsonObject object{out};
  auto& stages = object.key("stages");
  stages.push_back('[');
  bool first = true;
  const auto stage = [&](std::string_view name, std::string_view of,
                         const obs::LatencySnapshot& taken) {
    if (taken.count == 0) return;
    if (!first) stages.push_back(',');
    first = false;
    append_stage(name, of, taken, stages);
  };
  for (const auto* feed : collector_.feeds()) {
    stage("venue to socket", feed->venue(), feed->counters().delay.snapshot());
    stage("socket to journal", feed->venue(), feed->counters().journalled.snapshot());
    stage("rest call", feed->venue(), feed->counters().calls.duration.snapshot());
  }
  for (const auto& each : collector_.stages())
    stage(obs::name_of(each.stage), each.of, each.taken.times);
  stages.push_back(']');
  append_json_list(threads_, object.key("threads"), [](const auto& thread, std::string& to) {
    JsonObject row{to};
    row.add("name", thread.name);
    row.add("cpu", thread.seconds);
  });
  JsonObject history{object.key("history")};
  const auto column = [&](std::string_view name, auto member) {
    append_json_list(history_, history.key(name), [member](const Point& point, std::string& to) {
      append_json_value(point.*member, to);
    });
  };
  column("seconds", &Point::second);
  column("events_per_second", &Point::events_per_second);
  column("p50_us", &Point::p50_us);
  column("p99_us", &Point::p99_us);
  column("resident", &Point::resident);
  column("cores_used", &Point::cores_used);
}

void Observer::stages(std::string& out) const {
  const std::chrono::duration<double> run = net::now() - identity_.started;
  append_json_list(stage_rows({}, collector_.stages(), run.count()), out, append_stage_row);
}

void Observer::memory(std::string& out) const {
  const auto process = obs::process_memory();
  JsonObject object{out};
  object.add("resident", process.resident_bytes);
  object.add("anonymous", process.anonymous_bytes);
}

}  // namespace mp::control
