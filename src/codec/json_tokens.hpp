// L2. The tokens of JSON as the scanner takes them: keys, strings, and what is passed over. Each
// function takes the place where it begins and answers the place behind, null at a surprise.
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

struct Tokens {
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

 protected:
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
};

}  // namespace mp::codec
