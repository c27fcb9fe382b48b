// L3. Rows of CSV with the columns of Tardis' downloadable files.
// Source: https://docs.tardis.dev/downloadable-csv-files
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sink/line_files.hpp"

namespace mp::sink {

enum class TardisType : std::uint8_t {
  trades,
  incremental_book_L2,
  book_snapshot_5,
  book_snapshot_25,
  quotes,
  derivative_ticker,
  liquidations,
};
inline constexpr std::array<std::string_view, 7> kTardisTypes = {
    "trades", "incremental_book_L2", "book_snapshot_5", "book_snapshot_25",
    "quotes", "derivative_ticker",   "liquidations"};
[[nodiscard]] std::optional<TardisType> tardis_type_named(std::string_view name);

// The names of the columns, with the line's end.
[[nodiscard]] std::string tardis_header(TardisType type);

// Times are microseconds, cut off; exchange and symbol are ours and the venue's; numbers have the
// digits that were sent. Of books, the main stream counts (Book::depth is absent). A snapshot of N
// levels is a row when these levels changed; after a gap or a start there is none until the venue's
// next snapshot. derivative_ticker is put together from the channels ticker, funding,
// open_interest, mark_price and index_price of what is no spot instrument; a row when one changed.
[[nodiscard]] std::unique_ptr<RowMaker> make_tardis_rows(TardisType type);

}  // namespace mp::sink
