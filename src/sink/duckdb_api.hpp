// L3. The part of DuckDB's C API (1.4.4) that is used here, declared by hand: the library is loaded
// at run time, so that neither its header nor the library itself is needed to build or to start.
// Source: https://duckdb.org/docs/1.4/clients/c/api
#pragma once

#include <cstdint>

namespace mp::sink::duck {

using Index = std::uint64_t;
using State = int;  // 0 is success
inline constexpr State kSuccess = 0;

// Handles are pointers to structs that only DuckDB knows.
struct DatabaseHandle;
struct ConnectionHandle;
struct ConfigHandle;
struct ChunkHandle;
struct VectorHandle;
struct TypeHandle;
struct FunctionHandle;  // of a table function, its columns, its start and its calls
struct BindHandle;
struct InitHandle;
struct CallHandle;

// duckdb_result: passed by value to duckdb_fetch_chunk, so its size matters.
struct ResultHandle {
  Index column_count;
  Index row_count;
  Index rows_changed;
  void* columns;
  char* error_message;
  void* internal;
};

struct ListEntry {
  std::uint64_t offset;
  std::uint64_t length;
};

// duckdb_string_t: up to 12 bytes in place, longer ones behind the pointer.
struct String {
  std::uint32_t length;
  char prefix[4];
  union {
    char rest[8];
    const char* pointer;
  };
};
static_assert(sizeof(String) == 16);
inline constexpr std::uint32_t kTextInPlaceMax = 12;

struct HugeInt {
  std::uint64_t lower;
  std::int64_t upper;
};

struct Interval {
  std::int32_t months;
  std::int32_t days;
  std::int64_t micros;
};

// duckdb_type.
enum class Type : int {
  invalid = 0,
  boolean = 1,
  tinyint = 2,
  smallint = 3,
  integer = 4,
  bigint = 5,
  utinyint = 6,
  usmallint = 7,
  uinteger = 8,
  ubigint = 9,
  real = 10,
  double_real = 11,
  timestamp = 12,
  date = 13,
  time = 14,
  interval = 15,
  hugeint = 16,
  varchar = 17,
  blob = 18,
  decimal = 19,
  timestamp_s = 20,
  timestamp_ms = 21,
  timestamp_ns = 22,
  enumeration = 23,
  list = 24,
  structure = 25,
  map = 26,
  uuid = 27,
  timestamp_tz = 31,
  uhugeint = 32,
  sql_null = 36,
};

// X(name, return type, arguments): one line per function; the table and its loader come from it.
#define MP_DUCKDB_FUNCTIONS(X)                                                                 \
  X(library_version, const char*, ())                                                          \
  X(free, void, (void*))                                                                       \
  X(create_config, State, (ConfigHandle**))                                                    \
  X(set_config, State, (ConfigHandle*, const char*, const char*))                              \
  X(destroy_config, void, (ConfigHandle**))                                                    \
  X(open_ext, State, (const char*, DatabaseHandle**, ConfigHandle*, char**))                   \
  X(close, void, (DatabaseHandle**))                                                           \
  X(connect, State, (DatabaseHandle*, ConnectionHandle**))                                     \
  X(disconnect, void, (ConnectionHandle**))                                                    \
  X(query, State, (ConnectionHandle*, const char*, ResultHandle*))                             \
  X(destroy_result, void, (ResultHandle*))                                                     \
  X(interrupt, void, (ConnectionHandle*))                                                      \
  X(result_error, const char*, (ResultHandle*))                                                \
  X(column_count, Index, (ResultHandle*))                                                      \
  X(column_name, const char*, (ResultHandle*, Index))                                          \
  X(column_logical_type, TypeHandle*, (ResultHandle*, Index))                                  \
  X(fetch_chunk, ChunkHandle*, (ResultHandle))                                                 \
  X(create_logical_type, TypeHandle*, (Type))                                                  \
  X(create_list_type, TypeHandle*, (TypeHandle*))                                              \
  X(create_struct_type, TypeHandle*, (TypeHandle**, const char**, Index))                      \
  X(destroy_logical_type, void, (TypeHandle**))                                                \
  X(get_type_id, Type, (TypeHandle*))                                                          \
  X(decimal_scale, std::uint8_t, (TypeHandle*))                                                \
  X(decimal_internal_type, Type, (TypeHandle*))                                                \
  X(list_type_child_type, TypeHandle*, (TypeHandle*))                                          \
  X(map_type_key_type, TypeHandle*, (TypeHandle*))                                             \
  X(map_type_value_type, TypeHandle*, (TypeHandle*))                                           \
  X(struct_type_child_count, Index, (TypeHandle*))                                             \
  X(struct_type_child_name, char*, (TypeHandle*, Index))                                       \
  X(struct_type_child_type, TypeHandle*, (TypeHandle*, Index))                                 \
  X(vector_size, Index, ())                                                                    \
  X(destroy_data_chunk, void, (ChunkHandle**))                                                 \
  X(data_chunk_get_vector, VectorHandle*, (ChunkHandle*, Index))                               \
  X(data_chunk_get_size, Index, (ChunkHandle*))                                                \
  X(data_chunk_set_size, void, (ChunkHandle*, Index))                                          \
  X(vector_get_data, void*, (VectorHandle*))                                                   \
  X(vector_get_validity, std::uint64_t*, (VectorHandle*))                                      \
  X(vector_ensure_validity_writable, void, (VectorHandle*))                                    \
  X(list_vector_get_child, VectorHandle*, (VectorHandle*))                                     \
  X(list_vector_reserve, State, (VectorHandle*, Index))                                        \
  X(list_vector_set_size, State, (VectorHandle*, Index))                                       \
  X(struct_vector_get_child, VectorHandle*, (VectorHandle*, Index))                            \
  X(create_table_function, FunctionHandle*, ())                                                \
  X(destroy_table_function, void, (FunctionHandle**))                                          \
  X(table_function_set_name, void, (FunctionHandle*, const char*))                             \
  X(table_function_set_bind, void, (FunctionHandle*, void (*)(BindHandle*)))                   \
  X(table_function_set_init, void, (FunctionHandle*, void (*)(InitHandle*)))                   \
  X(table_function_set_function, void, (FunctionHandle*, void (*)(CallHandle*, ChunkHandle*))) \
  X(register_table_function, State, (ConnectionHandle*, FunctionHandle*))                      \
  X(bind_add_result_column, void, (BindHandle*, const char*, TypeHandle*))                     \
  X(function_set_error, void, (CallHandle*, const char*))

struct Api {
#define MP_DUCKDB_MEMBER(name, result, arguments) result(*name) arguments = nullptr;
  MP_DUCKDB_FUNCTIONS(MP_DUCKDB_MEMBER)
#undef MP_DUCKDB_MEMBER
};

}  // namespace mp::sink::duck
