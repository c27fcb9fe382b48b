// L3. Tables of PostgreSQL: the columns of a channel, and the rows of its events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/identity.hpp"

namespace mp::sink {

struct PgColumn {
  std::string name;
  std::string type;  // as format_type() spells it
  bool nullable = false;
};

// venue, instrument, identity, then the fields of the event. A decimal is a numeric, exact; a time
// `f` has two columns: f (timestamptz, microseconds) and f_ns (bigint, nanoseconds since 1970,
// exact); levels two arrays: bids_price and bids_quantity.
[[nodiscard]] std::vector<PgColumn> pg_columns(Channel channel);

// One row of these columns for COPY ... BINARY.
void append_pg_row(const Event& event, const Identity& identity, std::size_t columns,
                   std::string& out);

}  // namespace mp::sink
