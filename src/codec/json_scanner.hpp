// L2. The scanner: reads a message whose keys come in the order that its shape declares, without
// spaces or escapes, as venues write them. Anything else is a surprise: it answers false, and the
// exact reader decides.
#pragma once

#include <array>
#include <cstring>

#include "codec/json_scalar.hpp"
#include "codec/json_shape.hpp"

namespace mp::codec {

class Scanner {
 public:
  // Reads the whole of `text` as one object of shape S.
  template <class S, class T>
  [[nodiscard]] bool read(std::string_view text, T& out) {
    at_ = text.data();
    end_ = text.data() + text.size();
    return message(S{}, out) && at_ == end_;
  }

  // Reads the whole of `text` as an array of messages of shape S.
  template <class S, class T>
  [[nodiscard]] bool read_rows(std::string_view text, RowList<T>& out) {
    at_ = text.data();
    end_ = text.data() + text.size();
    return rows(S{}, out) && at_ == end_;
  }

 private:
  [[nodiscard]] bool take(char expected) {
    if (at_ == end_ || *at_ != expected) return false;
    ++at_;
    return true;
  }

  template <Key K>
  [[nodiscard]] bool take_key() {
    constexpr std::size_t kSize = K.view().size() + 3;
    constexpr auto kToken = [] {
      std::array<char, kSize> token{};
      token[0] = '"';
      std::copy_n(K.text, K.view().size(), token.begin() + 1);
      token[kSize - 2] = '"';
      token[kSize - 1] = ':';
      return token;
    }();
    if (static_cast<std::size_t>(end_ - at_) < kSize || std::memcmp(at_, kToken.data(), kSize) != 0)
      return false;
    at_ += kSize;
    return true;
  }

  [[nodiscard]] bool scalar(Scalar& out) {
    if (at_ == end_) return false;
    if (*at_ == '"') return string(out);
    const char* const start = at_;
    while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ']') ++at_;
    out.text = {start, static_cast<std::size_t>(at_ - start)};
    if (out.text == "true" || out.text == "false")
      out.kind = ScalarKind::boolean;
    else if (out.text == "null")
      out.kind = ScalarKind::null;
    else if (!out.text.empty() && (*start == '-' || (*start >= '0' && *start <= '9')))
      out.kind = ScalarKind::number;
    else
      return false;
    return true;
  }

  [[nodiscard]] bool string(Scalar& out) {
    const char* const start = ++at_;
    for (; at_ != end_ && *at_ != '"'; ++at_) {
      // Escapes, control characters and bytes past ASCII are for the exact reader.
      if (*at_ == '\\' || static_cast<signed char>(*at_) < ' ') return false;
    }
    if (at_ == end_) return false;
    out = {ScalarKind::string, {start, static_cast<std::size_t>(at_ - start)}};
    ++at_;
    return true;
  }

  template <class... Members, class T>
  [[nodiscard]] bool message(Shape<Members...>, T& out) {
    if (!take('{')) return false;
    bool first = true;
    return (member(Members{}, out, first) && ...) && take('}');
  }

  template <auto... Members, class T>
  [[nodiscard]] bool message(Row<Members...>, T& out) {
    if (!take('[')) return false;
    bool first = true;
    if (!(element(out.*Members, first) && ...)) return false;
    while (take(',')) {
      if (!ignored_scalar()) return false;
    }
    return take(']');
  }

  // The next element of a Row, or none where the array ends.
  template <class V>
  [[nodiscard]] bool element(V& target, bool& first) {
    if (at_ != end_ && *at_ == ']') return absent(target);
    if (!first && !take(',')) return false;
    first = false;
    return value(target);
  }

