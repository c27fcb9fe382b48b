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

// The text of a string or a number.
[[nodiscard]] bool convert_id(const Scalar& scalar, std::string_view& out);
[[nodiscard]] bool convert_id(const Scalar& scalar, std::optional<std::string_view>& out);

template <class Meaning>
[[nodiscard]] bool convert(const Scalar& scalar, Exact<Meaning>& out) {
  return convert(scalar, out.decimal);
}

template <class T>
[[nodiscard]] bool convert(const Scalar& scalar, std::optional<T>& out) {
  if (scalar.kind == ScalarKind::null ||
      (scalar.kind == ScalarKind::string && scalar.text.empty())) {
    out.reset();
    return true;
  }
  return convert(scalar, out.emplace());
}

}  // namespace mp::codec
