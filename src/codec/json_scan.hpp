// L2. What the scanner is made of: single tokens and scalars in their usual spelling. Each function
// takes the place where it begins and answers the place behind, null at a surprise.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "codec/json_scalar.hpp"
#include "core/digits.hpp"

namespace mp::codec {

struct Scan {
  using Place = const char*;

  // Values of no interest are looked through so deep.
  static constexpr unsigned kDepthMax = 16;

  Place end = nullptr;  // of the text

  [[nodiscard]] bool is(Place at, char expected) const { return at != end && *at == expected; }
  [[nodiscard]] Place take(Place at, char expected) const {
    return is(at, expected) ? at + 1 : nullptr;
  }

  // "key": in one go.
  template <Key K>
  [[nodiscard]] Place take_key(Place at) const {
    constexpr std::size_t kSize = K.view().size() + 3;
    if (static_cast<std::size_t>(end - at) < kSize || !is_token<K>(at)) return nullptr;
    return at + kSize;
  }

  // Any scalar, as text; of a number only the end is looked for.
  [[nodiscard]] Place scalar(Place at, Scalar& out) const {
    if (is(at, '"')) {
      out.kind = ScalarKind::string;
      return string(at, out.text);
    }
    const Place start = at;
    while (at != end && !ends_scalar(*at)) ++at;
    out.text = {start, static_cast<std::size_t>(at - start)};
    if (out.text == "true" || out.text == "false")
      out.kind = ScalarKind::boolean;
    else if (out.text == "null")
      out.kind = ScalarKind::null;
    else if (!out.text.empty() && (*start == '-' || is_digit(*start)))
      out.kind = ScalarKind::number;
    else
      return nullptr;
    return at;
  }

  // The content of a string. Escapes, control characters and bytes past ASCII are for the exact
  // reader.
  [[nodiscard]] Place string(Place at, std::string_view& out) const {
    if (!is(at, '"')) return nullptr;
    const Place start = at + 1;
    const Place stop = find_special(start);
    if (!is(stop, '"')) return nullptr;
    out = {start, static_cast<std::size_t>(stop - start)};
    return stop + 1;
  }

  // Any value of no interest, by the grammar of JSON: what is accepted here is valid.
  [[nodiscard]] Place skipped(Place at, unsigned depth = kDepthMax) const {
    if (at == end || (*at != '{' && *at != '[')) return ignored(at);
    if (depth == 0) return nullptr;
    const bool object = *at == '{';
    const char closing = object ? '}' : ']';
    if (is(at + 1, closing)) return at + 2;
    do {
      ++at;
      if (object) {
        std::string_view key;
        if ((at = string(at, key)) == nullptr || (at = take(at, ':')) == nullptr) return nullptr;
      }
      at = skipped(at, depth - 1);
    } while (at != nullptr && is(at, ','));
    return at == nullptr ? nullptr : take(at, closing);
  }

  // Any key, and the colon behind it.
  [[nodiscard]] Place any_key(Place at) const {
    std::string_view key;
    at = string(at, key);
    return at == nullptr ? nullptr : take(at, ':');
  }

  // Behind null or an empty string, which stand for no value.
  [[gnu::always_inline]] [[nodiscard]] inline Place after_absent(Place at) const {
    if (is(at, '"')) return is(at + 1, '"') ? at + 2 : nullptr;
    return is(at, 'n') ? after_word<"null">(at) : nullptr;
  }

  [[nodiscard]] Place after_null(Place at) const {
    return is(at, 'n') ? after_word<"null">(at) : nullptr;
  }

  // A value as a field's options want it read.
  template <class Options, class V>
  [[gnu::always_inline]] [[nodiscard]] inline Place value_by(Place at, V& target) const {
    if constexpr (!std::is_void_v<typename Options::Converter>) {
      return converted_by<typename Options::Converter, Options::kPresence>(at, target);
    } else if constexpr (std::is_same_v<V, std::vector<Level>>) {
      return levels(at, typename Options::LevelForm{}, target);
    } else if constexpr (Options::kPresence == Presence::required && detail::IsOptional<V>::value) {
      return value(at, target.emplace());  // what stands for no value is a surprise
    } else {
      return value(at, target);
    }
  }

