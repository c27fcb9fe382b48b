// L2. Whether a shape can be read into a message: asked before anything else is made of it, so that
// a mistake is one sentence and not pages.
#pragma once

#include "codec/json_scalar.hpp"
#include "codec/json_shape.hpp"

namespace mp::codec {

namespace detail {

template <class T, auto Member>
inline constexpr bool kHasMember = requires(T& message) { message.*Member; };

template <class V>
struct IsNumber : std::bool_constant<std::is_same_v<V, Decimal> || std::is_same_v<V, Price> ||
                                     std::is_same_v<V, Quantity> || std::is_same_v<V, Timestamp> ||
                                     std::is_same_v<V, std::int64_t>> {};
template <class V>
struct IsNumber<std::optional<V>> : IsNumber<V> {};
// Of which venues may send more digits than there are bits.
template <class V>
inline constexpr bool kIsOptionalDecimal =
    std::is_same_v<V, std::optional<Decimal>> || std::is_same_v<V, std::optional<Price>> ||
    std::is_same_v<V, std::optional<Quantity>>;

template <class V>
inline constexpr bool kIsScalar =
    IsNumber<V>::value || std::is_same_v<V, std::string_view> || std::is_same_v<V, bool> ||
    std::is_same_v<V, std::optional<std::string_view>> || std::is_same_v<V, std::optional<bool>> ||
    std::is_same_v<V, std::optional<Side>>;

template <class V>
inline constexpr bool kIsList =
    std::is_same_v<V, std::vector<Level>> || std::is_same_v<V, std::vector<std::string_view>>;
template <class V>
inline constexpr bool kIsRaw = std::is_same_v<V, Raw> || std::is_same_v<V, std::optional<Raw>>;

// The converter of a field, or the conversion of its member's type, fills a V.
template <class V, class Converter>
inline constexpr bool kFills =
    requires(const Scalar& scalar, V& to) { Converter::convert(scalar, to); };
template <class V, class Converter>
inline constexpr bool kFills<std::optional<V>, Converter> =
    requires(const Scalar& scalar, std::optional<V>& to) { Converter::convert(scalar, to); } ||
    requires(const Scalar& scalar, V& to) { Converter::convert(scalar, to); };
template <class V>
inline constexpr bool kFills<V, void> = kIsScalar<V> || kIsList<V> || kIsRaw<V>;
template <class V>
inline constexpr bool kFills<std::optional<V>, void> =
    kIsScalar<std::optional<V>> || kIsRaw<std::optional<V>>;

// What is asked of every member of a shape.
struct AskMembers {
  template <class T, auto Member, class Converter>
  static constexpr bool kField = kHasMember<T, Member>;
  template <class T, auto Member>
  static constexpr bool kId = kHasMember<T, Member>;
};
struct AskTypes {
  template <class T, auto Member, class Converter>
  static constexpr bool kField = kFills<MemberType<Member>, Converter>;
  template <class T, auto Member>
  static constexpr bool kId =
      std::is_same_v<typename Inner<MemberType<Member>>::Type, std::string_view>;
};

// Whether all members of S that are read into a T answer `Ask`.
template <class Ask, class S, class T>
inline constexpr bool kFits = true;
template <class Ask, Key K, auto Member, auto... Options, class T>
inline constexpr bool kFits<Ask, Field<K, Member, Options...>, T> =
    Ask::template kField<T, Member, typename OptionsOf<Options...>::Converter>;
template <class Ask, Key K, auto Member, auto... Options, class T>
inline constexpr bool kFits<Ask, Id<K, Member, Options...>, T> = Ask::template kId<T, Member>;
template <class Ask, Key K, auto Member, class T>
inline constexpr bool kFits<Ask, Tail<K, Member>, T> = kHasMember<T, Member>;
template <class Ask, Key K, auto Member, class T>
inline constexpr bool kFits<Ask, Seen<K, Member>, T> = kHasMember<T, Member>;
template <class Ask, Key K, auto Member, class S, class T>
inline constexpr bool kFits<Ask, Object<K, Member, S>, T> =
    kHasMember<T, Member> && kFits<Ask, S, InnerType<Member>>;
template <class Ask, Key K, auto Member, class S, auto... Options, class T>
inline constexpr bool kFits<Ask, Rows<K, Member, S, Options...>, T> =
    kHasMember<T, Member> && kFits<Ask, S, InnerType<Member>>;
template <class Ask, class... Members, class T>
inline constexpr bool kFits<Ask, Shape<Members...>, T> = (kFits<Ask, Members, T> && ...);
template <class Ask, class... Members, class T>
inline constexpr bool kFits<Ask, Loose<Members...>, T> = (kFits<Ask, Members, T> && ...);
template <class Ask, class... Members, class T>
inline constexpr bool kFits<Ask, OneOf<Members...>, T> = (kFits<Ask, Members, T> && ...);
template <class Ask, Key K, class... Members, class T>
inline constexpr bool kFits<Ask, Inside<K, Members...>, T> = (kFits<Ask, Members, T> && ...);
template <class Ask, auto... Cells, class T>
inline constexpr bool kFits<Ask, Row<Cells...>, T> =
    (kFits<Ask, typename CellOf<Cells>::Type, T> && ...);

}  // namespace detail

// Whether S can be read into a T; where it cannot, the compilation ends with one sentence.
template <class S, class T>
[[nodiscard]] consteval bool check_shape() {
  constexpr bool kMembers = detail::kFits<detail::AskMembers, S, T>;
  static_assert(kMembers, "a shape names a member of another message than the one it is read into");
  if constexpr (kMembers) {
    constexpr bool kTypes = detail::kFits<detail::AskTypes, S, T>;
    static_assert(kTypes,
                  "a field's member is of a type that nothing fills: a converter for that type, "
                  "Object, Rows or another type is needed (an Id fills a std::string_view)");
    return kTypes;
  }
  return false;
}

}  // namespace mp::codec
