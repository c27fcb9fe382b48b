#include "sink/pg_table.hpp"

#include <algorithm>

namespace mp::sink {
namespace {

std::string in_quotes(std::string_view name, char mark) {
  std::string out(1, mark);
  for (const char c : name) out.append(c == mark ? 2 : 1, c);
  return out + mark;
}

Error failed(const PgProblem& problem) {
  return {ErrorKind::unavailable, problem.text};
}

Result<void> make(PgConnection& server, const PgTable& table, bool timescale,
                  std::string_view key) {
  std::string sql = "CREATE TABLE IF NOT EXISTS " + table.name + " (";
  for (const PgColumn& column : table.columns)
    sql +=
        in_quotes(column.name, '"') + " " + column.type + (column.nullable ? ", " : " NOT NULL, ");
  sql += "PRIMARY KEY (venue, symbol, " + std::string{key} + "));";
  if (timescale && key.find("ts_recv") != std::string_view::npos)
    sql += "SELECT create_hypertable(" + table.literal + ", 'ts_recv', if_not_exists => true);";
  if (auto problem = server.run(sql)) return failed(*problem);
  return {};
}

Result<void> check(PgConnection& server, const PgTable& table) {
  PgRows has;
  if (auto problem =
          server.run("SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
                     "WHERE attrelid = " +
                         table.literal + "::regclass AND attnum > 0 AND NOT attisdropped",
                     &has))
    return failed(*problem);
  for (const PgColumn& column : table.columns) {
    if (std::ranges::find(has, std::vector{column.name, column.type}) != has.end()) continue;
    return Error{ErrorKind::config, "the table " + table.name + " has no column " + column.name +
                                        " of the type " + column.type +
                                        " (another `schema` gets tables of its own)"};
  }
  return {};
}

}  // namespace

PgTable pg_table(const std::string& schema, Channel channel) {
  const std::string name{name_of(channel)};
  PgTable out{.name = in_quotes(schema, '"') + "." + in_quotes(name, '"'),
              .literal = {},
              .stage = in_quotes("marketprism_" + name, '"'),
              .columns = pg_columns(channel),
              .list = {},
              .make_stage = {}};
  out.literal = in_quotes(out.name, '\'');
  std::string staged;
  for (const PgColumn& column : out.columns) {
    const std::string comma = out.list.empty() ? "" : ", ";
    out.list += comma + in_quotes(column.name, '"');
    staged += comma + in_quotes(column.name, '"') + " " + column.type;
  }
  out.make_stage =
      "CREATE TEMPORARY TABLE " + out.stage + " (" + staged + ") ON COMMIT DELETE ROWS; ";
  return out;
}

Result<void> prepare_pg(PgConnection& server, const std::string& schema,
                        std::vector<PgTable>& tables, std::string_view key) {
  if (auto problem = server.run("CREATE SCHEMA IF NOT EXISTS " + in_quotes(schema, '"')))
    return failed(*problem);
  PgRows timescale;
  if (auto problem =
          server.run("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'", &timescale))
    return failed(*problem);
  for (PgTable& table : tables) {
    table.is_staged = false;
    if (table.name.empty()) continue;
    if (auto made = make(server, table, !timescale.empty(), key); !made) return made;
    if (auto checked = check(server, table); !checked) return checked;
  }
  return {};
}

}  // namespace mp::sink
