// L2. The scanner: reads a message as venues write it, without spaces or escapes: quickest where
// the keys come in the order that the shape declares, and quick in any. Anything else is a
// surprise: it answers false, and the exact reader decides.
#pragma once

#include "codec/json_check.hpp"
#include "codec/json_scan.hpp"
#include "codec/json_shape.hpp"

namespace mp::codec {

// Each step takes the place where it begins and answers the place behind what it read, null at a
// surprise: so the place stays in a register from end to end of a message.
class Scanner {
 public:
  // Reads the whole of `text` as one message of shape S.
  template <class S, class T>
  [[nodiscard]] bool read(std::string_view text, T& out) const {
    const Scan scan{{text.data() + text.size()}};
    if constexpr (check_shape<S, T>())
      return text.data() != nullptr && message(scan, S{}, text.data(), out) == scan.end;
    return false;
  }

  // Reads the whole of `text` as an array of messages of shape S.
  template <class S, class T>
  [[nodiscard]] bool read_rows(std::string_view text, RowList<T>& out) const {
    const Scan scan{{text.data() + text.size()}};
    if constexpr (check_shape<S, T>())
      return text.data() != nullptr && rows(scan, S{}, text.data(), out) == scan.end;
    return false;
  }

 private:
  using Place = const char*;

  // Where the next key would begin, and the character that has to stand there.
  struct Separator {
    char expected = '{';
  };

  template <class... Members, class T>
  [[nodiscard]] static Place message(const Scan& scan, Shape<Members...>, Place at, T& out) {
    const Place stop = ordered<Members...>(scan, at, out);
    return stop != nullptr ? stop : second_try<Members...>(scan, at, out);
  }
  template <class... Members, class T>
  [[nodiscard]] static Place message(const Scan& scan, Loose<Members...>, Place at, T& out) {
    return in_any_order<Members...>(scan, at, out);
  }
  template <auto... Cells, class T>
  [[nodiscard]] static Place message(const Scan& scan, Row<Cells...>, Place at, T& out) {
    at = scan.take(at, '[');
    if (at == nullptr) return nullptr;
    bool first = true;
    if (!(((at = element(scan, Cells, at, out, first)) != nullptr) && ...)) return nullptr;
    return scan.rest_of_row(at);
  }

  template <class S, class T>
  [[nodiscard]] static Place rows(const Scan& scan, S shape, Place at, RowList<T>& out) {
    out.clear();
    at = scan.take(at, '[');
    if (at == nullptr) return nullptr;
    if (scan.is(at, ']')) return at + 1;
    while (true) {
      at = message(scan, shape, at, out.next());
      if (at == nullptr || !scan.is(at, ',')) break;
      ++at;
    }
    return at == nullptr ? nullptr : scan.take(at, ']');
  }

  // The next element of a Row, or none where the array ends.
  template <class T>
  [[nodiscard]] static Place next_element(const Scan& scan, Place at, bool& first) {
    if (!first) at = scan.take(at, ',');
    first = false;
    return at;
  }
  template <class C, class M, class T>
  [[nodiscard]] static Place element(const Scan& scan, M C::* member, Place at, T& out,
                                     bool& first) {
    if (scan.is(at, ']')) return absent<Presence::by_type>(at, out.*member);
    at = next_element<T>(scan, at, first);
    return at == nullptr ? nullptr : scan.value_by<detail::OptionsOf<>>(at, out.*member);
  }
  template <auto Member, auto... Options, class T>
  [[nodiscard]] static Place element(const Scan& scan, Cell<Member, Options...>, Place at, T& out,
                                     bool& first) {
    using By = detail::OptionsOf<Options...>;
    if (scan.is(at, ']')) return absent<By::kPresence>(at, out.*Member);
    at = next_element<T>(scan, at, first);
    return at == nullptr ? nullptr : scan.value_by<By>(at, out.*Member);
  }
  template <class T>
  [[nodiscard]] static Place element(const Scan& scan, Pass, Place at, T&, bool& first) {
    if (scan.is(at, ']')) return at;
    at = next_element<T>(scan, at, first);
    return at == nullptr ? nullptr : scan.skipped(at);
  }

