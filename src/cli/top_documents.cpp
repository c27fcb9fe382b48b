#include "cli/top_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "cli/live_table.hpp"
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
  std::int64_t unconfirmed = 0;
  std::int64_t dead_letters = 0;
  std::int64_t missed = 0;
  std::int64_t retries = 0;
};
using SinkShape =
    Shape<Field<"name", &SinkDocument::name>, Field<"shard", &SinkDocument::shard>,
          Field<"problem", &SinkDocument::problem>, Field<"delivered", &SinkDocument::delivered>,
          Field<"lag_events", &SinkDocument::lag>,
          Field<"unconfirmed_events", &SinkDocument::unconfirmed>,
          Field<"dead_letters", &SinkDocument::dead_letters>,
          Field<"missed", &SinkDocument::missed>, Field<"retries", &SinkDocument::retries>,
          Field<"state", &SinkDocument::state>>;

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

struct StatusDocument {
  struct Instruments {
    std::int64_t wanted = 0;
    std::int64_t live = 0;
  };
  struct Totals {
    std::int64_t gaps = 0;
  };
  struct Rates {
    Decimal events;
  };
  struct Cpu {
    Decimal cores_used;
  };
  struct Memory {
    std::int64_t resident = 0;
  };
  std::string_view state;
  Decimal uptime;
  Instruments instruments;
  Totals totals;
  Rates rates;
  Cpu cpu;
  Memory memory;
};
using InstrumentsShape = Shape<Field<"wanted", &StatusDocument::Instruments::wanted>,
                               Field<"live", &StatusDocument::Instruments::live>>;
using TotalsShape = Shape<Field<"gaps", &StatusDocument::Totals::gaps>>;
using RatesShape = Shape<Field<"events_per_second", &StatusDocument::Rates::events>>;
using CpuShape = Shape<Field<"cores_used", &StatusDocument::Cpu::cores_used>>;
using MemoryShape = Shape<Field<"resident", &StatusDocument::Memory::resident>>;
using StatusShape =
    Shape<Field<"state", &StatusDocument::state>, Field<"uptime_seconds", &StatusDocument::uptime>,
          Object<"instruments", &StatusDocument::instruments, InstrumentsShape>,
          Object<"totals", &StatusDocument::totals, TotalsShape>,
          Object<"rates", &StatusDocument::rates, RatesShape>,
          Object<"cpu", &StatusDocument::cpu, CpuShape>,
          Object<"memory", &StatusDocument::memory, MemoryShape>>;

std::string count_text(std::int64_t count) {
  return with_commas(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)));
}

// 9:04, 3:12:09.
std::string up_text(std::int64_t seconds) {
  const auto minutes = seconds / 60;
  return minutes < 60 ? fmt::format("{}:{:02}", minutes, seconds % 60)
                      : fmt::format("{}:{:02}:{:02}", minutes / 60, minutes % 60, seconds % 60);
}

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

Result<std::vector<std::string>> sink_lines(const std::string& document, std::size_t width) {
  ExactReader reader;
  RowList<SinkDocument> rows;
  if (!reader.read_rows<SinkShape>(document, rows)) return unreadable(reader);
  static constexpr std::array<GridColumn, 9> kColumns = {{{"SINK"},
                                                          {"SHARD", true, 2},
                                                          {"STATE"},
                                                          {"DELIVERED", true},
                                                          {"BEHIND", true},
                                                          {"UNCONFIRMED", true, 1},
                                                          {"DEAD LETTERS", true},
                                                          {"MISSED", true},
                                                          {"RETRIES", true, 3}}};
  std::vector<GridRow> table;
  for (const auto& row : rows) {
    table.push_back(
        {.cells = {printable(row.name, kNameBytesMax), std::to_string(row.shard),
                   std::string{row.state}, count_text(row.delivered), count_text(row.lag),
                   count_text(row.unconfirmed), count_text(row.dead_letters),
                   count_text(row.missed), count_text(row.retries)},
         .tail = printable(row.problem.value_or(""), kReasonShown)});
  }
  return grid_lines(kColumns, table, width);
}

Result<std::vector<std::string>> connection_lines(const std::string& document, std::size_t width) {
  ExactReader reader;
  ConnectionsDocument connections;
  if (!reader.read<ConnectionsShape>(document, connections)) return unreadable(reader);
  static constexpr std::array<GridColumn, 9> kColumns = {{{"VENUE", false, 1},
                                                          {"CONNECTION"},
                                                          {"STATE"},
                                                          {"AGE", true},
                                                          {"ROUND", true, 3},
                                                          {"TOPICS", true, 2},
                                                          {"FRAMES", true},
                                                          {"CONNECTS", true},
                                                          {"LOST", true}}};
  std::vector<GridRow> table;
  for (const auto& row : connections.rows) {
    table.push_back(
        {.cells = {std::string{row.venue}, printable(row.name, kNameBytesMax),
                   std::string{row.state}, milliseconds_text(row.age_ms),
                   milliseconds_text(row.round_trip_ms), count_text(row.topics),
                   count_text(row.frames), count_text(row.connects), count_text(row.disconnects)},
         .tail = printable(row.reason.value_or(""), kReasonShown)});
  }
  return grid_lines(kColumns, table, width);
}

Result<std::string> summary_line(const std::string& document) {
  ExactReader reader;
  StatusDocument status;
  if (!reader.read<StatusShape>(document, status)) return unreadable(reader);
  const auto seconds = static_cast<std::int64_t>(to_double(status.uptime));
  const auto rate = static_cast<std::uint64_t>(std::llround(to_double(status.rates.events)));
  return fmt::format(" {}  {} of {} instruments  {} events/s  {} {}  {:.2f} cores  {} MB  up {}",
                     status.state, status.instruments.live, status.instruments.wanted,
                     with_commas(rate), count_text(status.totals.gaps),
                     status.totals.gaps == 1 ? "gap" : "gaps", to_double(status.cpu.cores_used),
                     count_text(status.memory.resident / 1'000'000), up_text(seconds));
}

}  // namespace mp::cli
