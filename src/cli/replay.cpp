#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <thread>

#include "cli/commands.hpp"
#include "cli/conversations.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/tally.hpp"
#include "codec/json_encode.hpp"
#include "codec/recording.hpp"
#include "pipeline/gap_reason.hpp"
#include "venue/registry.hpp"

namespace mp::cli {
namespace {

class Replayer final : public pipeline::Engine::Owner {
 public:
  Replayer(std::size_t top, Output& output) : top_(top), output_(output) {}
  void belongs_to(const pipeline::Engine& engine) { engine_ = &engine; }

 private:
  void on_event(pipeline::Stream&, const Event& event) override {
    std::string& out = output_.buffer();
    codec::append_json(event, out, codec::Closing::open);
    if (const auto* book = top_ > 0 ? engine_->book_of_event() : nullptr) {
      book->top(Side::buy, top_, levels_);
      codec::append_json_key("top_bids", out);
      codec::append_json_levels(levels_, out);
      book->top(Side::sell, top_, levels_);
      codec::append_json_key("top_asks", out);
      codec::append_json_levels(levels_, out);
    }
    out.push_back('}');
    output_.line_done();
  }

  void on_refused(std::string_view, const venue::Reading& reading, Timestamp) override {
    if (reading.verdict == venue::Verdict::malformed) {
      complain(fmt::format("malformed frame: {}", reading.problem));
    }
  }
  // The answers come from the recording, where it has them.
  void want_snapshot(pipeline::Stream&) override {}
  void want_resubscribe(pipeline::Stream&) override {}

  const pipeline::Engine* engine_ = nullptr;
  std::size_t top_;
  Output& output_;
  std::vector<Level> levels_;
};

// Waits as long as the recording did between two lines.
class Pace {
 public:
  explicit Pace(bool real_time) : real_time_(real_time) {}
  void keep(Timestamp time) {
    if (!real_time_) return;
    if (last_ && time > *last_) std::this_thread::sleep_for(time - *last_);
    last_ = std::max(last_.value_or(time), time);
  }

 private:
  bool real_time_;
  std::optional<Timestamp> last_;
};

// Feeds the lines of a recording to an engine.
class Player {
 public:
  Player(const venue::Adapter& adapter, Output& output, const ReplayOptions& options)
      : replayer_(options.top, output),
        engine_(adapter, catalog_, replayer_, {.legs = pipeline::EngineOptions::Legs::any}),
        conversations_(adapter, engine_) {
    replayer_.belongs_to(engine_);
  }

  void play(const codec::RecordingLine& line) {
    const Timestamp time = line.time.value_or(Timestamp{});
    switch (line.kind) {
      case codec::LineKind::recv:
        conversations_.receive(line, time);
        return;
      case codec::LineKind::connect:
        if (conversations_.connect(line.conn, line.url, time))
          engine_.on_connected({.symbol = "", .channel = {}, .reason = ""}, time);
        return;
      case codec::LineKind::http:
        conversations_.answer(line, time);
        return;
      case codec::LineKind::lost:
        engine_.tell(Condition::gap,
                     {.symbol = "",
                      .channel = {},
                      .reason = pipeline::kRecordingReason,
                      .missing = static_cast<std::int64_t>(line.lost)},
                     time);
        return;
      case codec::LineKind::header:
      case codec::LineKind::send:
        return;
    }
  }

  [[nodiscard]] const pipeline::Engine& engine() const { return engine_; }

  [[nodiscard]] std::uint64_t elsewhere() const { return conversations_.elsewhere(); }

 private:
  Catalog catalog_;
  Replayer replayer_;
  pipeline::Engine engine_;
  Conversations conversations_;
};

}  // namespace

int replay(const ReplayOptions& options) {
  auto opened = codec::RecordingReader::open(options.recording);
  if (!opened) return fail(opened.error());
  auto& reader = **opened;
  std::unique_ptr<venue::Adapter> adapter;
  if (!options.venue.empty()) {
    adapter = venue::make_adapter(options.venue);
    if (!adapter) return fail(unknown_venue(options.venue));
  }

  Output output;
  Pace pace{options.real_time};
  std::optional<Player> player;
  Progress progress{options.progress, options.recording};
  while (const auto line = reader.next()) {
    progress.at(reader.bytes_read(), reader.counts().lines);
    if (!adapter && line->kind == codec::LineKind::header)
      adapter = venue::adapter_spelled(line->venue);
    if (adapter && line->kind == codec::LineKind::header)
      warn_of_other_venue(line->venue, *adapter);
    if (!adapter) {
      return fail({ErrorKind::usage,
                   fmt::format("{} does not say which venue it is of; name it with --venue",
                               options.recording)});
    }
    if (!player) player.emplace(*adapter, output, options);
    if (line->time) pace.keep(*line->time);
    player->play(*line);
    if (options.real_time) (void)output.flush();
    if (output.reader_gone() || output.failure()) break;
  }
  progress.finish();
  (void)output.flush();
  if (!player) {
    const auto why = reader.problem().empty() ? "it holds no recording lines" : reader.problem();
    return fail({ErrorKind::data, fmt::format("{}: {}", options.recording, why)});
  }
  if (!reader.problem().empty()) complain(reader.problem());
  std::string summary = tally(player->engine().counters(), player->elsewhere());
  add_lines(reader.counts(), summary);
  add_books(player->engine(), summary);
  print_tally(std::move(summary));
  if (output.failure()) return fail(*output.failure());
  const auto malformed =
      player->engine().counters().verdicts[static_cast<std::size_t>(venue::Verdict::malformed)];
  const bool damaged = malformed + reader.counts().unread() > 0 || !reader.problem().empty();
  return damaged ? exit_code(ErrorKind::data) : 0;
}

}  // namespace mp::cli
