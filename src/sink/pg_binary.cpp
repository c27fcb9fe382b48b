#include "sink/pg_binary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>

#include "core/utf8.hpp"

namespace mp::sink {
namespace {

constexpr std::int64_t kSecondsTo2000 = 946'684'800;  // from 1970
constexpr std::uint32_t kNumericOid = 1700;
constexpr int kDigits = 4;  // decimal ones in one of numeric

template <class T>
void append_big(T value, std::string& out) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xffU));
}

// The digits of a number, in groups of four around its point.
struct Groups {
  std::array<std::int16_t, 20> digits{};
  int count = 0;
  int weight = 0;  // of the first one: 0 is that before the point
};

Groups groups_of(std::uint64_t magnitude, int exponent) {
  std::array<char, 24> text{};
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), magnitude).ptr;
  const int size = static_cast<int>(end - text.data());
  // The first digit stands so many places before the point; 0 or less: behind it.
  const int before = size + exponent;
  const auto floored = [](int value) {
    return value >= 0 ? value / kDigits : -((-value + kDigits - 1) / kDigits);
  };
  Groups out;
  out.weight = floored(before - 1);
  for (int i = 0; i < size; ++i) {
    const int place = before - 1 - i;  // of ten
    const int group = out.weight - floored(place);
    std::int16_t power = 1;
    for (int n = place - floored(place) * kDigits; n > 0; --n)
      power = static_cast<std::int16_t>(power * 10);
    auto& digit = out.digits[static_cast<std::size_t>(group)];
    digit = static_cast<std::int16_t>(digit + (text[static_cast<std::size_t>(i)] - '0') * power);
    out.count = group + 1;
  }
  while (out.count > 0 && out.digits[static_cast<std::size_t>(out.count - 1)] == 0) --out.count;
  return out;
}

void append_numeric(const Decimal& value, std::string& out) {
  constexpr std::uint16_t kNegative = 0x4000;
  const bool negative = value.mantissa < 0;
  const auto bits = static_cast<std::uint64_t>(value.mantissa);
  const Groups groups =
      value.mantissa == 0 ? Groups{} : groups_of(negative ? 0 - bits : bits, value.exponent);
  append_big(static_cast<std::int16_t>(groups.count), out);
  append_big(static_cast<std::int16_t>(groups.weight), out);
  append_big(negative ? kNegative : std::uint16_t{0}, out);
  append_big(static_cast<std::uint16_t>(std::max(0, -int{value.exponent}) + value.zeros), out);
  for (int i = 0; i < groups.count; ++i)
    append_big(groups.digits[static_cast<std::size_t>(i)], out);
}

}  // namespace

std::string_view pg_copy_begin() {
  // Signature, flags, and the length of an extension.
  constexpr std::string_view kBegin{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};
  return kBegin;
}

std::string_view pg_copy_end() {
  constexpr std::string_view kEnd{"\xff\xff", 2};
  return kEnd;
}

void PgWriter::begin_row(std::size_t fields) {
  append_big(static_cast<std::int16_t>(fields), out_);
}

std::size_t PgWriter::begin_field() {
  out_.append(4, '\0');
  return out_.size();
}

void PgWriter::end_field(std::size_t begin) {
  std::string size;
  append_big(static_cast<std::uint32_t>(out_.size() - begin), size);
  out_.replace(begin - 4, 4, size);
}

void PgWriter::null() {
  out_.append("\xff\xff\xff\xff", 4);
}

void PgWriter::flag(bool value) {
  append_big(std::uint32_t{1}, out_);
  out_.push_back(value ? '\1' : '\0');
}

void PgWriter::integer(std::int64_t value) {
  append_big(std::uint32_t{8}, out_);
  append_big(value, out_);
}

void PgWriter::text(std::string_view value) {
  const std::size_t begin = begin_field();
  append_utf8(value, out_);
  end_field(begin);
}

void PgWriter::uuid(const Identity& value) {
  append_big(std::uint32_t{16}, out_);
  append_big(value.high, out_);
  append_big(value.low, out_);
}

void PgWriter::time(Timestamp value) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(value.time_since_epoch()) -
                     std::chrono::seconds{kSecondsTo2000};
  integer(since.count());
}

void PgWriter::decimal(const Decimal& value) {
  const std::size_t begin = begin_field();
  append_numeric(value, out_);
  end_field(begin);
}

void PgWriter::decimals(Levels levels, Part part) {
  const std::size_t array = begin_field();
  append_big(std::uint32_t{levels.empty() ? 0U : 1U}, out_);  // dimensions
  append_big(std::uint32_t{0}, out_);                         // no null among them
  append_big(kNumericOid, out_);
  if (!levels.empty()) {
    append_big(static_cast<std::uint32_t>(levels.size()), out_);
    append_big(std::uint32_t{1}, out_);  // they are counted from 1
  }
  for (const Level& level : levels)
    decimal(part == Part::price ? level.price().decimal : level.quantity().decimal);
  end_field(array);
}

}  // namespace mp::sink
