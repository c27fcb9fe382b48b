// L2. How the fields of a body become the bytes of a record and come back: three visitors for
// Body::fields. Used by record.cpp alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "core/event.hpp"
#include "journal/record.hpp"

namespace mp::journal {

inline constexpr std::uint32_t kAbsentText = 0xFFFF'FFFF;
inline constexpr std::int8_t kAbsentExponent = 127;
inline constexpr std::uint8_t kAbsentEnum = 0xFF;
// Mantissa, exponent, zeros: a Decimal without the gap at its end.
inline constexpr std::size_t kDecimalBytes = 10;
inline constexpr std::size_t kExponentAt = offsetof(Decimal, exponent);
static_assert(kExponentAt == 8 && offsetof(Decimal, zeros) == 9);
static_assert(std::is_trivially_copyable_v<Decimal>);

template <class T>
inline constexpr bool kIsDecimal =
    std::is_same_v<T, Decimal> || std::is_same_v<T, Price> || std::is_same_v<T, Quantity>;
template <class T>
inline constexpr bool kIsEnum = std::is_enum_v<T> || std::is_same_v<T, bool>;

// How many values an enumeration has: more is damage.
template <class T>
inline constexpr std::uint8_t kEnumCount = 0;
template <>
inline constexpr std::uint8_t kEnumCount<bool> = 2;
template <>
inline constexpr std::uint8_t kEnumCount<Side> = 2;
template <>
inline constexpr std::uint8_t kEnumCount<Channel> = kChannelCount;
template <>
inline constexpr std::uint8_t kEnumCount<InstrumentKind> = kInstrumentKindCount;
template <>
inline constexpr std::uint8_t kEnumCount<Condition> = kConditionCount;

template <class T>
struct OptionalOf {
  static constexpr bool kIs = false;
};
template <class T>
struct OptionalOf<std::optional<T>> {
  static constexpr bool kIs = true;
  using Value = T;
};

constexpr bool exponent_in_range(std::int8_t exponent) {
  return exponent >= kDecimalExponentMin && exponent <= kDecimalExponentMax;
}
constexpr bool zeros_in_range(std::uint8_t zeros) {
  return zeros <= kDecimalZerosMax;
}

// Bytes of a field of type T in the fixed part.
template <class T>
constexpr std::size_t fixed_bytes_of() {
  if constexpr (OptionalOf<T>::kIs) {
    using Value = typename OptionalOf<T>::Value;
    constexpr bool kHasPresenceByte =
        std::is_same_v<Value, std::int64_t> || std::is_same_v<Value, Timestamp>;
    return fixed_bytes_of<Value>() + (kHasPresenceByte ? 1 : 0);
  } else if constexpr (kIsDecimal<T>) {
    return kDecimalBytes;
  } else if constexpr (kIsEnum<T>) {
    return 1;
  } else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, Levels>) {
    return sizeof(std::uint32_t);
  } else {
    static_assert(std::is_same_v<T, std::int64_t> || std::is_same_v<T, Timestamp>);
    return sizeof(std::int64_t);
  }
}

// Visitor: the size of the two parts of a body.
struct BodySize {
  std::size_t fixed = 0;
  std::size_t tail = 0;

  template <class T>
  void operator()(std::string_view, const T& field) {
    fixed += fixed_bytes_of<T>();
    if constexpr (std::is_same_v<T, std::string_view>) {
      tail += field.size();
    } else if constexpr (std::is_same_v<T, std::optional<std::string_view>>) {
      tail += field ? field->size() : 0;
    } else if constexpr (std::is_same_v<T, Levels>) {
      tail = align_record(tail) + field.size_bytes();
    }
  }
  [[nodiscard]] std::size_t total() const { return align_record(align_record(fixed) + tail); }
};

// Visitor: writes a body. Every byte up to the aligned end is written, so that a record never
// carries what was there before.
class BodyWriter {
 public:
  BodyWriter(std::byte* fixed, std::byte* tail) : fixed_(fixed), tail_(tail) {}

  template <class T>
  void operator()(std::string_view, const T& field) {
    if constexpr (OptionalOf<T>::kIs) {
      put_optional(field);
    } else {
      put(field);
    }
  }

  void finish() { pad_tail(); }

 private:
  template <class T>
  void put_raw(const T& value) {
    std::memcpy(fixed_, &value, sizeof value);
    fixed_ += sizeof value;
  }
  void put(const Decimal& value) {
    put_raw(value.mantissa);
    put_raw(static_cast<std::uint16_t>(static_cast<unsigned>(value.zeros) << 8U |
                                       static_cast<std::uint8_t>(value.exponent)));
  }
  template <class Meaning>
  void put(const Exact<Meaning>& value) {
    put(value.decimal);
  }
  void put(std::int64_t value) { put_raw(value); }
  void put(Timestamp value) { put_raw(to_nanoseconds(value)); }
  template <class T>
    requires kIsEnum<T>
  void put(T value) {
    put_raw(static_cast<std::uint8_t>(value));
  }
  void put(std::string_view text) {
    put_raw(static_cast<std::uint32_t>(text.size()));
    if (!text.empty()) std::memcpy(tail_, text.data(), text.size());
    tail_ += text.size();
  }
  void put(Levels levels) {
    put_raw(static_cast<std::uint32_t>(levels.size()));
    pad_tail();
    if (!levels.empty()) std::memcpy(tail_, levels.data(), levels.size_bytes());
    tail_ += levels.size_bytes();
  }

