// `marketprism tap`: the events of a data directory as they come.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/commands.hpp"
#include "cli/data_journals.hpp"
#include "cli/output.hpp"
#include "cli/stop_request.hpp"
#include "cli/where.hpp"
#include "codec/json_encode.hpp"
#include "core/name_limit.hpp"
#include "core/utf8.hpp"
#include "journal/merged_reader.hpp"
#include "net/clock.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kWait{100};

// VENUE/INSTRUMENT/CHANNEL, each a name or a glob; what is left out at the end is all.
struct Pattern {
  std::array<std::string, 3> parts{"*", "*", "*"};

  [[nodiscard]] bool matches(const Event& event) const {
    if (!matches_glob(parts[0], event.venue)) return false;
    if (!matches_glob(parts[2], name_of(event.channel()))) return false;
    return matches_glob(parts[1], event.instrument) || matches_glob(parts[1], event.symbol);
  }
};

Result<Pattern> pattern_of(std::string_view text) {
  Pattern out;
  std::size_t part = 0;
  for (std::string_view rest = text;; ++part) {
    const auto slash = std::min(rest.find('/'), rest.size());
    if (part == out.parts.size() || slash == 0) {
      return Error{ErrorKind::usage,
                   fmt::format("\"{}\" is no pattern; expected VENUE/INSTRUMENT/CHANNEL, as in "
                               "binance/BTC-*/trade",
                               text)};
    }
    out.parts[part] = rest.substr(0, slash);
    if (slash == rest.size()) break;
    rest.remove_prefix(slash + 1);
  }
  const auto& channel = out.parts[2];
  if (channel.find('*') == std::string::npos && !channel_named(channel)) {
    return Error{
        ErrorKind::usage,
        fmt::format("\"{}\": there is no channel \"{}\"; `marketprism list channels` shows "
                    "those that there are",
                    text, channel)};
  }
  return out;
}

// The value of a field for people and tables; empty where it is absent.
template <class Field>
void append_field(const Field& field, std::string& out) {
  if constexpr (requires { field.has_value(); }) {
    if (field) append_field(*field, out);
  } else if constexpr (std::same_as<Field, Levels>) {
    codec::append_json_levels(field, out);
  } else if constexpr (std::same_as<Field, bool>) {
    out.append(field ? "true" : "false");
  } else if constexpr (std::same_as<Field, std::string_view>) {
    out.append(printable(field, kNameBytesMax));
  } else if constexpr (std::same_as<Field, Decimal>) {
    out.append(to_string(field));
  } else if constexpr (std::same_as<Field, Timestamp>) {
    fmt::format_to(std::back_inserter(out), "{}", to_nanoseconds(field));
  } else if constexpr (std::is_enum_v<Field>) {
    out.append(name_of(field));
  } else if constexpr (std::integral<Field>) {
    fmt::format_to(std::back_inserter(out), "{}", field);
  } else {
    out.append(to_string(field.decimal));
  }
}

// A cell with a comma, a quote or a line end is quoted (RFC 4180).
void append_cell(std::string_view cell, std::string& out) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(cell);
    return;
  }
  out.push_back('"');
  for (const char c : cell) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

void write_csv(const Event& event, std::string& out) {
  out += fmt::format("{},{},", name_of(event.channel()), event.venue);
  append_cell(event.symbol, out);
  out.push_back(',');
  append_cell(event.instrument, out);
  out.push_back(',');
  if (event.ts_event) out += std::to_string(to_nanoseconds(*event.ts_event));
  out += fmt::format(",{},{}", to_nanoseconds(event.ts_recv), event.seq);
  for_each_field(event.body, [&](std::string_view /*name*/, const auto& field) {
    std::string cell;
    append_field(field, cell);
    out.push_back(',');
    append_cell(cell, out);
  });
}

void write_csv_head(const Event& event, std::string& out) {
  out.append("type,venue,symbol,instrument,ts_event,ts_recv,seq");
  for_each_field(event.body, [&](std::string_view name, const auto& /*field*/) {
    out.append(",").append(name);
  });
}

