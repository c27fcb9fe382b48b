#include "cli/venue_call.hpp"

#include <boost/asio/io_context.hpp>

#include "pipeline/task_group.hpp"

namespace mp::cli {

Result<void> ask_venue(pipeline::FeedConfig config, obs::Logger& log,
                       const std::function<void(const pipeline::Feed&)>& use) {
  auto writer = journal::Writer::open({.retention_bytes = std::uint64_t{256} << 20U});
  if (!writer) return writer.error();
  net::IoContext io;
  net::ReceiveBuffers buffers;
  config.quarantine.file.clear();
  auto feed = pipeline::Feed::create(
      std::move(config), {.io = io, .buffers = buffers, .journal = **writer, .log = log});
  if (!feed) return feed.error();
  Result<void> checked;
  pipeline::TaskGroup tasks{io};
  tasks.spawn([](pipeline::Feed& of, Result<void>& out) -> net::Task<void> {
    out = co_await of.check();
    of.stop();
  }(**feed, checked));
  io.run();
  if (checked) use(**feed);
  return checked;
}

}  // namespace mp::cli
