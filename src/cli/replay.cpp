#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <thread>
#include <unordered_set>

#include "cli/commands.hpp"
#include "cli/names.hpp"
#include "cli/output.hpp"
#include "cli/tally.hpp"
#include "codec/json_encode.hpp"
#include "codec/recording.hpp"
#include "venue/registry.hpp"

namespace mp::cli {
namespace {

class Replayer final : public pipeline::Engine::Owner {
 public:
  Replayer(std::size_t top, Output& output) : top_(top), output_(output) {}

 private:
  void on_event(pipeline::Stream& stream, const Event& event) override {
    std::string& out = output_.buffer();
    codec::append_json(event, out, codec::Closing::open);
    if (top_ > 0 && event.channel() == Channel::book && stream.keeper) {
      stream.keeper->top(Side::buy, top_, levels_);
      codec::append_json_key("top_bids", out);
      codec::append_json_levels(levels_, out);
      stream.keeper->top(Side::sell, top_, levels_);
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
  Player(venue::Adapter& adapter, Output& output, const ReplayOptions& options)
      : replayer_(options.top, output), engine_(adapter, catalog_, replayer_), adapter_(adapter) {}

  void play(const codec::RecordingLine& line) {
    const Timestamp time = line.time.value_or(Timestamp{});
    switch (line.kind) {
      case codec::LineKind::recv:
        engine_.on_frame(line.data, time);
        return;
      case codec::LineKind::connect:
        if (!connected_.insert(std::string{line.conn}).second) {
          engine_.on_disconnected({.symbol = "", .channel = {}, .reason = "reconnected"}, time);
        }
        engine_.on_connected({.symbol = "", .channel = {}, .reason = ""}, time);
        return;
      case codec::LineKind::http:
        play_answer(line, time);
        return;
      case codec::LineKind::header:
      case codec::LineKind::send:
        return;
    }
  }

  [[nodiscard]] const pipeline::Engine& engine() const { return engine_; }

 private:
  void play_answer(const codec::RecordingLine& line, Timestamp time) {
    const auto call = adapter_.identify(line.url);
    if (!call) return;
    if (const auto read = engine_.on_rest(*call, line.data, time); !read) {
      complain(fmt::format("line {}: {}", line.number, read.error().message));
    }
  }

  Catalog catalog_;
  Replayer replayer_;
  pipeline::Engine engine_;
  venue::Adapter& adapter_;
  std::unordered_set<std::string> connected_;
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
  while (const auto line = reader.next()) {
    if (!adapter && line->kind == codec::LineKind::header)
      adapter = venue::adapter_spelled(line->venue);
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
  (void)output.flush();
  if (!reader.problem().empty()) complain(reader.problem());
  if (!player)
    return fail({ErrorKind::data, fmt::format("{} holds no recording lines", options.recording)});
  std::string summary = tally(player->engine().counters());
  add_books(player->engine(), summary);
  print_tally(std::move(summary));
  if (output.failure()) return fail(*output.failure());
  const auto malformed =
      player->engine().counters().verdicts[static_cast<std::size_t>(venue::Verdict::malformed)];
  const bool damaged = malformed + reader.counts().damaged > 0 || !reader.problem().empty();
  return damaged ? exit_code(ErrorKind::data) : 0;
}

}  // namespace mp::cli
