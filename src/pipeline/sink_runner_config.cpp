#include <bitset>

#include "pipeline/dead_letters.hpp"
#include "pipeline/sink_runner_feed.hpp"
#include "sink/spec.hpp"

namespace mp::pipeline {
namespace {

Overflow overflow_named(std::string_view word) {
  if (word == "skip_oldest") return Overflow::skip_oldest;
  return word == "skip_newest" ? Overflow::skip_newest : Overflow::hold;
}

std::bitset<kChannelCount> channels_of(const sink::Texts& names) {
  std::bitset<kChannelCount> out;
  for (const std::string& name : names) {
    if (const auto channel = channel_named(name)) out.set(static_cast<std::size_t>(*channel));
  }
  return names.empty() ? out.set() : out;
}

}  // namespace

Result<SinkRunnerConfig> settings_of_runner(const sink::Settings& settings) {
  const sink::Spec& spec = settings.spec();
  SinkRunnerConfig out;
  out.name = settings.name;
  out.form.encoder = codec::encoder_named(settings.encoding());
  if (!spec.subject.empty()) {
    auto subject = sink::Subject::compile(settings.text("subject"), spec.subject_excludes);
    if (!subject) return subject.error();
    out.form.subject = subject.take();
  }
  out.filter = {channels_of(settings.texts("channels")), settings.texts("instruments")};
  out.overflow = overflow_named(settings.text("overflow"));
  out.overflow_age = settings.time("overflow_age");
  out.batch_events_max = settings.number("batch_events");
  out.batch_bytes_max = settings.bytes("batch_bytes");
  out.batch_age_max = settings.time("batch_age");
  out.retry_first = settings.time("retry_first");
  out.retry_longest = settings.time("retry_longest");
  out.dead_letter = settings.text("dead_letter");
  if (out.dead_letter.empty())
    out.dead_letter = settings.data_dir / kDeadLetterFolder / (settings.name + ".ndjson");
  out.dead_letter_bytes_max = settings.bytes("dead_letter_bytes");
  return out;
}

}  // namespace mp::pipeline
