// L2. JSON scalars to values: one conversion, used by both readers, so that they cannot disagree on
// a value.
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/json_shape.hpp"

namespace mp::codec {

enum class ScalarKind : std::uint8_t { string, number, boolean, null };

// A scalar as it stands in a message: the content of a string, or the characters of anything else.
struct Scalar {
  ScalarKind kind = ScalarKind::null;
  std::string_view text;
};

// The whole of `text` is a number by the grammar of JSON.
[[nodiscard]] bool is_json_number(std::string_view text);

// Each sets `out` and answers true, or answers false when the scalar is not of that type.
[[nodiscard]] bool convert(const Scalar& scalar, std::string_view& out);
[[nodiscard]] bool convert(const Scalar& scalar, Decimal& out);
[[nodiscard]] bool convert(const Scalar& scalar, std::int64_t& out);
[[nodiscard]] bool convert(const Scalar& scalar, bool& out);
[[nodiscard]] bool convert(const Scalar& scalar, Timestamp& out);
[[nodiscard]] bool convert(const Scalar& scalar, std::optional<Side>& out);

// A count of 10^power seconds since 1970, with a fraction or without; nothing below a nanosecond is
// kept.
[[nodiscard]] bool convert_epoch(const Scalar& scalar, int power, Timestamp& out);

// The text of a string or a number.
[[nodiscard]] bool convert_id(const Scalar& scalar, std::string_view& out);
[[nodiscard]] bool convert_id(const Scalar& scalar, std::optional<std::string_view>& out);

template <class Meaning>
[[nodiscard]] bool convert(const Scalar& scalar, Exact<Meaning>& out) {
  return convert(scalar, out.decimal);
}

// What stands for no value: null, or an empty string.
[[nodiscard]] inline bool is_absent(const Scalar& scalar) {
  return scalar.kind == ScalarKind::null ||
         (scalar.kind == ScalarKind::string && scalar.text.empty());
}

template <class T>
[[nodiscard]] bool convert(const Scalar& scalar, std::optional<T>& out) {
  if (is_absent(scalar)) {
    out.reset();
    return true;
  }
  return convert(scalar, out.emplace());
}

// By a converter of a field's options (json_convert.hpp), or, where it is void, by the type.
template <class Converter, class V>
[[nodiscard]] bool convert_by(const Scalar& scalar, V& out) {
  if (scalar.kind == ScalarKind::number && !is_json_number(scalar.text)) return false;
  if constexpr (std::is_void_v<Converter>) {
    return convert(scalar, out);
  } else if constexpr (requires { Converter::convert(scalar, out); }) {
    return Converter::convert(scalar, out);
  } else {
    static_assert(
        detail::IsOptional<V>::value && requires { Converter::convert(scalar, *out); },
        "a field's converter does not convert to the type of its member");
    if (is_absent(scalar)) {
      out.reset();
      return true;
    }
    return Converter::convert(scalar, out.emplace());
  }
}

}  // namespace mp::codec
