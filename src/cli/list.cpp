#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/sink_document.hpp"
#include "cli/venue_document.hpp"
#include "codec/json_encode.hpp"
#include "sink/registry.hpp"
#include "venue/registry.hpp"

namespace mp::cli {
namespace {

std::string channel_names(const venue::Traits& traits) {
  std::string text;
  for (const Channel channel : venue::channels_of(traits)) {
    text.append(text.empty() ? "" : ", ").append(name_of(channel));
  }
  return text;
}

struct Row {
  std::string name;
  std::string about;
};

std::vector<Row> rows_of(const std::string& what) {
  std::vector<Row> rows;
  if (what == "venues") {
    for (const auto& registration : venue::registry()) {
      rows.push_back(
          {std::string{registration.name}, channel_names(registration.make()->traits())});
    }
  } else if (what == "channels") {
    for (const auto channel : kChannelNames) {
      std::string venues;
      for (const auto& registration : venue::registry()) {
        const auto adapter = registration.make();
        const auto has = venue::channels_of(adapter->traits());
        if (std::ranges::find(has, *channel_named(channel)) == has.end()) continue;
        venues.append(venues.empty() ? "" : ", ").append(registration.name);
      }
      rows.push_back({std::string{channel}, venues});
    }
  } else {
    for (const auto* spec : sink::all_specs()) {
      rows.push_back({std::string{spec->type}, std::string{spec->what}});
    }
  }
  return rows;
}

}  // namespace

int list(const ListOptions& options) {
  if (options.markdown) {
    Output document;
    document.buffer() += options.what == "sinks" ? sink_document() : venue_document();
    const auto written = document.flush();
    return written ? 0 : fail(written.error());
  }
  const auto rows = rows_of(options.what);
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.name.size());
  const char* const about = options.what == "venues"     ? "channels"
                            : options.what == "channels" ? "venues"
                                                         : "about";
  Output output;
  for (const auto& row : rows) {
    std::string& out = output.buffer();
    if (options.json) {
      out.append("{\"name\":");
      codec::append_json_string(row.name, out);
      codec::append_json_key(about, out);
      codec::append_json_string(row.about, out);
      out.push_back('}');
    } else {
      out += fmt::format("{:<{}}  {}", row.name, width, row.about);
    }
    output.line_done();
  }
  const auto flushed = output.flush();
  return flushed ? 0 : fail(flushed.error());
}

}  // namespace mp::cli
