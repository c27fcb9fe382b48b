// L2. Converters: options of a shape's fields for what a venue spells in its own way.
//
//   Field<"ts", &Facts::time, kMicroseconds>, Field<"m", &Trade::side, kMakerIsBuyer>
//
// A converter is an empty struct with `static bool convert(const Scalar&, V&)`; an adapter may have
// its own. Where V is the type inside an optional member, what stands for no value is handled
// before.
#pragma once

#include <optional>

#include "codec/json_scalar.hpp"
#include "core/arithmetic.hpp"

namespace mp::codec {

// A count of 10^Power seconds since 1970, which may have a fraction; below the nanosecond it is cut
// off. A whole count that comes to no time of today's is of the unit that its size tells.
template <int Power>
struct Epoch {
  [[nodiscard]] static bool convert(const Scalar& scalar, Timestamp& out) {
    return convert_epoch(scalar, Power, out);
  }
};
inline constexpr Epoch<0> kSeconds{};
inline constexpr Epoch<-3> kMilliseconds{};
inline constexpr Epoch<-6> kMicroseconds{};
inline constexpr Epoch<-9> kNanoseconds{};

// "2026-11-19T10:13:20[.fraction]Z", or with an offset
struct Rfc3339 {
  [[nodiscard]] static bool convert(const Scalar& scalar, Timestamp& out);
};
inline constexpr Rfc3339 kRfc3339{};

// Two words of a venue's own for the taker's side; any other word is no side.
template <Key Buy, Key Sell>
struct Sides {
  [[nodiscard]] static bool convert(const Scalar& scalar, std::optional<Side>& out) {
    out.reset();
    if (scalar.text == Buy.view()) out = Side::buy;
    if (scalar.text == Sell.view()) out = Side::sell;
    return true;
  }
};
template <Key Buy, Key Sell>
inline constexpr Sides<Buy, Sell> kSides{};

// "buy" or "sell" of the maker: the taker's is the other one.
struct MakersSide {
  [[nodiscard]] static bool convert(const Scalar& scalar, std::optional<Side>& out);
};
inline constexpr MakersSide kMakersSide{};

// true: the buyer was the maker, so that the taker sold.
struct MakerIsBuyer {
  [[nodiscard]] static bool convert(const Scalar& scalar, std::optional<Side>& out);
};
inline constexpr MakerIsBuyer kMakerIsBuyer{};

// A number that a venue counts in units of 10^Power: by kScaled<-2>, 1.5 per cent is 0.015.
template <int Power>
struct Scaled {
  [[nodiscard]] static bool convert(const Scalar& scalar, Decimal& out) {
    Decimal number;
    if (!codec::convert(scalar, number)) return false;
    const auto scaled = product(number, {.mantissa = 1, .exponent = Power});
    if (scaled) out = *scaled;
    return scaled.has_value();
  }
};
template <int Power>
inline constexpr Scaled<Power> kScaled{};

// A step (of prices, of quantities) that a venue tells as its count of decimal places: 2 is 0.01,
// -1 is 10. A count that no step of ours can have is none.
struct StepOfPlaces {
  template <class Meaning>
  [[nodiscard]] static bool convert(const Scalar& scalar, std::optional<Exact<Meaning>>& out) {
    out.reset();
    std::optional<std::int64_t> places;
    if (!codec::convert(scalar, places)) return false;
    if (!places || *places > -kDecimalExponentMin || *places < -kDecimalExponentMax) return true;
    out = Exact<Meaning>{Decimal{1, static_cast<std::int8_t>(-*places)}};
    return true;
  }
};
inline constexpr StepOfPlaces kStepOfPlaces{};

}  // namespace mp::codec