  // A scalar of no interest. A number that nobody converts has not been looked at yet.
  [[nodiscard]] Place ignored(Place at) const {
    if (std::string_view text; is(at, '"')) return string(at, text);
    if (is(at, 't')) return after_word<"true">(at);
    if (is(at, 'f')) return after_word<"false">(at);
    if (const Place stop = after_whole_number(at)) return stop;
    Scalar read;
    const Place stop = scalar(at, read);
    if (stop == nullptr || read.kind != ScalarKind::number) return stop;
    return is_json_number(read.text) ? stop : nullptr;
  }

  // The text of a string or a number.
  [[nodiscard]] Place id(Place at, std::string_view& target) const {
    if (is(at, '"')) return string(at, target);
    if (const Place stop = after_whole_number(at)) {
      target = {at, static_cast<std::size_t>(stop - at)};
      return stop;
    }
    Scalar read;
    const Place stop = scalar(at, read);
    return stop != nullptr && convert_id(read, target) ? stop : nullptr;
  }
  [[nodiscard]] Place id(Place at, std::optional<std::string_view>& target) const {
    if (const Place stop = after_absent(at)) {
      target.reset();
      return stop;
    }
    return id(at, target.emplace());
  }

  template <class V>
  [[gnu::always_inline]] [[nodiscard]] inline Place value(Place at,
                                                          std::optional<V>& target) const {
    if constexpr (std::is_same_v<V, Side>) {
      return converted(at, target);
    } else {
      if (const Place stop = after_absent(at)) {
        target.reset();
        return stop;
      }
      return value(at, target.emplace());
    }
  }
  [[nodiscard]] Place value(Place at, Raw& target) const {
    const Place stop = skipped(at);
    if (stop != nullptr) target.json = {at, static_cast<std::size_t>(stop - at)};
    return stop;
  }
  [[nodiscard]] Place value(Place at, std::string_view& target) const { return string(at, target); }
  [[nodiscard]] Place value(Place at, bool& target) const {
    target = is(at, 't');
    return target ? after_word<"true">(at) : after_word<"false">(at);
  }
  template <class Meaning>
  [[gnu::always_inline]] [[nodiscard]] inline Place value(Place at, Exact<Meaning>& target) const {
    return value(at, target.decimal);
  }

  [[nodiscard]] Place value(Place at, Decimal& target) const {
    const bool quoted = is(at, '"');
    const Place start = quoted ? at + 1 : at;
    const Place stop = after_number(start, scan_decimal(start, end, target), quoted);
    return stop != nullptr ? stop : converted(at, target);
  }

  [[nodiscard]] Place value(Place at, std::int64_t& target) const {
    const bool quoted = is(at, '"');
    const Place start = quoted ? at + 1 : at;
    const bool negative = is(start, '-');
    const Place first = negative ? start + 1 : start;
    Digits digits;
    const Place last = take_many_digits(first, end, digits);
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (digits.count != 0 && digits.count <= kDigitsMax + 1 && digits.value <= kMax) {
      const auto magnitude = static_cast<std::int64_t>(digits.value);
      target = negative ? -magnitude : magnitude;
      if (const Place stop = after_number(start, last, quoted)) return stop;
    }
    return converted(at, target);
  }

  [[nodiscard]] Place value(Place at, Timestamp& target) const {
    std::int64_t count = 0;
    const Place stop = value(at, count);
    const auto time = from_epoch_count(count);
    if (stop == nullptr || !time) return nullptr;
    target = *time;
    return stop;
  }

  // ["a", "b", ...]
  [[nodiscard]] Place value(Place at, std::vector<std::string_view>& out) const {
    out.clear();
    at = take(at, '[');
    if (at == nullptr) return nullptr;
    if (is(at, ']')) return at + 1;
    while (true) {
      at = string(at, out.emplace_back());
      if (at == nullptr) return nullptr;
      if (!is(at, ',')) return take(at, ']');
      ++at;
    }
  }

