#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/conversations.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/tally.hpp"
#include "codec/json_encode.hpp"
#include "codec/marketprism_json.hpp"
#include "codec/recording.hpp"
#include "pipeline/quarantine.hpp"
#include "venue/registry.hpp"
#include "venue/rest.hpp"

namespace mp::cli {
namespace {

constexpr std::uint64_t kProblemsShown = 10;

// Writes each event as a line, and keeps what could not be decoded.
class Decoder final : public pipeline::Engine::Owner {
 public:
  Decoder(const DecodeOptions& options, Output& output, obs::Logger& log)
      : options_(options),
        output_(output),
        quarantine_({.file = options.quarantine}, options.venue, log) {}

  void belongs_to(const pipeline::Engine& engine) { engine_ = &engine; }
  void at_line(const codec::RecordingLine& line) { line_ = &line; }
  void finish() { quarantine_.flush(); }

 private:
  void on_event(pipeline::Stream& stream, const Event& event) override {
    std::string& out = output_.buffer();
    if (options_.marketprism) {
      if (!append_old_form(event, engine_->facts(stream).kind, out)) return;
    } else {
      codec::append_json(event, out, codec::Closing::open);
    }
    if (options_.frame_numbers) {
      codec::append_json_key("frame", out);
      codec::append_json_integer(static_cast<std::int64_t>(line_->number), out);
    }
    out.push_back('}');
    output_.line_done();
  }

  // {"subject":...,"payload":{...}, left open: what a NATS consumer of the old system gets.
  static bool append_old_form(const Event& event, std::optional<InstrumentKind> kind,
                              std::string& out) {
    const std::size_t start = out.size();
    out.append("{\"subject\":\"");
    if (!codec::append_marketprism_subject(event, kind, out)) {
      out.resize(start);  // the old system had no such message
      return false;
    }
    out.append("\",\"payload\":");
    return codec::append_marketprism_json(event, kind, out);
  }

  void on_refused(std::string_view frame, const venue::Reading& reading,
                  Timestamp ts_recv) override {
    if (reading.verdict == venue::Verdict::rejected) return;
    quarantine_.keep(frame, reading, line_->conn, ts_recv);
    if (reading.verdict != venue::Verdict::malformed) return;
    if (++problems_ > kProblemsShown) return;
    complain(fmt::format("line {}: malformed frame: {}", line_->number, reading.problem));
    if (problems_ == kProblemsShown) complain("further malformed frames are only counted");
  }

  void want_snapshot(pipeline::Stream&) override {}
  void want_resubscribe(pipeline::Stream&) override {}

  const DecodeOptions& options_;
  const pipeline::Engine* engine_ = nullptr;
  Output& output_;
  pipeline::Quarantine quarantine_;
  const codec::RecordingLine* line_ = nullptr;
  std::uint64_t problems_ = 0;
};

}  // namespace

int decode(const DecodeOptions& options, obs::Logger& log) {
  auto adapter = venue::make_adapter(options.venue);
  if (!adapter) return fail(unknown_venue(options.venue));
  auto opened = codec::RecordingReader::open(options.file);
  if (!opened) return fail(opened.error());
  auto& reader = **opened;

  Output output;
  Catalog catalog;
  Decoder decoder{options, output, log};
  pipeline::Engine engine{*adapter,
                          catalog,
                          decoder,
                          {.books = pipeline::EngineOptions::Books::pass_through,
                           .listings = pipeline::EngineOptions::Listings::learn}};
  decoder.belongs_to(engine);
  Conversations conversations{*adapter, engine};
  Progress progress{options.progress, options.file};
  while (const auto line = reader.next()) {
    progress.at(reader.bytes_read(), reader.counts().lines);
    decoder.at_line(*line);
    if (line->kind == codec::LineKind::header) warn_of_other_venue(line->venue, *adapter);
    // The receive time of a bare frame is not known: 0.
    const Timestamp ts_recv = line->time.value_or(Timestamp{});
    if (line->kind == codec::LineKind::recv) {
      conversations.receive(*line, ts_recv);
    } else if (line->kind == codec::LineKind::connect) {
      conversations.connect(line->conn, line->url, ts_recv);
    } else if (line->kind == codec::LineKind::http) {
      // Listings name the instruments; nothing else of REST is decoded here.
      const auto call = venue::identify(*adapter, line->url);
      if (call && call->kind == venue::RestKind::listing) conversations.answer(*line, ts_recv);
    }
    if (output.reader_gone() || output.failure()) break;
  }
  progress.finish();
  decoder.finish();
  (void)output.flush();
  if (!reader.problem().empty()) complain(fmt::format("{}: {}", options.file, reader.problem()));
  std::string summary = tally(engine.counters(), conversations.elsewhere());
  add_lines(reader.counts(), summary);
  print_tally(std::move(summary));
  if (output.failure()) return fail(*output.failure());
  const auto malformed =
      engine.counters().verdicts[static_cast<std::size_t>(venue::Verdict::malformed)];
  const bool damaged = malformed + reader.counts().unread() > 0 || !reader.problem().empty();
  return damaged ? exit_code(ErrorKind::data) : 0;
}

}  // namespace mp::cli
