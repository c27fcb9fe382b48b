// L2. What the scanner is made of: values in their usual spelling. Each function takes the place
// where it begins and answers the place behind, null at a surprise.
#pragma once

#include "codec/json_tokens.hpp"

namespace mp::codec {

struct Scan : Tokens {
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

  [[gnu::always_inline]] [[nodiscard]] inline Place value(Place at, Timestamp& target) const {
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
    return list(at, [&](Place each) { return string(each, out.emplace_back()); });
  }

  // [level, ...], each written as Form says.
  template <class Form>
  [[nodiscard]] Place levels(Place at, Form form, std::vector<Level>& out) const {
    out.clear();
    return list(at, [&](Place each) __attribute__((always_inline)) {
      Price price;
      Quantity quantity;
      const Place stop = level(each, form, price, quantity);
      if (stop != nullptr) out.emplace_back(price, quantity);
      return stop;
    });
  }

  // "0": what most levels have behind price and quantity.
  [[nodiscard]] Place after_one_character(Place at) const {
    if (end - at < 3 || at[0] != '"' || at[2] != '"') return nullptr;
    return is_digit(at[1]) ? at + 3 : nullptr;
  }

  // Further elements of an array, and its end.
  [[nodiscard]] Place rest_of_row(Place at) const {
    while (is(at, ',')) {
      const Place element = at + 1;
      at = after_one_character(element);
      if (at == nullptr) at = ignored(element);  // mostly a scalar
      if (at == nullptr) at = skipped(element);
      if (at == nullptr) return nullptr;
    }
    return take(at, ']');
  }

 private:
  // [element, ...]: `read(place)` answers where an element ends, null if it could not be read.
  template <class Read>
  [[gnu::always_inline]] [[nodiscard]] inline Place list(Place at, Read&& read) const {
    at = take(at, '[');
    if (at == nullptr) return nullptr;
    if (is(at, ']')) return at + 1;
    while (true) {
      at = read(at);
      if (at == nullptr) return nullptr;
      if (!is(at, ',')) return take(at, ']');
      ++at;
    }
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

  [[gnu::always_inline]] [[nodiscard]] inline Place level(Place at, LevelsAt<0, 1>, Price& price,
                                                          Quantity& quantity) const {
    const Place stop = two_quoted(at, price.decimal, quantity.decimal);
    at = stop != nullptr ? stop : two_values(at, price, quantity);
    return at == nullptr ? nullptr : rest_of_row(at);
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