  // ---- Keys in the declared order ----

  template <class... Members, class T>
  [[gnu::always_inline]] [[nodiscard]] static inline Place ordered(const Scan& scan, Place at,
                                                                   T& out) {
    Separator separator;
    if (!(((at = member(scan, Members{}, at, out, separator)) != nullptr) && ...)) return nullptr;
    if (separator.expected == '{') at = scan.take(at, '{');  // nothing was in it
    return at == nullptr ? nullptr : scan.take(at, '}');
  }

  // The place behind separator and key K; null where another key is next.
  template <Key K>
  [[nodiscard]] static Place after_key(const Scan& scan, Place at, Separator& separator) {
    if (!scan.is(at, separator.expected)) return nullptr;
    at = scan.template take_key<K>(at + 1);
    if (at != nullptr) separator.expected = ',';
    return at;
  }

  template <class M, class T>
  [[gnu::always_inline]] [[nodiscard]] static inline Place member(const Scan& scan, M, Place at,
                                                                  T& out, Separator& separator) {
    const Place value = after_key<detail::kKeyOf<M>>(scan, at, separator);
    return value == nullptr ? missing(M{}, at, out) : filled(scan, M{}, value, out);
  }
  template <class First, class... Others, class T>
  [[nodiscard]] static Place member(const Scan& scan, OneOf<First, Others...>, Place at, T& out,
                                    Separator& separator) {
    if (const Place value = after_key<detail::kKeyOf<First>>(scan, at, separator))
      return filled(scan, First{}, value, out);
    if constexpr (sizeof...(Others) == 0) {
      return missing(First{}, at, out);
    } else {
      return member(scan, OneOf<Others...>{}, at, out, separator);
    }
  }
  template <Key K, auto Member, class T>
  [[nodiscard]] static Place member(const Scan& scan, Tail<K, Member>, Place at, T& out,
                                    Separator& separator) {
    auto& target = out.*Member;
    const Place value = after_key<K>(scan, at, separator);
    if (value == nullptr) return absent<Presence::by_type>(at, target);
    const Place last = scan.end - 1;
    if (value > last || *last != '}') return nullptr;
    target = Raw{{value, static_cast<std::size_t>(last - value)}};
    return last;
  }
  // What stands at the value can be no key, so that only a Rest can come next.
  template <Key K, auto Member, class T>
  [[nodiscard]] static Place member(const Scan& scan, Seen<K, Member>, Place at, T& out,
                                    Separator& separator) {
    const Place value = after_key<K>(scan, at, separator);
    out.*Member = value != nullptr;
    return value == nullptr ? at : value;
  }
  template <Key K, class T>
  [[nodiscard]] static Place member(const Scan& scan, Skip<K>, Place at, T&, Separator& separator) {
    const Place value = after_key<K>(scan, at, separator);
    return value == nullptr ? at : scan.ignored(value);
  }
  template <class T>
  [[nodiscard]] static Place member(const Scan& scan, Rest, Place at, T&, Separator& separator) {
    const Place last = scan.end - 1;
    const bool opened = separator.expected != '{' || (scan.is(at, '{') && at < last);
    if (!opened || at > last || *last != '}') return nullptr;
    separator.expected = ',';
    return last;
  }

  // ---- Keys in any order, others among them ----

  template <class... Members, class T>
  [[gnu::noinline, gnu::cold]] [[nodiscard]] static Place second_try(const Scan& scan, Place at,
                                                                     T& out) {
    return in_any_order<Members...>(scan, at, out);
  }

