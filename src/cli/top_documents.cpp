#include "cli/top_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "codec/json_exact.hpp"
#include "core/name_limit.hpp"
#include "core/utf8.hpp"

namespace mp::cli {
namespace {

using namespace codec;  // the vocabulary of shapes

struct SideDocument {
  std::optional<Price> price;
  std::optional<Quantity> quantity;
};
using SideShape =
    Shape<Field<"price", &SideDocument::price>, Field<"quantity", &SideDocument::quantity>>;

struct InstrumentDocument {
  std::string_view venue;
  std::string_view symbol;
  std::string_view instrument;
  std::string_view state;
  std::optional<std::string_view> reason;
  std::optional<Price> tick;
  std::int64_t events = 0;
  Decimal rate;
  std::optional<SideDocument> bid;
  std::optional<SideDocument> ask;
  std::optional<Decimal> spread;
  std::int64_t gaps = 0;
  std::optional<Decimal> age_ms;
  std::optional<Decimal> p50_us;
  std::optional<Decimal> p99_us;
};
using InstrumentShape =
    Shape<Field<"venue", &InstrumentDocument::venue>, Field<"symbol", &InstrumentDocument::symbol>,
          Field<"instrument", &InstrumentDocument::instrument>,
          Field<"state", &InstrumentDocument::state>, Field<"reason", &InstrumentDocument::reason>,
          Field<"tick", &InstrumentDocument::tick>, Field<"events", &InstrumentDocument::events>,
          Field<"events_per_second", &InstrumentDocument::rate>,
          Object<"bid", &InstrumentDocument::bid, SideShape>,
          Object<"ask", &InstrumentDocument::ask, SideShape>,
          Field<"spread_bp", &InstrumentDocument::spread>, Field<"gaps", &InstrumentDocument::gaps>,
          Field<"age_ms", &InstrumentDocument::age_ms>,
          Field<"latency_p50_us", &InstrumentDocument::p50_us>,
          Field<"latency_p99_us", &InstrumentDocument::p99_us>>;

pipeline::StreamState state_named(std::string_view name) {
  using enum pipeline::StreamState;
  for (const auto state : {live, waiting, gap, down, refused}) {
    if (pipeline::name_of(state) == name) return state;
  }
  return waiting;
}

std::optional<Level> level_of(const std::optional<SideDocument>& side) {
  if (!side || !side->price) return std::nullopt;
  return Level{*side->price, side->quantity.value_or(Quantity{})};
}

Nanoseconds microseconds(const std::optional<Decimal>& value) {
  return std::chrono::duration_cast<Nanoseconds>(
      std::chrono::duration<double, std::micro>{value ? to_double(*value) : 0.0});
}

Error unreadable(const ExactReader& reader) {
  return {ErrorKind::data, "the collector's answer cannot be read: " + reader.problem()};
}

struct SinkDocument {
  std::string_view name;
  std::string_view state;
  std::optional<std::string_view> problem;
  std::int64_t shard = 0;
  std::int64_t delivered = 0;
  std::int64_t lag = 0;
  std::int64_t dead_letters = 0;
  std::int64_t missed = 0;
  std::int64_t retries = 0;
};
using SinkShape =
    Shape<Field<"name", &SinkDocument::name>, Field<"shard", &SinkDocument::shard>,
          Field<"problem", &SinkDocument::problem>, Field<"delivered", &SinkDocument::delivered>,
          Field<"lag_events", &SinkDocument::lag>,
          Field<"dead_letters", &SinkDocument::dead_letters>,
          Field<"missed", &SinkDocument::missed>, Field<"retries", &SinkDocument::retries>,
          Field<"state", &SinkDocument::state>>;

struct BookDocument {
  std::string_view venue;
  std::string_view instrument;
  std::string_view state;
  std::optional<Price> tick;
  std::optional<std::int64_t> sequence;
  std::vector<Level> bids;
  std::vector<Level> asks;
};
using BookShape =
    Shape<Field<"venue", &BookDocument::venue>, Field<"instrument", &BookDocument::instrument>,
          Field<"state", &BookDocument::state>, Field<"tick", &BookDocument::tick>,
          Field<"sequence", &BookDocument::sequence>, Field<"bids", &BookDocument::bids>,
          Field<"asks", &BookDocument::asks>>;

struct TradeDocument {
  std::string_view ts;
  Price price;
  Quantity quantity;
  std::optional<std::string_view> side;
};
using TradeShape =
    Shape<Field<"ts", &TradeDocument::ts>, Field<"price", &TradeDocument::price>,
          Field<"quantity", &TradeDocument::quantity>, Field<"side", &TradeDocument::side>>;

constexpr std::size_t kBarWidth = 24;

// As long as its part of the largest one.
std::string bar_of(const Level& level, double largest) {
  const double share = largest > 0 ? to_double(level.quantity().decimal) / largest : 0;
  return std::string(static_cast<std::size_t>(share * static_cast<double>(kBarWidth)), '#');
}

std::string ladder_line(const char* side, const Level& level, const std::optional<Price>& tick,
                        double largest) {
  return fmt::format(" {} {:>16} {:>18}  {:<{}}", side, to_tick(level.price(), tick),
                     to_string(level.quantity().decimal), bar_of(level, largest), kBarWidth);
}

std::vector<std::string> ladder_of(const BookDocument& book) {
  double largest = 0;
  for (const auto* side : {&book.bids, &book.asks}) {
    for (const auto& level : *side)
      largest = std::max(largest, to_double(level.quantity().decimal));
  }
  std::vector<std::string> lines;
  for (auto ask = book.asks.rbegin(); ask != book.asks.rend(); ++ask)
    lines.push_back(ladder_line("ask", *ask, book.tick, largest));
  lines.emplace_back(fmt::format(" {:-<{}}", "", 38 + kBarWidth));
  for (const auto& bid : book.bids) lines.push_back(ladder_line("bid", bid, book.tick, largest));
  return lines;
}

// The newest first.
Result<std::vector<std::string>> tape_of(const std::string& trades,
                                         const std::optional<Price>& tick) {
  ExactReader reader;
  RowList<TradeDocument> rows;
  if (!reader.read_rows<TradeShape>(trades, rows)) return unreadable(reader);
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    constexpr std::size_t kTimeAt = 11;  // 2026-11-26T
    lines.push_back(fmt::format("{:<12} {:<4} {:>16} {:>16}", row.ts.substr(kTimeAt, 12),
                                row.side.value_or(""), to_tick(row.price, tick),
                                to_string(row.quantity.decimal)));
  }
  std::ranges::reverse(lines);
  return lines;
}

struct ConnectionDocument {
  std::string_view venue;
  std::string_view name;
  std::string_view state;
  std::optional<std::string_view> reason;
  std::optional<Decimal> age_ms;
  std::optional<Decimal> round_trip_ms;
  std::int64_t topics = 0;
  std::int64_t frames = 0;
  std::int64_t connects = 0;
  std::int64_t disconnects = 0;
};
using ConnectionShape =
    Shape<Field<"venue", &ConnectionDocument::venue>, Field<"name", &ConnectionDocument::name>,
          Field<"state", &ConnectionDocument::state>, Field<"reason", &ConnectionDocument::reason>,
          Field<"age_ms", &ConnectionDocument::age_ms>,
          Field<"round_trip_ms", &ConnectionDocument::round_trip_ms>,
          Field<"topics", &ConnectionDocument::topics>,
          Field<"frames", &ConnectionDocument::frames>,
          Field<"connects", &ConnectionDocument::connects>,
          Field<"disconnects", &ConnectionDocument::disconnects>>;
struct ConnectionsDocument {
  RowList<ConnectionDocument> rows;
};
using ConnectionsShape = Shape<Rows<"connections", &ConnectionsDocument::rows, ConnectionShape>>;

std::string milliseconds_text(const std::optional<Decimal>& value) {
  return value ? fmt::format("{:.0f} ms", to_double(*value)) : "-";
}

}  // namespace

