// The book's page of `top`: a ladder and the latest trades.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "cli/top_documents.hpp"
#include "codec/json_exact.hpp"
#include "core/name_limit.hpp"
#include "core/utf8.hpp"

namespace mp::cli {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::size_t kBarMin = 6;  // shorter, it tells nothing, and the trades have to go
constexpr std::size_t kBarMax = 40;

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

// Zeros behind the point that all of a column have are left out.
void trim_zeros(std::vector<GridRow>& rows, std::size_t column) {
  const auto point_of = [&](const GridRow& row) {
    const auto& text = row.cells[column];
    const auto point = text.find('.');
    return point == std::string::npos ? text.size() : point;
  };
  std::size_t places = 0;  // with the point
  for (const auto& row : rows) {
    const auto& text = row.cells[column];
    const auto last = text.find_last_not_of('0');
    if (last != std::string::npos && last > point_of(row))
      places = std::max(places, last + 1 - point_of(row));
  }
  for (auto& row : rows) {
    auto& text = row.cells[column];
    text.resize(std::min(text.size(), point_of(row) + places));
  }
}

// As long as its part of the largest one.
std::string bar_of(const Level& level, double largest, std::size_t width) {
  const double share = largest > 0 ? to_double(level.quantity().decimal) / largest : 0;
  return std::string(static_cast<std::size_t>(share * static_cast<double>(width)), '#');
}

// Without its heading.
std::vector<std::string> rows_of(std::span<const GridColumn> columns, std::vector<GridRow> rows) {
  trim_zeros(rows, columns.size() - 1);
  auto lines = grid_lines(columns, rows);
  lines.erase(lines.begin());
  return lines;
}

// From the highest price to the lowest.
std::vector<Level> levels_of(const BookDocument& book) {
  std::vector<Level> levels{book.asks.rbegin(), book.asks.rend()};
  levels.insert(levels.end(), book.bids.begin(), book.bids.end());
  return levels;
}

std::vector<std::string> ladder_of(const BookDocument& book) {
  static constexpr std::array<GridColumn, 3> kColumns = {{{""}, {"", true}, {"", true}}};
  std::vector<GridRow> rows;
  for (const auto& level : levels_of(book)) {
    rows.push_back(
        {.cells = {rows.size() < book.asks.size() ? "ask" : "bid",
                   to_tick(level.price(), book.tick), to_string(level.quantity().decimal)}});
  }
  return rows_of(kColumns, std::move(rows));
}

// The newest first.
Result<std::vector<std::string>> tape_of(const std::string& trades,
                                         const std::optional<Price>& tick, std::size_t longest) {
  ExactReader reader;
  RowList<TradeDocument> list;
  if (!reader.read_rows<TradeShape>(trades, list)) {
    return Error{ErrorKind::data, "the collector's answer cannot be read: " + reader.problem()};
  }
  static constexpr std::array<GridColumn, 4> kColumns = {{{""}, {""}, {"", true}, {"", true}}};
  std::vector<GridRow> rows;
  for (const auto& trade : list) {
    constexpr std::size_t kTimeAt = 11;  // 2026-11-26T
    rows.push_back(
        {.cells = {std::string{trade.ts.substr(kTimeAt, 12)}, std::string{trade.side.value_or("")},
                   to_tick(trade.price, tick), to_string(trade.quantity.decimal)}});
  }
  std::ranges::reverse(rows);
  rows.resize(std::min(rows.size(), longest));
  return rows_of(kColumns, std::move(rows));
}

// Ladder, bars, trades; whichever there is room for.
std::vector<std::string> joined(const BookDocument& book, std::vector<std::string> ladder,
                                const std::vector<std::string>& tape, std::size_t width) {
  if (ladder.empty()) return ladder;
  const std::size_t narrow = ladder.front().size() + 2;
  const std::size_t beside = tape.empty() ? 0 : tape.front().size() + 2;
  const bool both = narrow + kBarMin + beside <= width;
  const std::size_t bar =
      std::clamp(width - std::min(width, narrow + (both ? beside : 0)), kBarMin, kBarMax);
  const auto levels = levels_of(book);
  double largest = 0;
  for (const auto& level : levels) largest = std::max(largest, to_double(level.quantity().decimal));
  for (std::size_t at = 0; at < ladder.size(); ++at)
    ladder[at] += fmt::format("  {:<{}}", bar_of(levels[at], largest, bar), bar);
  ladder.insert(ladder.begin() + static_cast<std::ptrdiff_t>(book.asks.size()),
                fmt::format(" {:-<{}}", "", narrow + bar - 1));
  for (std::size_t at = 0; both && at < std::min(ladder.size(), tape.size()); ++at)
    ladder[at] += "  " + tape[at];
  return ladder;
}

}  // namespace

Result<std::vector<std::string>> book_lines(const std::string& document, const std::string& trades,
                                            std::size_t width) {
  ExactReader reader;
  BookDocument book;
  if (!reader.read<BookShape>(document, book)) {
    return Error{ErrorKind::data, "the collector's answer cannot be read: " + reader.problem()};
  }
  auto ladder = ladder_of(book);
  const auto tape = tape_of(trades, book.tick, ladder.size() + 1);
  if (!tape) return tape.error();
  auto lines = joined(book, std::move(ladder), *tape, width);
  lines.insert(lines.begin(), fmt::format(" {} {}  {}  number {}", book.venue,
                                          printable(book.instrument, kNameBytesMax), book.state,
                                          book.sequence ? std::to_string(*book.sequence) : "-"));
  return lines;
}

}  // namespace mp::cli
