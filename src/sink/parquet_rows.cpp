#include "sink/parquet_rows.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/assert.hpp"
#include "sink/parquet_name.hpp"

namespace mp::sink {
namespace {

template <class T>
inline constexpr bool kIsName = std::is_same_v<T, Side> || std::is_same_v<T, Channel> ||
                                std::is_same_v<T, Condition> || std::is_same_v<T, InstrumentKind>;

template <class T>
constexpr Field::Kind kind_of(const T&) {
  if constexpr (std::is_same_v<T, bool>) return Field::Kind::flag;
  if constexpr (std::is_same_v<T, Levels>) return Field::Kind::levels;
  if constexpr (std::is_same_v<T, std::string_view> || kIsName<T>) return Field::Kind::text;
  if constexpr (std::is_same_v<T, Decimal>) return Field::Kind::decimal;
  return Field::Kind::number;
}
template <class Meaning>
constexpr Field::Kind kind_of(const Exact<Meaning>&) {
  return Field::Kind::decimal;
}
template <class T>
constexpr Field::Kind kind_of(const std::optional<T>&) {
  return kind_of(T{});
}

bool is_ascii(std::string_view text) {
  unsigned bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

// DuckDB holds UTF-8 only; what is not becomes readable and is never refused.
void append_clean(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  out.append(text);
  if (is_ascii(text) || simdjson::validate_utf8(text.data(), text.size())) return;
  for (std::size_t i = begin; i < out.size(); ++i) {
    if ((static_cast<unsigned char>(out[i]) & 0x80U) != 0) out[i] = '?';
  }
}

// Appends the values of one event, field after field.
class RowWriter {
 public:
  RowWriter(Field* field, std::size_t row) : field_(field), row_(row) {}

  template <class T>
  void operator()(std::string_view, const T& value) {
    put(value);
    ++field_;
  }
  [[nodiscard]] const Field* field() const { return field_; }

 private:
  template <class T>
  void put(const std::optional<T>& value) {
    if (value) return put(*value);
    ++field_->nulls;
    field_->present.resize(row_, 1);
    field_->present.push_back(0);
    put(T{});
  }
  template <class Meaning>
  void put(const Exact<Meaning>& value) {
    put(value.decimal);
  }
  void put(const Decimal& value) {
    field_->decimals.mantissas.push_back(value.mantissa);
    field_->decimals.exponents.push_back(value.exponent);
  }
  void put(std::int64_t value) { field_->numbers.push_back(value); }
  void put(std::uint64_t value) { field_->numbers.push_back(static_cast<std::int64_t>(value)); }
  void put(Timestamp value) { field_->numbers.push_back(to_nanoseconds(value)); }
  void put(bool value) { field_->flags.push_back(value ? 1 : 0); }
  void put(std::string_view value) {
    auto& texts = field_->texts;
    // A symbol is the one before, mostly.
    if (!texts.empty() &&
        std::string_view{field_->bytes}.substr(texts.back().begin, texts.back().size) == value) {
      return texts.push_back(Field::Text{texts.back()});
    }
    texts.push_back({field_->bytes.size(), static_cast<std::uint32_t>(value.size())});
    append_clean(value, field_->bytes);
  }
  template <class T>
    requires kIsName<T>
  void put(T value) {
    put(std::string_view{name_of(value)});
  }
  void put(Levels levels) {
    const std::size_t begin = field_->decimals.mantissas.size();
    const std::size_t end = begin + levels.size();
    // Pointers of our own: an exponent that is written might be part of a vector, for all that the
    // compiler knows.
    auto* prices = grown(field_->decimals.mantissas, end) + begin;
    auto* price_exponents = grown(field_->decimals.exponents, end) + begin;
    auto* quantities = grown(field_->quantities.mantissas, end) + begin;
    auto* quantity_exponents = grown(field_->quantities.exponents, end) + begin;
    for (const Level& level : levels) {
      *prices++ = level.price_mantissa;
      *quantities++ = level.quantity_mantissa;
      *price_exponents++ = level.price_exponent;
      *quantity_exponents++ = level.quantity_exponent;
    }
    field_->ends.push_back(end);
  }

  template <class T>
  static T* grown(std::vector<T>& values, std::size_t size) {
    values.resize(size);
    return values.data();
  }

  Field* field_;
  std::size_t row_;
};

template <class T>
void copy(const std::vector<T>& from, std::size_t begin, std::size_t count, void* to) {
  if (count > 0) std::memcpy(to, from.data() + begin, count * sizeof(T));
}

void fill_reals(const Field::Decimals& from, std::size_t begin, std::size_t count, void* to) {
  for (std::size_t i = 0; i < count; ++i) {
    static_cast<double*>(to)[i] = to_double(
        Decimal{.mantissa = from.mantissas[begin + i], .exponent = from.exponents[begin + i]});
  }
}

// Fills the vectors of a chunk, column after column.
class ChunkFiller {
 public:
  ChunkFiller(const duck::Api& api, duck::ChunkHandle* chunk, std::size_t begin, std::size_t count)
      : api_(api), chunk_(chunk), begin_(begin), count_(count) {}

  void put(const Field& field) {
    const duck::Index first = column_;
    switch (field.kind) {
      case Field::Kind::number:
        copy(field.numbers, begin_, count_, next());
        break;
      case Field::Kind::flag:
        copy(field.flags, begin_, count_, next());
        break;
      case Field::Kind::decimal:
        fill_reals(field.decimals, begin_, count_, next());
        copy(field.decimals.mantissas, begin_, count_, next());
        copy(field.decimals.exponents, begin_, count_, next());
        break;
      case Field::Kind::text:
        put_texts(field, static_cast<duck::String*>(next()));
        break;
      case Field::Kind::levels:
        put_levels(field, static_cast<duck::ListEntry*>(next()));
        break;
    }
    if (field.nulls == 0) return;
    for (duck::Index column = first; column < column_; ++column) put_nulls(field, column);
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  void* next() { return api_.vector_get_data(api_.data_chunk_get_vector(chunk_, column_++)); }

  void put_texts(const Field& field, duck::String* to) const {
    for (std::size_t i = 0; i < count_; ++i) {
      const Field::Text& text = field.texts[begin_ + i];
      if (i > 0 && text.begin == field.texts[begin_ + i - 1].begin &&
          text.size == field.texts[begin_ + i - 1].size) {
        to[i] = to[i - 1];
        continue;
      }
      const char* const bytes = field.bytes.data() + text.begin;
      duck::String& out = to[i];
      out = {};
      out.length = text.size;
      if (text.size <= duck::kTextInPlaceMax) {
        // Over `prefix` and `rest`, which stand one after the other.
        std::memcpy(reinterpret_cast<char*>(&out) + offsetof(duck::String, prefix), bytes,
                    text.size);
      } else {
        std::memcpy(out.prefix, bytes, sizeof(out.prefix));
        out.pointer = bytes;
      }
    }
  }

  void put_levels(const Field& field, duck::ListEntry* to) {
    duck::VectorHandle* const list = api_.data_chunk_get_vector(chunk_, column_ - 1);
    const std::size_t first = begin_ == 0 ? 0 : field.ends[begin_ - 1];
    const std::size_t count = field.ends[begin_ + count_ - 1] - first;
    ok_ = ok_ && api_.list_vector_reserve(list, count) == duck::kSuccess &&
          api_.list_vector_set_size(list, count) == duck::kSuccess;
    if (!ok_) return;
    std::size_t at = first;
    for (std::size_t i = 0; i < count_; ++i) {
      const std::size_t end = field.ends[begin_ + i];
      to[i] = {at - first, end - at};
      at = end;
    }
    duck::VectorHandle* const level = api_.list_vector_get_child(list);
    const auto part = [&](duck::Index number) {
      return api_.vector_get_data(api_.struct_vector_get_child(level, number));
    };
    fill_reals(field.decimals, first, count, part(0));
    fill_reals(field.quantities, first, count, part(1));
    copy(field.decimals.mantissas, first, count, part(2));
    copy(field.decimals.exponents, first, count, part(3));
    copy(field.quantities.mantissas, first, count, part(4));
    copy(field.quantities.exponents, first, count, part(5));
  }

  void put_nulls(const Field& field, duck::Index column) const {
    duck::VectorHandle* const vector = api_.data_chunk_get_vector(chunk_, column);
    std::uint64_t* valid = nullptr;  // a bit each
    const std::size_t end = std::min(begin_ + count_, field.present.size());
    for (std::size_t row = begin_; row < end; ++row) {
      if (field.present[row] != 0) continue;
      if (valid == nullptr) {
        api_.vector_ensure_validity_writable(vector);
        valid = api_.vector_get_validity(vector);
      }
      const std::size_t i = row - begin_;
      valid[i / 64] &= ~(std::uint64_t{1} << (i % 64));
    }
  }

  const duck::Api& api_;
  duck::ChunkHandle* chunk_;
  std::size_t begin_;
  std::size_t count_;
  duck::Index column_ = 0;
  bool ok_ = true;
};

}  // namespace

void Field::clear() {
  nulls = 0;
  present.clear();
  numbers.clear();
  flags.clear();
  decimals.mantissas.clear();
  decimals.exponents.clear();
  quantities.mantissas.clear();
  quantities.exponents.clear();
  ends.clear();
  texts.clear();
  bytes.clear();
}

std::vector<Column> parquet_columns(Channel channel) {
  std::vector<Column> out = columns_of(channel);
  out.insert(out.begin(), {"instrument", ColumnType::text});
  return out;
}

ParquetRows::ParquetRows(Channel channel) : channel_(channel) {
  fields_.emplace_back().kind = Field::Kind::text;
  visit_fields(empty_event(channel), [&](std::string_view, const auto& value) {
    fields_.emplace_back().kind = kind_of(value);
  });
}

void ParquetRows::append(const Event& event) {
  MP_ASSERT(event.channel() == channel_);
  RowWriter write{fields_.data(), size_};
  write("instrument", instrument_or_symbol(event));
  visit_fields(event, write);
  MP_ASSERT(write.field() == fields_.data() + fields_.size());
  ++size_;
}

std::size_t ParquetRows::weight() const {
  std::size_t out = size_ * fields_.size();
  for (const Field& field : fields_) out += field.quantities.mantissas.size() * 6;
  return out;
}

void ParquetRows::clear() {
  for (Field& field : fields_) field.clear();
  size_ = 0;
}

std::optional<std::size_t> ParquetRows::fill(std::size_t begin, const duck::Api& api,
                                             duck::ChunkHandle* chunk) const {
  MP_ASSERT(begin <= size_);
  const std::size_t count = std::min<std::size_t>(size_ - begin, api.vector_size());
  if (count == 0) return count;
  ChunkFiller filler{api, chunk, begin, count};
  for (const Field& field : fields_) filler.put(field);
  if (!filler.ok()) return std::nullopt;
  return count;
}

}  // namespace mp::sink
