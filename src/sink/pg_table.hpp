// L3. A table of PostgreSQL for a channel, and how a database is made ready for it.
#pragma once

#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sink/pg_connection.hpp"
#include "sink/pg_rows.hpp"

namespace mp::sink {

struct PgTable {
  std::string name;     // quoted, with its schema
  std::string literal;  // the same as a text of SQL
  std::string stage;    // the temporary table beside it, quoted
  std::vector<PgColumn> columns;
  std::string list;        // of the columns
  std::string make_stage;  // a statement
  bool is_staged = false;  // whether this session has it
};

[[nodiscard]] PgTable pg_table(const std::string& schema, Channel channel);

// Makes schema and tables where they are missing, their primary key ending with `key`; an error
// where one that is there cannot take the rows. With TimescaleDB, and a key that has the time, they
// become hypertables.
Result<void> prepare_pg(PgConnection& server, const std::string& schema,
                        std::vector<PgTable>& tables, std::string_view key);

}  // namespace mp::sink
