#include "control/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "obs/heap.hpp"

namespace mp::control {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// Buckets of latencies: 1 us to 16 s, each four times as wide as the one before.
constexpr std::array<std::int64_t, 13> kBucketNanoseconds = {
    1'000,      4'000,      16'000,      64'000,        256'000,       1'024'000,     4'096'000,
    16'384'000, 65'536'000, 262'144'000, 1'048'576'000, 4'194'304'000, 16'777'216'000};

// Of stages, likewise: 64 ns to 1 s.
constexpr std::array<std::int64_t, 13> kStageNanoseconds = {
    64,        256,       1'024,      4'096,      16'384,      65'536,       262'144,
    1'048'576, 4'194'304, 16'777'216, 67'108'864, 268'435'456, 1'073'741'824};

void append_escaped(std::string_view value, std::string& out) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
}

// One metric: its help and type, then its values.
class Family {
 public:
  Family(std::string& out, std::string_view name, std::string_view type, std::string_view help)
      : out_(out), name_(name) {
    out_ +=
        fmt::format("# HELP marketprism_{} {}\n# TYPE marketprism_{} {}\n", name, help, name, type);
  }

  void add(const Labels& labels, double value) { line("", labels, fmt::format("{:.10g}", value)); }
  void add(const Labels& labels, std::uint64_t value) { line("", labels, std::to_string(value)); }

  void add(Labels labels, const obs::LatencySnapshot& times,
           std::span<const std::int64_t> buckets = kBucketNanoseconds) {
    std::uint64_t below = 0;
    std::size_t at = 0;
    for (const std::int64_t end : buckets) {
      for (; at < obs::kBucketCount && obs::bucket_begin(at) < static_cast<std::uint64_t>(end);
           ++at)
        below += times.buckets[at];
      const auto le = fmt::format("{:.9g}", static_cast<double>(end) / 1e9);
      labels.emplace_back("le", le);
      line("_bucket", labels, std::to_string(below));
      labels.pop_back();
    }
    labels.emplace_back("le", "+Inf");
    line("_bucket", labels, std::to_string(times.count));
    labels.pop_back();
    line("_sum", labels, fmt::format("{:.9g}", static_cast<double>(times.sum.count()) / 1e9));
    line("_count", labels, std::to_string(times.count));
  }

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view value) {
    out_.append("marketprism_").append(name_).append(suffix);
    if (!labels.empty()) {
      out_.push_back('{');
      bool first = true;
      for (const auto& [name, text] : labels) {
        if (!first) out_.push_back(',');
        first = false;
        out_.append(name).append("=\"");
        append_escaped(text, out_);
        out_.push_back('"');
      }
      out_.push_back('}');
    }
    out_.append(" ").append(value).append("\n");
  }

  std::string& out_;
  std::string_view name_;
};

// Each shard that serves a venue has a feed of it.
using Feeds = std::map<std::string_view, std::vector<const pipeline::Feed*>>;

Feeds by_venue(const pipeline::Collector& collector) {
  Feeds out;
  for (const auto* feed : collector.feeds()) out[feed->venue()].push_back(feed);
  return out;
}

using Count = std::function<std::uint64_t(const pipeline::FeedCounters&)>;

void add_sums(const Feeds& feeds, std::string& out, std::string_view name, std::string_view help,
              const Count& count) {
  Family family{out, name, "counter", help};
  for (const auto& [venue, all] : feeds) {
    std::uint64_t sum = 0;
    for (const auto* feed : all) sum += count(feed->counters());
    family.add({{"venue", venue}}, sum);
  }
}

void add_outcomes(const Feeds& feeds, std::string& out) {
  Family family{out, "messages_total", "counter", "Messages by what became of them."};
  for (const auto& [venue, all] : feeds) {
    const auto add = [&, &of = all, name = venue](std::string_view outcome, const Count& count) {
      std::uint64_t sum = 0;
      for (const auto* feed : of) sum += count(feed->counters());
      family.add({{"venue", name}, {"outcome", outcome}}, sum);
    };
    add("event", [](const auto& it) { return it.collected.value(); });
    add("duplicate", [](const auto& it) { return it.copies.load(); });
    add("unknown", [](const auto& it) { return it.unknown.load(); });
    add("parse_error", [](const auto& it) { return it.malformed.load(); });
    add("rejected", [](const auto& it) { return it.rejected.load(); });
  }
}

void add_latencies(const Feeds& feeds, std::string& out, std::string_view name,
                   std::string_view help, obs::Histogram pipeline::FeedCounters::* of) {
  Family family{out, name, "histogram", help};
  for (const auto& [venue, all] : feeds) {
    obs::LatencySnapshot sum;
    for (const auto* feed : all) sum += (feed->counters().*of).snapshot();
    family.add({{"venue", venue}}, sum);
  }
}

void add_feeds(const pipeline::Collector& collector, std::string& out) {
  const auto feeds = by_venue(collector);
  const auto sums = [&](std::string_view name, std::string_view help, const Count& count) {
    add_sums(feeds, out, name, help, count);
  };
  sums("frames_received_total", "WebSocket messages received.",
       [](const auto& it) { return it.frames.load(); });
  sums("received_bytes_total", "Payload bytes of WebSocket messages received.",
       [](const auto& it) { return it.bytes.load(); });
  add_outcomes(feeds, out);
  sums("gaps_total", "Stretches that are known to be missing.",
       [](const auto& it) { return it.gaps.load(); });
  sums("slow_reads_total", "Data frames that only the exact reader could read.",
       [](const auto& it) { return it.slow.load(); });
  sums("left_out_numbers_total", "Optional numbers that did not fit.",
       [](const auto& it) { return it.left_out.load(); });
  sums("connects_total", "WebSocket connections opened.",
       [](const auto& it) { return it.connects.load(); });
  sums("disconnects_total", "WebSocket connections that ended.",
       [](const auto& it) { return it.disconnects.load(); });
  sums("silences_total", "Connections and topics that fell silent out of their habit.",
       [](const auto& it) { return it.silences.load(); });
  sums("unanswered_subscriptions_total", "Subscriptions that the venue did not answer.",
       [](const auto& it) { return it.unanswered.load(); });
  sums("rest_calls_total", "REST calls begun.",
       [](const auto& it) { return it.calls.submitted.value(); });
  sums("rest_failures_total", "REST calls that failed.",
       [](const auto& it) { return it.calls.failed.value(); });
  sums("rest_connects_total", "Connections opened for REST calls.",
       [](const auto& it) { return it.calls.connects.load(); });
  sums("rest_reused_total", "REST calls over a connection that was open already.",
       [](const auto& it) { return it.calls.reused.load(); });
  add_latencies(feeds, out, "feed_delay_seconds",
                "From the venue's clock to our socket; a value for each batch of frames.",
                &pipeline::FeedCounters::delay);
  add_latencies(feeds, out, "pipeline_latency_seconds",
                "From our socket to the journal; a value for each batch of frames.",
                &pipeline::FeedCounters::journalled);
}

void add_instruments(Observer& observer, std::string& out) {
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> states;
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> events;
  std::map<std::string_view, double> missing;
  std::map<std::string_view, Timestamp> last;
  for (const auto& row : observer.rows()) {
    const std::string_view venue = row.view.venue;
    ++states[{venue, pipeline::name_of(row.view.state)}];
    for (const auto& channel : row.view.channels)
      events[{venue, name_of(channel.channel)}] += channel.events;
    missing[venue] += static_cast<double>(row.view.missing);
    if (row.changed) last[venue] = std::max(last[venue], *row.changed);
  }
  {
    Family family{out, "instruments", "gauge", "Instruments that are wanted, by their state."};
    for (const auto& [key, count] : states)
      family.add({{"venue", key.first}, {"state", key.second}}, static_cast<double>(count));
  }
  {
    Family family{out, "events_total", "counter", "Events of this run, by channel."};
    for (const auto& [key, count] : events)
      family.add({{"venue", key.first}, {"channel", key.second}}, count);
  }
  {
    Family family{out, "missing_messages", "gauge",
                  "Messages that are known to be missing and have not come later."};
    for (const auto& [venue, count] : missing) family.add({{"venue", venue}}, count);
  }
  Family family{out, "last_message_timestamp_seconds", "gauge",
                "When an instrument of the venue last had an event."};
  for (const auto& [venue, time] : last)
    family.add({{"venue", venue}}, static_cast<double>(to_nanoseconds(time)) / 1e9);
}

void add_sinks(const pipeline::Collector& collector, std::string& out) {
  const auto sinks = collector.sinks();
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help,
                          auto member) {
    Family each{out, name, type, help};
    for (const auto& sink : sinks) {
      const auto shard = std::to_string(sink.shard);
      each.add({{"sink", sink.name}, {"shard", shard}},
               static_cast<std::uint64_t>(std::invoke(member, sink)));
    }
  };
  using pipeline::SinkView;
  family("sink_acked_events_total", "counter", "Events that the sink accepted.",
         &SinkView::delivered);
  family("sink_lag_events", "gauge", "Events that the journal has and the sink has not.",
         &SinkView::lag);
  family("sink_unconfirmed_events", "gauge",
         "Events that the sink has taken and the journal holds until they are safe.",
         &SinkView::unconfirmed);
  family("sink_dead_letters_total", "counter", "Events that the sink refused.",
         &SinkView::dead_letters);
  family("sink_missed_events_total", "counter", "Events that retention took before the sink.",
         &SinkView::missed);
  family("sink_retries_total", "counter", "Batches and flushes that were put off.",
         &SinkView::retries);
  family("sink_upkeep_failures_total", "counter",
         "Times that compaction, or what else a sink does by itself, failed; it goes on trying.",
         &SinkView::upkeep_failures);
  family("sink_up", "gauge", "Whether the sink is open.", &SinkView::is_open);
}