  template <class T>
  void put_optional(const std::optional<T>& field) {
    if constexpr (kIsDecimal<T>) {
      if (field) {
        put(*field);
      } else {
        put(Decimal{0, kAbsentExponent, 0});
      }
    } else if constexpr (kIsEnum<T>) {
      put_raw(field ? static_cast<std::uint8_t>(*field) : kAbsentEnum);
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      if (field) {
        put(*field);
      } else {
        put_raw(kAbsentText);
      }
    } else {
      put_raw(static_cast<std::uint8_t>(field.has_value()));
      put(field.value_or(T{}));
    }
  }

  void pad_tail() {
    const auto address = reinterpret_cast<std::uintptr_t>(tail_);
    const std::size_t padding = align_record(address) - address;
    std::memset(tail_, 0, padding);
    tail_ += padding;
  }

  std::byte* fixed_;
  std::byte* tail_;
};

// Exponents and zeros of a level stand side by side.
static_assert(offsetof(Level, quantity_zeros) == offsetof(Level, price_exponent) + 3);

// Visitor: reads a body whose fixed part is known to be there; what lies behind it is checked.
class BodyReader {
 public:
  BodyReader(const std::byte* fixed, const std::byte* tail, const std::byte* end)
      : fixed_(fixed), tail_(tail), end_(end) {}

  template <class T>
  void operator()(std::string_view, T& field) {
    if constexpr (OptionalOf<T>::kIs) {
      take_optional(field);
    } else {
      take(field);
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] const std::byte* tail() const { return tail_; }

 private:
  template <class T>
  T raw() {
    T value;
    std::memcpy(&value, fixed_, sizeof value);
    fixed_ += sizeof value;
    return value;
  }
  void take(Decimal& value) {
    std::memcpy(static_cast<void*>(&value), fixed_, kDecimalBytes);
    fixed_ += kDecimalBytes;
    if (!exponent_in_range(value.exponent) || !zeros_in_range(value.zeros)) fail(value);
  }
  template <class Meaning>
  void take(Exact<Meaning>& value) {
    take(value.decimal);
  }
  void take(std::int64_t& value) { value = raw<std::int64_t>(); }
  void take(Timestamp& value) { value = from_nanoseconds(raw<std::int64_t>()); }
  template <class T>
    requires kIsEnum<T>
  void take(T& value) {
    const auto number = raw<std::uint8_t>();
    if (number < kEnumCount<T>) {
      value = static_cast<T>(number);
    } else {
      fail(value);
    }
  }
  void take(std::string_view& text) { take_text(raw<std::uint32_t>(), text); }
  void take_text(std::uint32_t size, std::string_view& text) {
    if (size > static_cast<std::size_t>(end_ - tail_)) return fail(text);
    text = {reinterpret_cast<const char*>(tail_), size};
    tail_ += size;
  }
  void take(Levels& levels) {
    const auto count = raw<std::uint32_t>();
    const auto address = reinterpret_cast<std::uintptr_t>(tail_);
    const std::size_t padding = align_record(address) - address;
    const auto left = static_cast<std::size_t>(end_ - tail_);
    if (padding > left || count > (left - padding) / sizeof(Level)) return fail(levels);
    tail_ += padding;
    levels = {reinterpret_cast<const Level*>(tail_), count};
    tail_ += levels.size_bytes();
    // Nearly all levels of a list have the same exponents, and no zeros: what was checked once is
    // not checked again.
    std::uint32_t checked = 0;
    bool all_in_range = true;
    for (const Level& level : levels) {
      std::uint32_t form = 0;
      std::memcpy(&form,
                  reinterpret_cast<const std::byte*>(&level) + offsetof(Level, price_exponent),
                  sizeof form);
      if (form == checked) continue;
      checked = form;
      all_in_range &= exponent_in_range(level.price_exponent);
      all_in_range &= exponent_in_range(level.quantity_exponent);
      all_in_range &= zeros_in_range(level.price_zeros);
      all_in_range &= zeros_in_range(level.quantity_zeros);
    }
    if (!all_in_range) fail(levels);
  }

  template <class T>
  void take_optional(std::optional<T>& field) {
    if constexpr (kIsDecimal<T>) {
      if (std::to_integer<std::uint8_t>(fixed_[kExponentAt]) == kAbsentExponent) {
        fixed_ += kDecimalBytes;
        field.reset();
      } else {
        take(field.emplace());
      }
    } else if constexpr (kIsEnum<T>) {
      if (std::to_integer<std::uint8_t>(*fixed_) == kAbsentEnum) {
        ++fixed_;
        field.reset();
      } else {
        take(field.emplace());
      }
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      const auto size = raw<std::uint32_t>();
      if (size == kAbsentText) {
        field.reset();
      } else {
        take_text(size, field.emplace());
      }
    } else {
      const auto presence = raw<std::uint8_t>();
      if (presence > 1) ok_ = false;
      take(field.emplace());
      if (presence != 1) field.reset();
    }
  }

  template <class T>
  void fail(T& field) {
    field = T{};
    ok_ = false;
  }

  const std::byte* fixed_;
  const std::byte* tail_;
  const std::byte* end_;
  bool ok_ = true;
};

}  // namespace mp::journal
