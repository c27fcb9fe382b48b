#include "sink/duckdb_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "codec/json_encode.hpp"

namespace mp::sink {
namespace {

using duck::Type;
__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

template <class T>
const T& at(void* data, std::uint64_t row) {
  return static_cast<const T*>(data)[row];
}

template <class T>
void append_number(T value, std::string& out) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

template <class T>
void append_real(T value, ValueStyle style, std::string& out) {
  if (style == ValueStyle::json && !std::isfinite(value)) {
    out.append("null");
    return;
  }
  append_number(value, out);
}

void append_wide(UnsignedWide value, std::string& out) {
  std::array<char, 40> digits{};
  auto* end = digits.data() + digits.size();
  auto* begin = end;
  do {
    *--begin = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  out.append(begin, end);
}

Wide wide_of(const duck::HugeInt& value) {
  return (static_cast<Wide>(value.upper) << 64U) | static_cast<Wide>(value.lower);
}

// The integer `value`, as it is or with `scale` places.
void append_scaled(Wide value, unsigned scale, std::string& out) {
  if (value < 0) out.push_back('-');
  std::string digits;
  append_wide(value < 0 ? UnsignedWide{0} - static_cast<UnsignedWide>(value)
                        : static_cast<UnsignedWide>(value),
              digits);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  out.append(digits);
}

void append_date(std::int64_t days, std::string& out) {
  constexpr std::int64_t kDaysMax = 11'000'000;  // year 32767, where std::chrono ends
  if (days > kDaysMax || days < -kDaysMax) {
    out.append(days > 0 ? "infinity" : "-infinity");
    return;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
  std::array<char, 40> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  out.append(text.data(), static_cast<std::size_t>(size));
}

void append_clock(std::int64_t ticks, std::int64_t per_second, std::string& out) {
  const std::int64_t seconds = ticks / per_second;
  std::array<char, 48> text{};
  int size =
      std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                    static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  out.append(text.data(), static_cast<std::size_t>(size));
  std::int64_t fraction = ticks % per_second;
  if (fraction == 0) return;
  std::string digits = std::to_string(fraction + per_second).substr(1);
  while (digits.back() == '0') digits.pop_back();
  out.append(".").append(digits);
}

void append_moment(std::int64_t ticks, std::int64_t per_second, std::string& out) {
  const std::int64_t day = per_second * 86'400;
  std::int64_t days = ticks / day;
  if (ticks % day < 0) --days;
  append_date(days, out);
  out.push_back(' ');
  append_clock(ticks - days * day, per_second, out);
}

void append_uuid(duck::HugeInt value, std::string& out) {
  const auto upper = static_cast<std::uint64_t>(value.upper) ^ (std::uint64_t{1} << 63U);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(upper >> 32U), static_cast<unsigned>(upper >> 16U & 0xFFFFU),
                static_cast<unsigned>(upper & 0xFFFFU), static_cast<unsigned>(value.lower >> 48U),
                static_cast<unsigned long long>(value.lower & 0xFFFFFFFFFFFFU));
  out.append(text.data());
}

void append_interval(const duck::Interval& value, std::string& out) {
  if (value.months != 0) out.append(std::to_string(value.months)).append(" months ");
  if (value.days != 0) out.append(std::to_string(value.days)).append(" days ");
  if (value.micros < 0) out.push_back('-');
  append_clock(std::abs(value.micros), 1'000'000, out);
}

Wide decimal_of(void* data, const ValueType& type, std::uint64_t row) {
  switch (type.storage) {
    case Type::smallint:
      return at<std::int16_t>(data, row);
    case Type::integer:
      return at<std::int32_t>(data, row);
    case Type::bigint:
      return at<std::int64_t>(data, row);
    default:
      return wide_of(at<duck::HugeInt>(data, row));
  }
}

std::string_view text_at(void* data, std::uint64_t row) {
  const auto& text = at<duck::String>(data, row);
  return {text.length <= duck::kTextInPlaceMax ? text.prefix : text.pointer, text.length};
}

bool append_number_of(void* data, const ValueType& type, std::uint64_t row, ValueStyle style,
                      std::string& out) {
  switch (type.id) {
    case Type::tinyint:
      append_number(int{at<std::int8_t>(data, row)}, out);
      return true;
    case Type::smallint:
      append_number(at<std::int16_t>(data, row), out);
      return true;
    case Type::integer:
      append_number(at<std::int32_t>(data, row), out);
      return true;
    case Type::bigint:
      append_number(at<std::int64_t>(data, row), out);
      return true;
    case Type::utinyint:
      append_number(unsigned{at<std::uint8_t>(data, row)}, out);
      return true;
    case Type::usmallint:
      append_number(at<std::uint16_t>(data, row), out);
      return true;
    case Type::uinteger:
      append_number(at<std::uint32_t>(data, row), out);
      return true;
    case Type::ubigint:
      append_number(at<std::uint64_t>(data, row), out);
      return true;
    case Type::hugeint:
      append_scaled(wide_of(at<duck::HugeInt>(data, row)), 0, out);
      return true;
    case Type::uhugeint:
      append_wide(static_cast<UnsignedWide>(wide_of(at<duck::HugeInt>(data, row))), out);
      return true;
    case Type::decimal:
      append_scaled(decimal_of(data, type, row), type.scale, out);
      return true;
    case Type::real:
      append_real(at<float>(data, row), style, out);
      return true;
    case Type::double_real:
      append_real(at<double>(data, row), style, out);
      return true;
    default:
      return false;
  }
}

void append_text_of(void* data, const ValueType& type, std::uint64_t row, std::string& out) {
  switch (type.id) {
    case Type::timestamp_s:
      return append_moment(at<std::int64_t>(data, row), 1, out);
    case Type::timestamp_ms:
      return append_moment(at<std::int64_t>(data, row), 1'000, out);
    case Type::timestamp:
    case Type::timestamp_tz:
      append_moment(at<std::int64_t>(data, row), 1'000'000, out);
      if (type.id == Type::timestamp_tz) out.append("+00");
      return;
    case Type::timestamp_ns:
      return append_moment(at<std::int64_t>(data, row), 1'000'000'000, out);
    case Type::date:
      return append_date(at<std::int32_t>(data, row), out);
    case Type::time:
      return append_clock(at<std::int64_t>(data, row), 1'000'000, out);
    case Type::interval:
      return append_interval(at<duck::Interval>(data, row), out);
    case Type::uuid:
      return append_uuid(at<duck::HugeInt>(data, row), out);
    default:
      out.append(text_at(data, row));
  }
}

void append_list(const duck::Api& api, duck::VectorHandle* vector, const ValueType& type,
                 std::uint64_t row, std::string& out) {
  const auto entry = at<duck::ListEntry>(api.vector_get_data(vector), row);
  duck::VectorHandle* const child = api.list_vector_get_child(vector);
  out.push_back('[');
  for (std::uint64_t i = 0; i < entry.length; ++i) {
    if (i > 0) out.push_back(',');
    append_value(api, child, type.children[0], entry.offset + i, ValueStyle::json, out);
  }
  out.push_back(']');
}

void append_struct(const duck::Api& api, duck::VectorHandle* vector, const ValueType& type,
                   std::uint64_t row, std::string& out) {
  out.push_back('{');
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    if (i > 0) out.push_back(',');
    codec::append_json_string(type.names[i], out);
    out.push_back(':');
    append_value(api, api.struct_vector_get_child(vector, i), type.children[i], row,
                 ValueStyle::json, out);
  }
  out.push_back('}');
}

}  // namespace

Result<ValueType> value_type(const duck::Api& api, duck::TypeHandle* handle) {
  ValueType out;
  out.id = api.get_type_id(handle);
  const auto add = [&](duck::TypeHandle* child) -> Result<void> {
    auto type = value_type(api, child);
    api.destroy_logical_type(&child);
    if (!type) return type.error();
    out.children.push_back(type.take());
    return {};
  };
  Result<void> added;
  switch (out.id) {
    case Type::decimal:
      out.storage = api.decimal_internal_type(handle);
      out.scale = api.decimal_scale(handle);
      break;
    case Type::list:
      added = add(api.list_type_child_type(handle));
      break;
    case Type::map: {  // a list of structs of key and value
      ValueType pair;
      pair.id = Type::structure;
      pair.names = {"key", "value"};
      added = add(api.map_type_key_type(handle));
      if (added) added = add(api.map_type_value_type(handle));
      pair.children = std::exchange(out.children, {});
      out.children.push_back(std::move(pair));
      break;
    }
    case Type::structure:
      for (duck::Index i = 0; i < api.struct_type_child_count(handle) && added; ++i) {
        char* const name = api.struct_type_child_name(handle, i);
        out.names.emplace_back(name);
        api.free(name);
        added = add(api.struct_type_child_type(handle, i));
      }
      break;
    default: {
      const int id = static_cast<int>(out.id);
      const bool plain =
          (id >= static_cast<int>(Type::boolean) && id <= static_cast<int>(Type::blob)) ||
          (id >= static_cast<int>(Type::timestamp_s) &&
           id <= static_cast<int>(Type::timestamp_ns)) ||
          out.id == Type::uuid || out.id == Type::timestamp_tz || out.id == Type::uhugeint ||
          out.id == Type::sql_null;
      if (!plain) {
        return Error{ErrorKind::usage,
                     "the query gives a column of a type that cannot be printed "
                     "(number " +
                         std::to_string(id) + " of DuckDB): cast it to VARCHAR"};
      }
    }
  }
  if (!added) return added.error();
  return out;
}

bool is_numeric(const ValueType& type) {
  const int id = static_cast<int>(type.id);
  return (id >= static_cast<int>(Type::tinyint) && id <= static_cast<int>(Type::double_real)) ||
         type.id == Type::hugeint || type.id == Type::uhugeint || type.id == Type::decimal;
}

bool is_null(const duck::Api& api, duck::VectorHandle* vector, std::uint64_t row) {
  const std::uint64_t* const validity = api.vector_get_validity(vector);
  return validity != nullptr && (validity[row / 64] >> (row % 64) & 1U) == 0;
}

void append_value(const duck::Api& api, duck::VectorHandle* vector, const ValueType& type,
                  std::uint64_t row, ValueStyle style, std::string& out) {
  if (type.id == Type::sql_null || is_null(api, vector, row)) {
    if (style == ValueStyle::json) out.append("null");
    return;
  }
  void* const data = api.vector_get_data(vector);
  if (type.id == Type::list || type.id == Type::map)
    return append_list(api, vector, type, row, out);
  if (type.id == Type::structure) return append_struct(api, vector, type, row, out);
  if (type.id == Type::boolean) {
    out.append(at<bool>(data, row) ? "true" : "false");
    return;
  }
  if (append_number_of(data, type, row, style, out)) return;
  if (style == ValueStyle::text) return append_text_of(data, type, row, out);
  std::string text;
  append_text_of(data, type, row, text);
  codec::append_json_string(text, out);
}

}  // namespace mp::sink