void add_journals(const pipeline::Collector& collector, std::string& out) {
  const auto journals = collector.journals();
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help,
                          auto member) {
    Family each{out, name, type, help};
    for (const auto& journal : journals) {
      const auto shard = std::to_string(journal.shard);
      each.add({{"shard", shard}}, static_cast<std::uint64_t>(std::invoke(member, journal)));
    }
  };
  using pipeline::JournalView;
  family("journal_appended_events_total", "counter", "Events written to the journal.",
         &JournalView::appended);
  family("journal_dropped_events_total", "counter", "Events dropped, each stretch marked.",
         &JournalView::dropped);
  family("spool_bytes", "gauge", "Bytes that the journal's segments take.", &JournalView::bytes);
  family("spool_capacity_bytes", "gauge", "Bytes that they may take.", &JournalView::bytes_max);
}

bool is_of_sink(obs::Stage stage) {
  return stage == obs::Stage::encode || stage == obs::Stage::write;
}

void add_stages(const pipeline::Collector& collector, std::string& out) {
  const auto stages = collector.stages();
  const auto add = [&](std::string_view name, std::string_view help, std::string_view whose,
                       bool of_sinks) {
    Family family{out, name, "histogram", help};
    for (const auto& each : stages) {
      if (is_of_sink(each.stage) != of_sinks || each.taken.times.count == 0) continue;
      family.add({{"stage", obs::name_of(each.stage)}, {whose, each.of}}, each.taken.times,
                 kStageNanoseconds);
    }
  };
  add("frame_stage_seconds", "Time of a frame in a stage of its own; one frame in 61.", "venue",
      false);
  Family allocated{out, "frame_allocated_bytes_total", "counter",
                   "What the frames that were timed have allocated: once warm, none is added."};
  for (const auto& [venue, all] : by_venue(collector)) {
    std::uint64_t sum = 0;
    for (const auto* feed : all) sum += feed->counters().stages.allocated_bytes.value();
    allocated.add({{"venue", venue}}, sum);
  }
  add("sink_stage_seconds", "Time of an event (encode, one in 61) or a batch (write) in a sink.",
      "sink", true);
}