  template <class S, class T>
  [[nodiscard]] bool rows(S shape, RowList<T>& out) {
    out.clear();
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      if (!message(shape, out.next())) return false;
    } while (take(','));
    return take(']');
  }

  // The separator and the key; `found` tells whether the key is next. Answers false on a surprise.
  template <Key K>
  [[nodiscard]] bool next_is(bool& first) {
    const char* const start = at_;
    if ((first || take(',')) && take_key<K>()) {
      first = false;
      return true;
    }
    at_ = start;
    return false;
  }

  template <Key K, auto Member, Presence P, class T>
  [[nodiscard]] bool member(Field<K, Member, P>, T& out, bool& first) {
    auto& target = out.*Member;
    if (next_is<K>(first)) return value(target) && detail::is_enough<P>(target);
    return absent<P>(target);
  }

  template <Key K, auto Member, Presence P, class T>
  [[nodiscard]] bool member(Id<K, Member, P>, T& out, bool& first) {
    auto& target = out.*Member;
    if (!next_is<K>(first)) return absent<P>(target);
    Scalar read;
    return scalar(read) && convert_id(read, target) && detail::is_enough<P>(target);
  }

  template <Key K, auto Member, class S, class T>
  [[nodiscard]] bool member(Object<K, Member, S>, T& out, bool& first) {
    auto& target = out.*Member;
    if (!next_is<K>(first)) return absent(target);
    if constexpr (detail::IsOptional<detail::MemberType<Member>>::value) {
      return message(S{}, target.emplace());
    } else {
      return message(S{}, target);
    }
  }

  template <Key K, auto Member, class S, class T>
  [[nodiscard]] bool member(Rows<K, Member, S>, T& out, bool& first) {
    return next_is<K>(first) && rows(S{}, out.*Member);
  }

  template <Key K, auto Member, class T>
  [[nodiscard]] bool member(Tail<K, Member>, T& out, bool& first) {
    auto& target = out.*Member;
    if (!next_is<K>(first)) return absent(target);
    if (at_ == end_ || end_[-1] != '}') return false;
    const Raw rest{{at_, static_cast<std::size_t>(end_ - 1 - at_)}};
    at_ = end_ - 1;
    target = rest;
    return true;
  }

  template <Key K, class T>
  [[nodiscard]] bool member(Skip<K>, T&, bool& first) {
    return !next_is<K>(first) || ignored_scalar();
  }

  template <class T>
  [[nodiscard]] bool member(Rest, T&, bool&) {
    if (at_ == end_ || end_[-1] != '}') return false;
    at_ = end_ - 1;
    return true;
  }

  // A number that nobody converts has not been looked at yet.
  [[nodiscard]] bool ignored_scalar() {
    Scalar ignored;
    return scalar(ignored) && (ignored.kind != ScalarKind::number || is_json_number(ignored.text));
  }

  template <Presence P = Presence::by_type, class V>
  [[nodiscard]] static bool absent(V& target) {
    if constexpr (detail::IsOptional<V>::value && P == Presence::by_type) {
      target.reset();
      return true;
    } else {
      return false;
    }
  }

  template <class V>
  [[nodiscard]] bool value(V& target) {
    if constexpr (std::is_same_v<V, std::vector<Level>>) {
      return levels(target);
    } else if constexpr (std::is_same_v<V, Raw> || std::is_same_v<V, std::optional<Raw>>) {
      return false;  // only a Tail can be left unread without looking for its end
    } else {
      Scalar read;
      return scalar(read) && convert(read, target);
    }
  }

  [[nodiscard]] bool levels(std::vector<Level>& out) {
    out.clear();
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      Scalar read;
      Price price;
      Quantity quantity;
      if (!take('[') || !scalar(read) || !convert(read, price)) return false;
      if (!take(',') || !scalar(read) || !convert(read, quantity)) return false;
      while (take(',')) {
        if (!ignored_scalar()) return false;
      }
      if (!take(']')) return false;
      out.emplace_back(price, quantity);
    } while (take(','));
    return take(']');
  }

  const char* at_ = nullptr;
  const char* end_ = nullptr;
};

}  // namespace mp::codec