  // [[price, quantity, ...], ...]
  [[nodiscard]] Place levels(Place at, LevelsAt<0, 1>, std::vector<Level>& out) const {
    out.clear();
    at = take(at, '[');
    if (at == nullptr) return nullptr;
    if (is(at, ']')) return at + 1;
    while (true) {
      Price price;
      Quantity quantity;
      Place stop = two_quoted(at, price.decimal, quantity.decimal);
      if (stop == nullptr) stop = two_values(at, price, quantity);
      if (stop == nullptr || (at = rest_of_row(stop)) == nullptr) return nullptr;
      out.emplace_back(price, quantity);
      if (!is(at, ',')) return take(at, ']');
      ++at;
    }
  }

  // The same where each level is written another way.
  template <class Form>
  [[nodiscard]] Place levels(Place at, Form form, std::vector<Level>& out) const {
    out.clear();
    at = take(at, '[');
    if (at == nullptr) return nullptr;
    if (is(at, ']')) return at + 1;
    while (true) {
      Price price;
      Quantity quantity;
      at = level(at, form, price, quantity);
      if (at == nullptr) return nullptr;
      out.emplace_back(price, quantity);
      if (!is(at, ',')) return take(at, ']');
      ++at;
    }
  }

  // Further elements of an array, and its end.
  [[nodiscard]] Place rest_of_row(Place at) const {
    while (is(at, ',')) {
      at = skipped(at + 1);
      if (at == nullptr) return nullptr;
    }
    return take(at, ']');
  }

 private:
  [[nodiscard]] static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  [[nodiscard]] static bool ends_scalar(char c) { return c == ',' || c == '}' || c == ']'; }