// Of a book its size is shown, in place of its levels.
void write_pretty(const Event& event, std::string& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(event.ts_recv);
  const auto rest = std::chrono::floor<std::chrono::microseconds>(event.ts_recv - seconds);
  const auto name = event.instrument.empty() ? event.symbol : event.instrument;
  out += fmt::format("{:%H:%M:%S}.{:06} {:<12} {:<20} {:<14}", seconds, rest.count(), event.venue,
                     printable(name, kNameBytesMax), name_of(event.channel()));
  for_each_field(event.body, [&]<class Field>(std::string_view field_name, const Field& field) {
    std::string value;
    if constexpr (std::same_as<Field, Levels>) {
      value = std::to_string(field.size());
    } else {
      append_field(field, value);
    }
    if (!value.empty()) out += fmt::format(" {}={}", field_name, value);
  });
}

class Tap {
 public:
  Tap(const TapOptions& options, std::vector<Pattern> patterns, std::optional<Where> where)
      : options_(options), patterns_(std::move(patterns)), where_(std::move(where)) {}

  int run(journal::Reader& reader) {
    const auto begun = net::steady_now();
    while (!done(begun)) {
      for (auto next = reader.next(); next != journal::Next::idle; next = reader.next()) {
        if (next == journal::Next::closed && options_.all) return end();
        if (next == journal::Next::closed) break;
        if (next == journal::Next::lost || next == journal::Next::corrupt)
          complain(fmt::format("{} events are missing here", reader.lost_count()));
        if (next == journal::Next::event) take(reader.event());
        if (full() || stop_requested()) break;
      }
      reader.release();
      (void)out_.flush();
      if (!done(begun)) reader.wait(kWait);
    }
    return end();
  }

 private:
  [[nodiscard]] bool full() const {
    return (options_.count && taken_ >= *options_.count) || out_.reader_gone() || out_.failure();
  }
  [[nodiscard]] bool done(net::SteadyTime begun) const {
    const bool over = options_.time && net::steady_now() - begun >= *options_.time;
    return full() || over || stop_requested();
  }
  int end() {
    const auto flushed = out_.flush();
    return flushed ? 0 : fail(flushed.error());
  }

  void take(const Event& event) {
    const bool wanted = std::ranges::any_of(
        patterns_, [&](const Pattern& pattern) { return pattern.matches(event); });
    if (!wanted || (where_ && !where_->matches(event))) return;
    std::string& out = out_.buffer();
    if (options_.format == "csv") {
      if (event.channel() != csv_of_) {
        write_csv_head(event, out);  // the columns are those of the channel
        out_.line_done();
        csv_of_ = event.channel();
      }
      write_csv(event, out);
    } else if (options_.format == "pretty") {
      write_pretty(event, out);
    } else {
      codec::append_json(event, out);
    }
    out_.line_done();
    ++taken_;
  }

  const TapOptions& options_;
  const std::vector<Pattern> patterns_;
  const std::optional<Where> where_;
  Output out_;
  std::optional<Channel> csv_of_;
  std::uint64_t taken_ = 0;
};

}  // namespace

int tap(const TapOptions& options) {
  std::vector<Pattern> patterns;
  for (const auto& text : options.patterns) {
    auto pattern = pattern_of(text);
    if (!pattern) return fail(pattern.error());
    patterns.push_back(pattern.take());
  }
  if (patterns.empty()) patterns.emplace_back();
  std::optional<Where> where;
  if (!options.where.empty()) {
    auto parsed = Where::parse(options.where);
    if (!parsed) return fail(parsed.error());
    where = parsed.take();
  }
  auto locations = journals_of(options.data_dir);
  if (!locations) return fail(locations.error());
  auto reader =
      journal::open_merged({.locations = locations.take(),
                            .from = options.all ? journal::From::oldest : journal::From::newest});
  if (!reader) return fail(reader.error());
  watch_for_stop();
  return Tap{options, std::move(patterns), std::move(where)}.run(**reader);
}

}  // namespace mp::cli
