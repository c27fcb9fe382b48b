// `marketprism gaps`: what is missing of what was collected.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/commands.hpp"
#include "cli/data_journals.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "codec/json_object.hpp"
#include "core/name_limit.hpp"
#include "core/utf8.hpp"
#include "journal/merged_reader.hpp"
#include "journal/read_present.hpp"
#include "net/clock.hpp"
#include "pipeline/gap_reason.hpp"
#include "pipeline/gap_report.hpp"

namespace mp::cli {
namespace {

using pipeline::Gap;

constexpr std::uint64_t kProgressEvery = 1024;  // events between two looks at the clock

std::string text_of(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", seconds, rest.count());
}

std::string length_of(const Gap& gap) {
  if (!gap.since || !gap.until) return "-";
  const std::chrono::duration<double> time = *gap.until - *gap.since;
  return fmt::format("{:.1f} s", std::max(time.count(), 0.0));
}

std::string count_of(const std::optional<std::int64_t>& count) {
  return count ? std::to_string(*count) : "?";
}

std::string healed_of(const Gap& gap) {
  if (gap.healed == 0) return "-";
  return fmt::format("{} {}", gap.healed, gap.healed_by);
}

std::string name_of(const Gap& gap) {
  if (gap.symbol.empty()) return "(a session)";
  return printable(gap.instrument.empty() ? gap.symbol : gap.instrument, kNameBytesMax);
}

// Streams of an instrument that ended and began together are one line.
bool together(const Gap& one, const Gap& other) {
  return one.condition == Condition::disconnected && other.condition == one.condition &&
         one.venue == other.venue && one.symbol == other.symbol && one.reason == other.reason &&
         one.since == other.since && one.until == other.until;
}

void write_table(const std::vector<const Gap*>& gaps, std::string& out) {
  constexpr std::string_view kRow = "{:<23} {:<23} {:>10}  {:<14} {:<20} {:>8} {:>12}  {:<12} {}\n";
  out += fmt::format(kRow, "SINCE", "UNTIL", "FOR", "VENUE", "INSTRUMENT", "MISSING", "HEALED",
                     "REASON", "CHANNELS");
  for (std::size_t i = 0; i < gaps.size();) {
    const Gap& gap = *gaps[i];
    std::string channels;
    do {
      if (!channels.empty()) channels += ',';
      channels += gaps[i]->channel ? mp::name_of(*gaps[i]->channel) : "-";
    } while (++i < gaps.size() && together(gap, *gaps[i]));
    out += fmt::format(kRow, gap.since ? text_of(*gap.since) : "?",
                       gap.until ? text_of(*gap.until) : "(goes on)", length_of(gap), gap.venue,
                       name_of(gap), count_of(gap.missing), healed_of(gap),
                       printable(gap.reason, kNameBytesMax), channels);
  }
}

void write_json(const Gap& gap, std::string& out) {
  {
    codec::JsonObject object{out, codec::JsonTimes::nanoseconds};
    object.add("venue", gap.venue);
    object.add("symbol", gap.symbol);
    object.add("instrument", gap.instrument);
    object.add("channel", gap.channel ? mp::name_of(*gap.channel) : "");
    object.add("condition", gap.condition);
    object.add("reason", gap.reason);
    object.add("since", gap.since);
    object.add("said", gap.said);
    object.add("until", gap.until);
    object.add("from_sequence", gap.from_sequence);
    object.add("to_sequence", gap.to_sequence);
    object.add("missing", gap.missing);
    object.add("healed", gap.healed);
    object.add("healed_by", gap.healed_by);
  }
  out += '\n';
}

void write_sum(const std::vector<const Gap*>& gaps, std::string& out) {
  std::int64_t missing = 0;
  std::int64_t healed = 0;
  std::size_t open = 0;
  std::set<std::pair<std::string_view, std::string_view>> streams;
  for (const Gap* gap : gaps) {
    missing += gap->missing.value_or(0);
    healed += gap->healed;
    open += gap->until ? 0U : 1U;
    streams.insert({gap->venue, gap->symbol});
  }
  out += fmt::format(
      "{} gaps of {} instruments, {} still open; {} messages are known to be "
      "missing, {} of them came later\n",
      gaps.size(), streams.size(), open, missing, healed);
}

void write_reasons(const std::vector<const Gap*>& gaps, std::string& out) {
  std::set<std::string_view> reasons;
  for (const Gap* gap : gaps) reasons.insert(gap->reason);
  for (const auto reason : reasons) {
    const auto meaning = pipeline::explain(reason);
    out += fmt::format("{}: {}\n", printable(reason, kNameBytesMax),
                       meaning.empty() ? "the venue's words" : meaning);
  }
}

Result<pipeline::GapReport> read(const GapsOptions& options) {
  auto locations = journals_of(options.data_dir);
  if (!locations) return locations.error();
  journal::MergedConfig config;
  config.patience = std::chrono::nanoseconds{0};  // of what is there nothing is waited for
  config.locations = locations.take();
  auto opened = journal::open_merged(config);
  if (!opened) return opened.error();
  pipeline::GapReport report;
  // A collector that writes on has no end.
  Progress progress{options.progress, ProgressUnit::events};
  std::uint64_t seen = 0;
  const auto read = journal::read_present(**opened, [&, now = net::now()](const Event& event) {
    if (event.ts_recv > now) return false;
    report.on_event(event);
    if (++seen % kProgressEvery == 0) progress.at_of(seen, seen + (*opened)->ahead());
    return true;
  });
  progress.at_of(seen, seen);
  progress.finish();
  if (!read) return read.error();
  return report;
}

}  // namespace

int gaps(const GapsOptions& options) {
  const auto report = read(options);
  if (!report) return fail(report.error());
  std::vector<const Gap*> shown;
  for (const Gap& gap : report->gaps()) {
    if (!options.last || gap.said > net::now() - *options.last) shown.push_back(&gap);
  }
  Output out;
  if (options.json) {
    for (const Gap* gap : shown) write_json(*gap, out.buffer());
  } else {
    if (!shown.empty()) write_table(shown, out.buffer());
    write_sum(shown, out.buffer());
    if (options.explain) write_reasons(shown, out.buffer());
  }
  if (const auto flushed = out.flush(); !flushed) return fail(flushed.error());
  if (report->forgotten() > 0)
    complain(fmt::format("only the newest {} gaps are shown", report->gaps().size()));
  return 0;
}

}  // namespace mp::cli
