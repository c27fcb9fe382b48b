#include "sink/clickhouse_tables.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "core/assert.hpp"

namespace mp::sink {
namespace {

HttpRequest statement(std::string sql) {
  return {.target = "/", .body = std::move(sql)};
}

constexpr int kDateTime64Since = 20'01;  // 20.1: year and number

std::string clickhouse_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "`";
}

std::string append_native(const Item& item, std::vector<std::string>& bodies) {
  append_row(*item.event, identity_of(*item.event),
             bodies[static_cast<std::size_t>(item.event->channel())]);
  return {};
}

// RowBinary of the wanted type is what such a column reads.
bool can_take(std::string_view has, std::string_view wanted) {
  if (has == wanted) return true;
  if (has == "LowCardinality(" + std::string{wanted} + ")") return true;
  // In whatever zone it is shown.
  const auto core = [](std::string_view type) { return type.substr(0, type.find_first_of(",)")); };
  return wanted.find("DateTime64(") != std::string_view::npos && core(has) == core(wanted);
}

Result<void> check_table(HttpClient& http, const std::string& database,
                         const ClickHouseTable& table) {
  const std::string name = clickhouse_name(database) + "." + clickhouse_name(table.name);
  auto described = http.ask(statement("DESCRIBE TABLE " + name + " FORMAT TabSeparatedRaw"));
  if (!described) return described.error();
  std::map<std::string_view, std::string_view> has;
  for (std::string_view rest = *described; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const auto type = line.substr(tab + 1);
    has.emplace(line.substr(0, tab), type.substr(0, type.find('\t')));
  }
  for (const RowColumn& column : table.columns) {
    const auto found = has.find(column.name);
    if (found != has.end() && can_take(found->second, column.type)) continue;
    const std::string is = found == has.end() ? "has no column " + clickhouse_name(column.name)
                                              : "has the column " + clickhouse_name(column.name) +
                                                    " as " + std::string{found->second};
    return Error{ErrorKind::config, "the table " + name + " " + is + "; expected " + column.type +
                                        " (another `database` gets tables of its own)"};
  }
  return {};
}

std::optional<int> code_of(std::string_view body) {
  constexpr std::string_view kCode = "Code: ";
  const auto at = body.find(kCode);
  if (at == std::string_view::npos) return std::nullopt;
  int code = 0;
  const char* const begin = body.data() + at + kCode.size();
  if (std::from_chars(begin, body.data() + body.size(), code).ec != std::errc{})
    return std::nullopt;
  return code;
}

}  // namespace

ClickHouseLayout native_layout(const ClickHouseOptions& options) {
  const bool whole = options.unique == UniqueBy::delivery;
  const std::string month = options.times == TimeColumns::datetime64
                                ? "toYYYYMM(ts_recv)"
                                : "toYYYYMM(toDateTime(intDiv(ts_recv, 1000000000)))";
  const std::string engine = " ENGINE = " + options.engine + " PARTITION BY " + month +
                             " ORDER BY (venue, symbol, " + (whole ? "ts_recv, seq)" : "identity)");
  ClickHouseLayout out{.tables = {}, .append = append_native};
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    out.tables.push_back({.name = std::string{name_of(channel)},
                          .columns = row_columns(channel, options.times),
                          .engine = engine});
    // Nothing comes of the others.
    if (!options.channels.test(i)) out.tables.back().name.clear();
  }
  return out;
}

std::string create_statement(const std::string& database, const ClickHouseTable& table) {
  std::string out = "CREATE TABLE IF NOT EXISTS " + clickhouse_name(database) + "." +
                    clickhouse_name(table.name) + " (";
  for (const RowColumn& column : table.columns)
    out += (&column == table.columns.data() ? "" : ", ") + clickhouse_name(column.name) + " " +
           column.type;
  return out + ")" + table.engine;
}

std::string insert_statement(const std::string& database, const ClickHouseTable& table,
                             std::string_view format) {
  const std::string name =
      "INSERT INTO " + clickhouse_name(database) + "." + clickhouse_name(table.name);
  if (format != "RowBinary") return name + " FORMAT " + std::string{format};
  std::string out = name + " (";
  for (const RowColumn& column : table.columns)
    out += (&column == table.columns.data() ? "" : ", ") + clickhouse_name(column.name);
  return out + ") FORMAT RowBinary";
}

Result<TimeColumns> ask_times(HttpClient& http) {
  const auto version = http.ask(statement("SELECT version()"));
  if (!version) return version.error();
  const char* const end = version->data() + version->size();
  int year = 0;
  int number = 0;
  const auto first = std::from_chars(version->data(), end, year);
  if (first.ec == std::errc{} && first.ptr != end) std::from_chars(first.ptr + 1, end, number);
  if (year == 0) {
    return Error{ErrorKind::unavailable, "the server says that its version is \"" +
                                             first_sentence(*version) +
                                             "\"; expected one of ClickHouse, such as 24.8.1.1"};
  }
  return year * 100 + number >= kDateTime64Since ? TimeColumns::datetime64 : TimeColumns::int64;
}

Result<void> prepare_tables(HttpClient& http, const std::string& database,
                            const ClickHouseLayout& layout) {
  if (auto made = http.ask(statement("CREATE DATABASE IF NOT EXISTS " + clickhouse_name(database)));
      !made)
    return made.error();
  for (const ClickHouseTable& table : layout.tables) {
    if (table.name.empty()) continue;
    if (auto made = http.ask(statement(create_statement(database, table))); !made)
      return made.error();
    // Other formats than RowBinary go by the names of columns, whatever there are.
    if (layout.format != "RowBinary") continue;
    if (auto checked = check_table(http, database, table); !checked) return checked;
  }
  return {};
}

Outcome judge_clickhouse(const HttpAnswer& answer) {
  if (answer.ok()) return Outcome::done;
  // What it says of the data: CANNOT_PARSE_*, INCORRECT_DATA, VIOLATED_CONSTRAINT and the like.
  constexpr std::array kOfData = {6,  26,  27,  32,  33,  38,  41,  53,  69, 70,
                                  72, 117, 128, 131, 321, 349, 395, 407, 469};
  // UNKNOWN_TABLE and the like: open() makes or checks the tables.
  constexpr std::array kOfTables = {16, 20, 36, 60, 81};
  const auto code = code_of(answer.body);
  if (code && std::ranges::find(kOfData, *code) != kOfData.end()) return Outcome::permanent;
  if (code && std::ranges::find(kOfTables, *code) != kOfTables.end()) return Outcome::reopen;
  return Outcome::retriable;
}

}  // namespace mp::sink