  template <class... Members, class T>
  [[nodiscard]] static Place in_any_order(const Scan& scan, Place at, T& out) {
    static_assert(sizeof...(Members) <= 64, "a shape has at most 64 members");
    if (!scan.is(at, '{')) return nullptr;
    std::uint64_t seen = 0;
    if (scan.is(at + 1, '}')) {
      at += 1;
    } else {
      do {
        at = one_member<Members...>(scan, at + 1, out, seen, std::index_sequence_for<Members...>{});
      } while (at != nullptr && scan.is(at, ','));
    }
    if (at == nullptr || !scan.is(at, '}')) return nullptr;
    return all_there<Members...>(at + 1, out, seen, std::index_sequence_for<Members...>{});
  }

  template <class... Members, class T, std::size_t... I>
  [[nodiscard]] static Place one_member(const Scan& scan, Place at, T& out, std::uint64_t& seen,
                                        std::index_sequence<I...>) {
    if ((is_member(scan, Members{}, at, out, seen, std::uint64_t{1} << I) || ...)) return at;
    at = scan.any_key(at);
    return at == nullptr ? nullptr : scan.skipped(at);
  }

  // Whether the key that stands at `at` is that of the member; then it is read.
  template <class M, class T>
  [[gnu::always_inline]] [[nodiscard]] static inline bool is_member(const Scan& scan, M, Place& at,
                                                                    T& out, std::uint64_t& seen,
                                                                    std::uint64_t bit) {
    const Place value = scan.template take_key<detail::kKeyOf<M>>(at);
    if (value == nullptr) return false;
    seen |= bit;
    at = filled(scan, M{}, value, out);
    return true;
  }
  template <class... Fields, class T>
  [[nodiscard]] static bool is_member(const Scan& scan, OneOf<Fields...>, Place& at, T& out,
                                      std::uint64_t& seen, std::uint64_t bit) {
    return (is_member(scan, Fields{}, at, out, seen, bit) || ...);
  }
  template <class T>
  [[nodiscard]] static bool is_member(const Scan&, Rest, Place&, T&, std::uint64_t&,
                                      std::uint64_t) {
    return false;
  }

  template <class... Members, class T, std::size_t... I>
  [[nodiscard]] static Place all_there(Place at, T& out, std::uint64_t seen,
                                       std::index_sequence<I...>) {
    const bool all =
        (((seen & (std::uint64_t{1} << I)) != 0 || missing(Members{}, at, out) != nullptr) && ...);
    return all ? at : nullptr;
  }

  // ---- Values and their absence ----

  template <Key K, auto Member, auto... Options, class T>
  [[gnu::always_inline]] [[nodiscard]] static inline Place filled(const Scan& scan,
                                                                  Field<K, Member, Options...>,
                                                                  Place at, T& out) {
    using By = detail::OptionsOf<Options...>;
    if constexpr (By::kPresence == Presence::kept) {
      if (const Place stop = scan.after_absent(at)) return stop;
    } else if constexpr (By::kPresence == Presence::optional) {
      if (const Place stop = scan.after_absent(at)) return absent<By::kPresence>(stop, out.*Member);
    }
    return scan.value_by<By>(at, out.*Member);
  }
  template <Key K, auto Member, auto... Options, class T>
  [[nodiscard]] static Place filled(const Scan& scan, Id<K, Member, Options...>, Place at, T& out) {
    auto& target = out.*Member;
    using V = detail::MemberType<Member>;
    constexpr auto kPresence = detail::OptionsOf<Options...>::kPresence;
    if constexpr (kPresence == Presence::required && detail::IsOptional<V>::value) {
      return scan.id(at, target.emplace());
    } else {
      return scan.id(at, target);
    }
  }
  template <Key K, auto Member, class S, class T>
  [[nodiscard]] static Place filled(const Scan& scan, Object<K, Member, S>, Place at, T& out) {
    auto& target = out.*Member;
    if constexpr (detail::IsOptional<detail::MemberType<Member>>::value) {
      return message(scan, S{}, at, target.emplace());
    } else {
      return message(scan, S{}, at, target);
    }
  }
  template <Key K, class... Members, class T>
  [[nodiscard]] static Place filled(const Scan& scan, Inside<K, Members...>, Place at, T& out) {
    if (const Place stop = scan.after_null(at)) return missing(Inside<K, Members...>{}, stop, out);
    return in_any_order<Members...>(scan, at, out);
  }
  template <Key K, auto Member, class S, auto... Options, class T>
  [[nodiscard]] static Place filled(const Scan& scan, Rows<K, Member, S, Options...>, Place at,
                                    T& out) {
    if constexpr (detail::OptionsOf<Options...>::kPresence == Presence::optional) {
      if (const Place stop = scan.after_null(at)) {
        (out.*Member).clear();
        return stop;
      }
    }
    return rows(scan, S{}, at, out.*Member);
  }
  template <Key K, auto Member, class T>
  [[nodiscard]] static Place filled(const Scan& scan, Tail<K, Member>, Place at, T& out) {
    return scan.value(at, out.*Member);
  }
  template <Key K, auto Member, class T>
  [[nodiscard]] static Place filled(const Scan& scan, Seen<K, Member>, Place at, T& out) {
    out.*Member = true;
    return scan.skipped(at);
  }
  template <Key K, class T>
  [[nodiscard]] static Place filled(const Scan& scan, Skip<K>, Place at, T&) {
    return scan.skipped(at);
  }

