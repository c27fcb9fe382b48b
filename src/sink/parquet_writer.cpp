#include "sink/parquet_writer.hpp"

#include <array>

#include "core/assert.hpp"

namespace mp::sink {
namespace {

// As sql_type() has them.
duck::TypeHandle* levels_type(const duck::Api& api) {
  constexpr std::array<const char*, 6> kNames = {
      "price",          "quantity",          "price_mantissa",
      "price_exponent", "quantity_mantissa", "quantity_exponent"};
  constexpr std::array<duck::Type, 6> kTypes = {duck::Type::double_real, duck::Type::double_real,
                                                duck::Type::bigint,      duck::Type::tinyint,
                                                duck::Type::bigint,      duck::Type::tinyint};
  std::array<duck::TypeHandle*, kTypes.size()> types{};
  auto names = kNames;
  for (std::size_t i = 0; i < types.size(); ++i) types[i] = api.create_logical_type(kTypes[i]);
  duck::TypeHandle* level = api.create_struct_type(types.data(), names.data(), types.size());
  duck::TypeHandle* const list = api.create_list_type(level);
  api.destroy_logical_type(&level);
  for (auto* type : types) api.destroy_logical_type(&type);
  return list;
}

duck::TypeHandle* type_of(const duck::Api& api, ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return api.create_logical_type(duck::Type::boolean);
    case ColumnType::tinyint:
      return api.create_logical_type(duck::Type::tinyint);
    case ColumnType::bigint:
      return api.create_logical_type(duck::Type::bigint);
    case ColumnType::ubigint:
      return api.create_logical_type(duck::Type::ubigint);
    case ColumnType::real:
      return api.create_logical_type(duck::Type::double_real);
    case ColumnType::text:
      return api.create_logical_type(duck::Type::varchar);
    case ColumnType::timestamp:
      return api.create_logical_type(duck::Type::timestamp_ns);
    case ColumnType::levels:
      return levels_type(api);
  }
  return nullptr;
}

// What the table function reads.
struct Source {
  const duck::Api& api;
  std::span<const ParquetRows* const> parts;
  std::size_t part = 0;
  std::size_t next = 0;  // of the part
};

// Of the query that this thread runs. DuckDB's functions would be needed to ask for a pointer of
// ours, and they are what we look for: it calls back on the thread that runs the query.
thread_local Source* running = nullptr;

void bind(duck::BindHandle* bind) {
  MP_ASSERT(running != nullptr);
  const duck::Api& api = running->api;
  for (const Column& column : parquet_columns(running->parts.front()->channel())) {
    duck::TypeHandle* type = type_of(api, column.type);
    api.bind_add_result_column(bind, column.name.c_str(), type);
    api.destroy_logical_type(&type);
  }
}

void init(duck::InitHandle*) {
  MP_ASSERT(running != nullptr);
  running->part = running->next = 0;
}

void next_chunk(duck::CallHandle* call, duck::ChunkHandle* chunk) {
  MP_ASSERT(running != nullptr);
  while (running->part + 1 < running->parts.size() &&
         running->next == running->parts[running->part]->size()) {
    ++running->part;
    running->next = 0;
  }
  const auto count = running->parts[running->part]->fill(running->next, running->api, chunk);
  if (!count) return running->api.function_set_error(call, "no memory for the levels of books");
  running->next += *count;
  running->api.data_chunk_set_size(chunk, *count);
}

}  // namespace

Result<void> ParquetWriter::prepare(Duckdb& database) {
  const duck::Api& api = database.api();
  duck::FunctionHandle* function = api.create_table_function();
  api.table_function_set_name(function, "rows");
  api.table_function_set_bind(function, &bind);
  api.table_function_set_init(function, &init);
  api.table_function_set_function(function, &next_chunk);
  const duck::State state = api.register_table_function(database.connection(), function);
  api.destroy_table_function(&function);
  if (state == duck::kSuccess) return {};
  return Error{ErrorKind::internal, "DuckDB takes no table function"};
}

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::open(Duckdb& database) {
  auto connection = database.connect();
  if (!connection) return connection.error();
  return std::unique_ptr<ParquetWriter>{new ParquetWriter{connection.take()}};
}

Result<void> ParquetWriter::write(std::span<const ParquetRows* const> parts,
                                  const std::filesystem::path& file) {
  MP_ASSERT(!parts.empty());
  Source source{.api = connection_->api(), .parts = parts};
  running = &source;
  auto written = connection_->run(
      "COPY (SELECT * FROM rows()) TO " + sql_text(file.string()) +
      " (FORMAT parquet, COMPRESSION zstd, "
      "COMPRESSION_LEVEL 1, PARQUET_VERSION v2, WRITE_BLOOM_FILTER false, USE_TMP_FILE false)");
  running = nullptr;
  return written;
}

}  // namespace mp::sink
