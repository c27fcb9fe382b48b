// Every folder of tests/golden is a venue: frames.jsonl holds the frames of one session, one a line
// (GoldenLine says how), events.jsonl the events expected of them, verdicts.txt what each line was
// found to be. A new venue needs no code here.
//
// To write events.jsonl and verdicts.txt of a venue anew: MP_GOLDEN_WRITE=<venue> venue_test
// --gtest_filter='Golden*' (MP_GOLDEN_WRITE=all: of every venue); then read the difference before
// it is committed.
#include <gtest/gtest.h>

#include "venue/rest.hpp"
#include "venue_testing.hpp"

namespace mp::venue {
namespace {

using testing::Collector;
using testing::lines_of;
using testing::read_file;

struct Outcome {
  std::string events;
  std::string verdicts;
};

std::string verdict_of(const Reading& reading) {
  std::string verdict{name_of(reading.verdict)};
  // The words of the JSON library change with its version; ours begin with a key.
  if (reading.verdict == Verdict::rejected || reading.problem.starts_with('"'))
    verdict.append(": ").append(reading.problem);
  if (reading.reconnect_soon) verdict.append(", reconnect soon");
  if (reading.broken) verdict.append(", broken: ").append(reading.problem);
  if (reading.ready) verdict.append(", ready");
  if (!reading.reply.empty()) verdict.append(", reply ").append(reading.reply);
  if (reading.left_out > 0) verdict.append(", left out ").append(std::to_string(reading.left_out));
  return verdict;
}

Outcome decode(const Adapter& adapter, const std::vector<std::string>& lines) {
  Outcome outcome;
  const auto decoder = adapter.decoder();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto ts_recv = from_nanoseconds(1'795'000'000'000'000'000 + static_cast<int>(i));
    Collector collector;
    std::string verdict;
    const auto line = testing::golden_line(lines[i]);
    if (line.kind == testing::GoldenLine::Kind::note) {
      verdict = "note";
    } else if (line.kind == testing::GoldenLine::Kind::frame) {
      verdict = verdict_of(decoder->read(line.data, ts_recv, collector));
    } else if (const auto call = identify(adapter, line.url); !call) {
      verdict = "no call of ours";
    } else {
      RestReading answer;
      const auto read = adapter.read_rest(*call, line.data, ts_recv, collector, answer);
      verdict = read ? "answer" : read.error().message;
      if (answer.left_out > 0) verdict.append(", left out ").append(answer.problem);
      if (!answer.next_page.empty()) verdict.append(", next page ").append(answer.next_page);
      for (const auto& more : answer.more) verdict.append(", then ").append(more.target);
    }
    const std::string number = std::to_string(i + 1);
    outcome.verdicts.append(number).append(" ").append(verdict).append("\n");
    for (const auto& event : collector.lines)
      outcome.events.append(event).append(",\"frame\":").append(number).append("}\n");
  }
  return outcome;
}

TEST(Golden, every_venue_gives_the_events_on_file) {
  const std::filesystem::path golden = std::filesystem::path{MP_TESTS_DIR} / "golden";
  const char* const asked = std::getenv("MP_GOLDEN_WRITE");
  const std::string_view written = asked != nullptr ? asked : "";
  EXPECT_TRUE(written.empty() || written == "all" || make_adapter(written) != nullptr)
      << "MP_GOLDEN_WRITE names a venue, or all of them: " << written;
  std::size_t venues = 0;
  for (const auto& folder : std::filesystem::directory_iterator(golden)) {
    const std::string name = folder.path().filename();
    SCOPED_TRACE(name);
    const auto adapter = make_adapter(name);
    ASSERT_NE(adapter, nullptr);
    ++venues;
    const auto frames = lines_of(read_file(folder.path() / "frames.jsonl"));
    ASSERT_GE(frames.size(), 10U);
    const auto outcome = decode(*adapter, frames);
    if (written == name || written == "all") {
      std::ofstream(folder.path() / "events.jsonl") << outcome.events;
      std::ofstream(folder.path() / "verdicts.txt") << outcome.verdicts;
      continue;
    }
    EXPECT_EQ(lines_of(outcome.events), lines_of(read_file(folder.path() / "events.jsonl")));
    EXPECT_EQ(lines_of(outcome.verdicts), lines_of(read_file(folder.path() / "verdicts.txt")));
  }
  EXPECT_EQ(venues, registry().size()) << "each venue needs its folder";
}

}  // namespace
}  // namespace mp::venue
