// L3. Tables of ClickHouse: their columns, statements, and how a server is made ready for them.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/http_client.hpp"
#include "sink/row_binary.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

// What makes two rows one.
enum class UniqueBy : std::uint8_t {
  delivery,  // venue, symbol, ts_recv, seq: the same event of the same journal
  identity,  // venue, symbol, identity: the same event of the venue, whoever collected it
};

struct ClickHouseTable {
  std::string name;
  std::vector<RowColumn> columns;
  std::string engine;  // all that stands behind the columns when it is made
};

// A layout: its tables, and the row of an event.
struct ClickHouseLayout {
  std::vector<ClickHouseTable> tables;
  // Appends the row to the body of its table, bodies[n] for tables[n]; a sentence where the table
  // cannot hold the event, and nothing was appended.
  std::string (*append)(const Item& item, std::vector<std::string>& bodies) = nullptr;
  std::string_view format = "RowBinary";  // of the bodies
};

struct ClickHouseOptions {
  std::string database;
  std::string engine;  // of the tables that are made
  UniqueBy unique = UniqueBy::delivery;
  std::bitset<32> channels;  // by Channel
  TimeColumns times = TimeColumns::datetime64;
};

// One table for each channel, named like it.
[[nodiscard]] ClickHouseLayout native_layout(const ClickHouseOptions& options);

// The tables of the Python collector. What it had none of is not written; an event with a number
// that Decimal64(8) would cut is refused.
[[nodiscard]] Result<ClickHouseLayout> old_layout(const ClickHouseOptions& options);

[[nodiscard]] std::string create_statement(const std::string& database,
                                           const ClickHouseTable& table);
// INSERT INTO ... FORMAT ...; only RowBinary has its columns named.
[[nodiscard]] std::string insert_statement(const std::string& database,
                                           const ClickHouseTable& table, std::string_view format);

// By the server's version.
Result<TimeColumns> ask_times(HttpClient& http);
// Makes the database and the tables where they are missing; an error where one that is there cannot
// take the rows.
Result<void> prepare_tables(HttpClient& http, const std::string& database,
                            const ClickHouseLayout& layout);

// What an answer means: by the code of the exception, since old versions answer 500 to all.
[[nodiscard]] Outcome judge_clickhouse(const HttpAnswer& answer);

}  // namespace mp::sink
