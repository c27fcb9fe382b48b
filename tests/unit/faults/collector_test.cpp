// What the parts of a collector cannot get from the system is an error of start-up, and never the
// end of the process.
#include "pipeline/collector.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "sink/registry.hpp"
#include "unit/faults/faults.hpp"
#include "unit/sink/sink_fixture.hpp"

namespace mp::pipeline {
namespace {

using faults::Call;

TEST(CollectorFaults, each_call_that_fails_at_start_is_an_error_with_a_sentence) {
  const sink::TempDir dir;
  obs::Logger log{obs::LogLevel::off};
  CollectorConfig config;
  config.journal.dir = dir.path() / "journal";
  config.journal.segment_bytes = 1U << 20U;
  config.shards = 2;
  sink::Settings sink{sink::kNdjson};
  sink.data_dir = dir.path();
  config.sinks = {sink};
  for (const Call call : {Call::epoll, Call::openat, Call::mmap, Call::fallocate, Call::flock,
                          Call::fdopendir, Call::mkdir}) {
    unsigned refused = 0;
    bool struck = true;
    for (unsigned at = 1; struck && at < 60; ++at) {
      faults::arm({.call = call, .at = at, .code = EMFILE});
      auto collector = Collector::create(config, log);
      // A sink that cannot open does not keep the others from starting.
      if (collector) EXPECT_TRUE((*collector)->start());
      struck = faults::disarm();
      if (collector) {
        EXPECT_TRUE((*collector)->stop());
        continue;
      }
      ++refused;
      EXPECT_EQ(collector.error().kind, ErrorKind::io);
      EXPECT_NE(collector.error().message.find("Too many open files"), std::string::npos)
          << collector.error().message;
    }
    if (call == Call::epoll) EXPECT_EQ(refused, 2U);
  }
}

}  // namespace
}  // namespace mp::pipeline