  template <class Word>
  [[nodiscard]] static Word load(Place at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  // Whether "key": stands at `at`, which has as many characters: by words, the last two of which
  // may overlap. A call of memcmp would cost more than the comparison.
  template <Key K>
  [[nodiscard]] static bool is_token(Place at) {
    constexpr std::size_t kSize = K.view().size() + 3;
    static constexpr auto kToken = [] {
      std::array<char, kSize> token{};
      token[0] = '"';
      std::copy_n(K.text, K.view().size(), token.begin() + 1);
      token[kSize - 2] = '"';
      token[kSize - 1] = ':';
      return token;
    }();
    const auto same = [at]<class Word>(std::size_t offset, Word) {
      return load<Word>(at + offset) == load<Word>(kToken.data() + offset);
    };
    if constexpr (kSize >= 8) {
      for (std::size_t offset = 0; offset + 8 <= kSize; offset += 8) {
        if (!same(offset, std::uint64_t{})) return false;
      }
      return kSize % 8 == 0 || same(kSize - 8, std::uint64_t{});
    } else if constexpr (kSize >= 4) {
      return same(0, std::uint32_t{}) && (kSize == 4 || same(kSize - 4, std::uint32_t{}));
    } else {
      return same(0, std::uint16_t{}) && at[2] == kToken[2];
    }
  }

  // The first quote, backslash, control character or byte past ASCII.
  [[nodiscard]] Place find_special(Place at) const {
#ifdef __SSE2__
    for (; end - at >= 16; at += 16) {
      const __m128i characters = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i quotes = _mm_cmpeq_epi8(characters, _mm_set1_epi8('"'));
      const __m128i escapes = _mm_cmpeq_epi8(characters, _mm_set1_epi8('\\'));
      const __m128i others = _mm_cmplt_epi8(characters, _mm_set1_epi8(' '));  // as signed numbers
      const int found = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, escapes), others));
      if (found != 0) return at + std::countr_zero(static_cast<unsigned>(found));
    }
#endif
    while (at != end && *at != '"' && *at != '\\' && static_cast<signed char>(*at) >= ' ') ++at;
    return at;
  }

  // Behind a number from `start` to `stop`, which may be null; null where the number goes on.
  [[nodiscard]] Place after_number(Place start, Place stop, bool quoted) const {
    if (stop == nullptr || stop == end) return nullptr;
    if (quoted) return *stop == '"' ? stop + 1 : nullptr;
    if (*start == '-') ++start;
    const bool leading_zero = *start == '0' && is_digit(start[1]);  // which JSON does not have
    return ends_scalar(*stop) && !leading_zero ? stop : nullptr;
  }

  // Behind a bare number without sign, fraction and exponent, as ids are.
  [[nodiscard]] Place after_whole_number(Place at) const {
    Place stop = at;
    for (std::uint64_t value = 0; end - stop >= 8 && eight_digits(stop, value);) stop += 8;
    while (stop != end && is_digit(*stop)) ++stop;
    return stop == at ? nullptr : after_number(at, stop, false);
  }

  // Behind a bare word and before what ends it.
  template <Key K>
  [[nodiscard]] Place after_word(Place at) const {
    constexpr std::size_t kSize = K.view().size();
    if (static_cast<std::size_t>(end - at) <= kSize || !equals<K>({at, kSize})) return nullptr;
    return ends_scalar(at[kSize]) ? at + kSize : nullptr;
  }

  // ["1.5","2", as nearly all levels begin.
  [[nodiscard]] Place two_quoted(Place at, Decimal& first, Decimal& second) const {
    if (end - at < 2 || load<std::uint16_t>(at) != word_of('[', '"')) return nullptr;
    at = scan_decimal(at + 2, end, first);
    if (at == nullptr || end - at < 4 || at[0] != '"' ||
        load<std::uint16_t>(at + 1) != word_of(',', '"')) {
      return nullptr;
    }
    at = scan_decimal(at + 3, end, second);
    return at == nullptr ? nullptr : take(at, '"');
  }
  [[nodiscard]] static constexpr std::uint16_t word_of(char first, char second) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(first) |
                                      static_cast<unsigned char>(second) << 8U);
  }

  // [price, quantity, in any form.
  [[nodiscard]] Place two_values(Place at, Price& price, Quantity& quantity) const {
    at = take(at, '[');
    if (at == nullptr || (at = value(at, price)) == nullptr) return nullptr;
    at = take(at, ',');
    return at == nullptr ? nullptr : value(at, quantity);
  }

  template <std::size_t PriceAt, std::size_t QuantityAt>
  [[nodiscard]] Place level(Place at, LevelsAt<PriceAt, QuantityAt>, Price& price,
                            Quantity& quantity) const {
    at = take(at, '[');
    for (std::size_t place = 0; at != nullptr && place <= std::max(PriceAt, QuantityAt); ++place) {
      if (place > 0 && (at = take(at, ',')) == nullptr) return nullptr;
      if (place == PriceAt) {
        at = value(at, price);
      } else if (place == QuantityAt) {
        at = value(at, quantity);
      } else {
        at = ignored(at);
      }
    }
    return at == nullptr ? nullptr : rest_of_row(at);
  }

  template <Key PriceKey, Key QuantityKey>
  [[nodiscard]] Place level(Place at, LevelKeys<PriceKey, QuantityKey>, Price& price,
                            Quantity& quantity) const {
    if (!is(at, '{')) return nullptr;
    bool has_price = false;
    bool has_quantity = false;
    do {
      ++at;
      if (const Place price_at = take_key<PriceKey>(at)) {
        at = value(price_at, price);
        has_price = true;
      } else if (const Place quantity_at = take_key<QuantityKey>(at)) {
        at = value(quantity_at, quantity);
        has_quantity = true;
      } else if ((at = any_key(at)) != nullptr) {
        at = skipped(at);
      }
    } while (at != nullptr && is(at, ','));
    return at != nullptr && has_price && has_quantity ? take(at, '}') : nullptr;
  }

  template <class Converter, Presence P, class V>
  [[nodiscard]] Place converted_by(Place at, V& target) const {
    Scalar read;
    const Place stop = scalar(at, read);
    if (stop == nullptr) return nullptr;
    if (P == Presence::kept && is_absent(read)) return stop;
    return convert_by<Converter>(read, target) && detail::is_enough<P>(target) ? stop : nullptr;
  }

  // A value whose usual form could not be read: the conversion that both readers share decides.
  template <class V>
  [[gnu::noinline, gnu::cold]] [[nodiscard]] Place converted(Place at, V& target) const {
    Scalar read;
    const Place stop = scalar(at, read);
    return stop != nullptr && convert(read, target) ? stop : nullptr;
  }
};

}  // namespace mp::codec