void add_process(std::string& out) {
  const auto memory = obs::process_memory();
  Family{out, "process_resident_bytes", "gauge", "Resident memory."}.add({}, memory.resident_bytes);
  Family{out, "process_anonymous_bytes", "gauge", "Resident memory that is no file's."}.add(
      {}, memory.anonymous_bytes);
  Family{out, "process_cpu_seconds_total", "counter", "Processor time."}.add(
      {}, obs::process_seconds());
  const auto told = obs::heap_numbers();
  const auto heap = told ? *told : obs::HeapNumbers{};
  Family{out, "heap_allocated_bytes", "gauge", "Memory in use; 0: nobody counts."}.add(
      {}, heap.allocated);
  Family{out, "heap_active_bytes", "gauge", "Pages of the heap with something in use."}.add(
      {}, heap.active);
  Family{out, "heap_resident_bytes", "gauge", "Pages of the heap that are resident."}.add(
      {}, heap.resident);
  const auto descriptors = obs::descriptors();
  Family{out, "process_open_fds", "gauge", "Open descriptors."}.add({}, descriptors.open);
  Family{out, "process_max_fds", "gauge", "Descriptors that may be open."}.add({},
                                                                               descriptors.limit);
  Family threads{out, "thread_cpu_seconds_total", "counter", "Processor time of threads, by name."};
  for (const auto& thread : obs::thread_times())
    threads.add({{"thread", thread.name}}, thread.seconds);
}

}  // namespace

void append_metrics(const pipeline::Collector& collector, Observer& observer,
                    std::string_view version, std::string& out) {
  Family{out, "build_info", "gauge", "The program."}.add({{"version", version}}, std::uint64_t{1});
  add_feeds(collector, out);
  add_instruments(observer, out);
  add_sinks(collector, out);
  add_journals(collector, out);
  add_stages(collector, out);
  add_process(out);
}

}  // namespace mp::control