Result<std::vector<pipeline::BoardRow>> instruments_in(const std::string& document) {
  ExactReader reader;
  RowList<InstrumentDocument> rows;
  if (!reader.read_rows<InstrumentShape>(document, rows)) return unreadable(reader);
  std::vector<pipeline::BoardRow> out;
  const auto now = Timestamp{} + std::chrono::hours{24};  // ages count alone
  for (const auto& row : rows) {
    pipeline::BoardRow to{
        .view = {.venue = std::string{row.venue},
                 .symbol = std::string{row.symbol},
                 .instrument = std::string{row.instrument},
                 .state = state_named(row.state),
                 .reason = std::string{row.reason.value_or("")},
                 .tick = row.tick,
                 .events = static_cast<std::uint64_t>(std::max<std::int64_t>(row.events, 0)),
                 .gaps = static_cast<std::uint64_t>(std::max<std::int64_t>(row.gaps, 0)),
                 .bid = level_of(row.bid),
                 .ask = level_of(row.ask)},
        .events_per_second = to_double(row.rate),
        .latency_p50 = microseconds(row.p50_us),
        .latency_p99 = microseconds(row.p99_us)};
    if (row.spread) to.spread_basis_points = to_double(*row.spread);
    if (row.age_ms) {
      to.changed = now - std::chrono::duration_cast<Nanoseconds>(
                             std::chrono::duration<double, std::milli>{to_double(*row.age_ms)});
    }
    out.push_back(std::move(to));
  }
  return out;
}