  // The member is not in the message: `at` where that may be, else null.
  template <Key K, auto Member, auto... Options, class T>
  [[gnu::always_inline]] [[nodiscard]] static inline Place missing(Field<K, Member, Options...>,
                                                                   Place at, T& out) {
    return absent<detail::OptionsOf<Options...>::kPresence>(at, out.*Member);
  }
  template <Key K, auto Member, auto... Options, class T>
  [[nodiscard]] static Place missing(Id<K, Member, Options...>, Place at, T& out) {
    return absent<detail::OptionsOf<Options...>::kPresence>(at, out.*Member);
  }
  template <class First, class... Others, class T>
  [[nodiscard]] static Place missing(OneOf<First, Others...>, Place at, T& out) {
    return missing(First{}, at, out);
  }
  template <Key K, auto Member, class S, class T>
  [[nodiscard]] static Place missing(Object<K, Member, S>, Place at, T& out) {
    return absent<Presence::by_type>(at, out.*Member);
  }
  template <Key K, class... Members, class T>
  [[nodiscard]] static Place missing(Inside<K, Members...>, Place at, T& out) {
    return ((missing(Members{}, at, out) != nullptr) && ...) ? at : nullptr;
  }
  template <Key K, auto Member, class S, auto... Options, class T>
  [[nodiscard]] static Place missing(Rows<K, Member, S, Options...>, Place at, T& out) {
    return absent<detail::OptionsOf<Options...>::kPresence>(at, out.*Member);
  }
  template <Key K, auto Member, class T>
  [[nodiscard]] static Place missing(Tail<K, Member>, Place at, T& out) {
    return absent<Presence::by_type>(at, out.*Member);
  }
  template <Key K, auto Member, class T>
  [[nodiscard]] static Place missing(Seen<K, Member>, Place at, T& out) {
    out.*Member = false;
    return at;
  }
  template <Key K, class T>
  [[nodiscard]] static Place missing(Skip<K>, Place at, T&) {
    return at;
  }
  template <class T>
  [[nodiscard]] static Place missing(Rest, Place at, T&) {
    return at;
  }

  template <Presence P, class V>
  [[nodiscard]] static Place absent(Place at, V& target) {
    if constexpr (P == Presence::kept) {
      return at;
    } else if constexpr (detail::IsOptional<V>::value && P != Presence::required) {
      target.reset();
      return at;
    } else if constexpr (P == Presence::optional) {
      target.clear();
      return at;
    } else {
      return nullptr;
    }
  }
};

}  // namespace mp::codec
