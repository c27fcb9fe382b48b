// frame -> events: the adapters, against simdjson reading the same fields.
#include <fmt/format.h>

#include <algorithm>

#include "bench/floor_decode.hpp"
#include "bench/frames.hpp"
#include "bench/work.hpp"
#include "core/assert.hpp"
#include "venue/registry.hpp"

namespace mp::bench {
namespace {

constexpr std::size_t kFramesMax = 60'000;
constexpr std::size_t kSimulatedFrames = 20'000;
constexpr double kRoundSeconds = 0.15;

class Counter final : public EventHandler {
 public:
  void on_event(Event& event) override {
    ++events;
    asm volatile("" : : "r"(&event) : "memory");  // all of it is needed
  }
  std::uint64_t events = 0;
};

// Million frames a second of CPU time. `pass` decodes all frames once.
template <class Pass>
double rate_of(const Frames& frames, Pass&& pass) {
  const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  double now = start;
  std::size_t count = 0;
  do {
    pass();
    count += frames.size();
    now = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  } while (now - start < kRoundSeconds);
  return static_cast<double>(count) / (now - start) * 1e-6;
}

// Without acknowledgements and the like, of which the floor knows nothing.
Frames data_of(std::string_view venue, const Frames& frames) {
  const auto decoder = venue::make_adapter(venue)->decoder();
  Counter counter;
  Frames data;
  frames.each([&](std::string_view frame) {
    const auto reading = decoder->read(frame, Timestamp{}, counter);
    if (reading.verdict == venue::Verdict::data) data.add(frame);
  });
  return data;
}

Measurement measure(std::string_view venue, const std::string& input, const Frames& frames,
                    int rounds) {
  const auto decoder = venue::make_adapter(venue)->decoder();
  FloorDecoder floor{venue};
  Counter counter;
  std::size_t refused = 0;
  std::size_t floor_refused = 0;
  Measurement row;
  row.name = fmt::format("decode {}, {}", venue, input);
  row.input = fmt::format("{}: {} frames of {} bytes on average", input, frames.size(),
                          frames.bytes() / frames.size());
  row.unit = "M frames/s";
  row.floor_name = "simdjson On-Demand reads the same fields as text, and nothing else";
  row.target = Target{Target::Is::at_least, 1.0};
  row.judged = Measurement::Judged::ratio;
  const auto ours = [&] {
    return rate_of(frames, [&] {
      frames.each([&](std::string_view frame) {
        if (decoder->read(frame, Timestamp{}, counter).verdict > venue::Verdict::control) ++refused;
      });
    });
  };
  const auto least = [&] {
    return rate_of(frames, [&] {
      frames.each([&](std::string_view frame) {
        if (!floor.read(frame)) ++floor_refused;
      });
    });
  };
  compare(row, rounds, ours, least);
  MP_ASSERT(counter.events > 0 && floor.sum() > 0);
  MP_ASSERT(refused == 0 && floor_refused == 0);  // or else they did not do the same work
  return row;
}

// Of any venue, which has no floor: the data frames, by a decoder that has read all of the session.
Measurement measure_alone(const std::string& input, const RecordedFrames& recorded, int rounds) {
  const auto decoder = venue::make_adapter(recorded.venue)->decoder();
  Counter counter;
  Frames data;
  recorded.frames.each([&](std::string_view frame) {
    if (decoder->read(frame, Timestamp{}, counter).verdict == venue::Verdict::data) data.add(frame);
  });
  Measurement row;
  row.name = fmt::format("decode {}, {}", recorded.venue, input);
  row.input = fmt::format("{}: {} data frames of {} bytes on average", input, data.size(),
                          data.bytes() / std::max<std::size_t>(data.size(), 1));
  row.unit = "ns/frame";
  for (int round = 0; round < rounds && data.size() > 0; ++round) {
    const double rate = rate_of(data, [&] {
      data.each([&](std::string_view frame) { decoder->read(frame, Timestamp{}, counter); });
    });
    row.ours.values.push_back(1e3 / rate);
  }
  return row;
}

}  // namespace

Result<void> bench_decode(const Options& options, const Report& report) {
  if (!options.venue.empty()) {
    for (const auto& file : options.recordings) {
      const auto recorded = recorded_frames(file, kFramesMax, options.venue);
      if (!recorded) return recorded.error();
      report(measure_alone(file.stem().stem().string(), *recorded, options.rounds));
    }
    return {};
  }
  for (const std::string_view venue : {"binance", "okx"}) {
    report(measure(venue, "simulated", simulated_frames(venue, kSimulatedFrames), options.rounds));
  }
  for (const auto& file : options.recordings) {
    auto recorded = recorded_frames(file, kFramesMax);
    if (!recorded) return recorded.error();
    recorded->frames = data_of(recorded->venue, recorded->frames);
    report(measure(recorded->venue, file.stem().stem().string(), recorded->frames, options.rounds));
  }
  return {};
}

}  // namespace mp::bench
