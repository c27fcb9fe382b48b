// L2. The scanner: reads a message whose keys come in the order that its shape declares, without
// spaces or escapes, as venues write them. Anything else is a surprise: it answers false, and the
// exact reader decides.
#pragma once

#include "codec/json_scan.hpp"
#include "codec/json_shape.hpp"

namespace mp::codec {

// Each step takes the place where it begins and answers the place behind what it read, null at a
// surprise: so the place stays in a register from end to end of a message.
class Scanner {
 public:
  // Reads the whole of `text` as one object of shape S.
  template <class S, class T>
  [[nodiscard]] bool read(std::string_view text, T& out) const {
    const Scan scan{text.data() + text.size()};
    return message(scan, S{}, text.data(), out) == scan.end;
  }

  // Reads the whole of `text` as an array of messages of shape S.
  template <class S, class T>
  [[nodiscard]] bool read_rows(std::string_view text, RowList<T>& out) const {
    const Scan scan{text.data() + text.size()};
    return rows(scan, S{}, text.data(), out) == scan.end;
  }

 private:
  using Place = const char*;

  // Where the next key would begin, and the character that has to stand there.
  struct Separator {
    char expected = '{';
  };

  template <class... Members, class T>
  [[nodiscard]] static Place message(const Scan& scan, Shape<Members...>, Place at, T& out) {
    Separator separator;
    if (!(((at = member(scan, Members{}, at, out, separator)) != nullptr) && ...)) return nullptr;
    if (separator.expected == '{') at = scan.take(at, '{');  // nothing was in it
    return at == nullptr ? nullptr : scan.take(at, '}');
  }

  template <auto... Members, class T>
  [[nodiscard]] static Place message(const Scan& scan, Row<Members...>, Place at, T& out) {
    at = scan.take(at, '[');
    if (at == nullptr) return nullptr;
    bool first = true;
    if (!(((at = element(scan, at, out.*Members, first)) != nullptr) && ...)) return nullptr;
    return scan.rest_of_row(at);
  }

  // The next element of a Row, or none where the array ends.
  template <class V>
  [[nodiscard]] static Place element(const Scan& scan, Place at, V& target, bool& first) {
    if (scan.is(at, ']')) return absent(at, target);
    if (!first) at = scan.take(at, ',');
    first = false;
    return at == nullptr ? nullptr : scan.value(at, target);
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

  // The place behind separator and key K; null where another key is next.
  template <Key K>
  [[nodiscard]] static Place after_key(const Scan& scan, Place at, Separator& separator) {
    if (!scan.is(at, separator.expected)) return nullptr;
    at = scan.template take_key<K>(at + 1);
    if (at != nullptr) separator.expected = ',';
    return at;
  }

  template <Key K, auto Member, Presence P, class T>
  [[nodiscard]] static Place member(const Scan& scan, Field<K, Member, P>, Place at, T& out,
                                    Separator& separator) {
    auto& target = out.*Member;
    const Place value = after_key<K>(scan, at, separator);
    if (value == nullptr) return absent<P>(at, target);
    if constexpr (P == Presence::required &&
                  detail::IsOptional<detail::MemberType<Member>>::value) {
      return scan.value(value, target.emplace());  // what stands for no value is a surprise
    } else {
      return scan.value(value, target);
    }
  }

  template <Key K, auto Member, Presence P, class T>
  [[nodiscard]] static Place member(const Scan& scan, Id<K, Member, P>, Place at, T& out,
                                    Separator& separator) {
    auto& target = out.*Member;
    const Place value = after_key<K>(scan, at, separator);
    if (value == nullptr) return absent<P>(at, target);
    if constexpr (P == Presence::required &&
                  detail::IsOptional<detail::MemberType<Member>>::value) {
      return scan.id(value, target.emplace());
    } else {
      return scan.id(value, target);
    }
  }

  template <Key K, auto Member, class S, class T>
  [[nodiscard]] static Place member(const Scan& scan, Object<K, Member, S>, Place at, T& out,
                                    Separator& separator) {
    auto& target = out.*Member;
    const Place value = after_key<K>(scan, at, separator);
    if (value == nullptr) return absent(at, target);
    if constexpr (detail::IsOptional<detail::MemberType<Member>>::value) {
      return message(scan, S{}, value, target.emplace());
    } else {
      return message(scan, S{}, value, target);
    }
  }

  template <Key K, auto Member, class S, class T>
  [[nodiscard]] static Place member(const Scan& scan, Rows<K, Member, S>, Place at, T& out,
                                    Separator& separator) {
    const Place value = after_key<K>(scan, at, separator);
    return value == nullptr ? nullptr : rows(scan, S{}, value, out.*Member);
  }

  template <Key K, auto Member, class T>
  [[nodiscard]] static Place member(const Scan& scan, Tail<K, Member>, Place at, T& out,
                                    Separator& separator) {
    auto& target = out.*Member;
    const Place value = after_key<K>(scan, at, separator);
    if (value == nullptr) return absent(at, target);
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

  template <Presence P = Presence::by_type, class V>
  [[nodiscard]] static Place absent(Place at, V& target) {
    if constexpr (detail::IsOptional<V>::value && P == Presence::by_type) {
      target.reset();
      return at;
    } else {
      return nullptr;
    }
  }
};

}  // namespace mp::codec