Result<std::vector<std::string>> sink_lines(const std::string& document) {
  ExactReader reader;
  RowList<SinkDocument> rows;
  if (!reader.read_rows<SinkShape>(document, rows)) return unreadable(reader);
  constexpr std::string_view kRow = " {:<12} {:>5}  {:<9} {:>14} {:>12} {:>12} {:>10} {:>8}  {}";
  std::vector<std::string> lines{fmt::format(kRow, "SINK", "SHARD", "STATE", "DELIVERED", "BEHIND",
                                             "DEAD LETTERS", "MISSED", "RETRIES", "PROBLEM")};
  for (const auto& row : rows) {
    lines.push_back(fmt::format(kRow, row.name, row.shard, row.state, row.delivered, row.lag,
                                row.dead_letters, row.missed, row.retries,
                                printable(row.problem.value_or(""), 200)));
  }
  return lines;
}

Result<std::vector<std::string>> connection_lines(const std::string& document) {
  ExactReader reader;
  ConnectionsDocument connections;
  if (!reader.read<ConnectionsShape>(document, connections)) return unreadable(reader);
  constexpr std::string_view kRow = " {:<14} {:<16} {:<8} {:>9} {:>9} {:>7} {:>12} {:>9} {:>7}  {}";
  std::vector<std::string> lines{fmt::format(kRow, "VENUE", "CONNECTION", "STATE", "AGE", "ROUND",
                                             "TOPICS", "FRAMES", "CONNECTS", "LOST", "WHY")};
  for (const auto& row : connections.rows) {
    lines.push_back(fmt::format(kRow, row.venue, printable(row.name, 64), row.state,
                                milliseconds_text(row.age_ms), milliseconds_text(row.round_trip_ms),
                                row.topics, row.frames, row.connects, row.disconnects,
                                printable(row.reason.value_or(""), 200)));
  }
  return lines;
}

Result<std::vector<std::string>> book_lines(const std::string& document,
                                            const std::string& trades) {
  ExactReader reader;
  BookDocument book;
  if (!reader.read<BookShape>(document, book)) return unreadable(reader);
  auto tape = tape_of(trades, book.tick);
  if (!tape) return tape.error();
  auto lines = ladder_of(book);
  const std::size_t width = 41 + kBarWidth;
  for (std::size_t at = 0; at < std::max(lines.size(), tape->size()); ++at) {
    if (at == lines.size()) break;  // the ladder is as high as the page
    lines[at] = fmt::format("{:<{}}  {}", lines[at], width, at < tape->size() ? (*tape)[at] : "");
  }
  lines.insert(lines.begin(), fmt::format(" {} {}  {}  number {}", book.venue,
                                          printable(book.instrument, kNameBytesMax), book.state,
                                          book.sequence ? std::to_string(*book.sequence) : "-"));
  return lines;
}

}  // namespace mp::cli
