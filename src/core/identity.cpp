#include "core/identity.hpp"

#include <bit>
#include <concepts>
#include <cstring>
#include <optional>
#include <type_traits>

namespace mp {
namespace {

__extension__ using Wide = unsigned __int128;

// Not against an adversary: a venue that wants to be misread has easier ways.
class Hasher {
 public:
  void add(std::uint64_t word) {
    const Wide product = Wide{high_ ^ word ^ kOdd1} * (low_ ^ std::rotl(word, 32) ^ kOdd2);
    high_ = static_cast<std::uint64_t>(product) ^ std::rotl(low_, 23);
    low_ = static_cast<std::uint64_t>(product >> 64U) + word * kOdd3;
  }
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, std::min(sizeof word, text.size() - at));
      add(word);
    }
  }
  void add(const Decimal& value) {
    add(static_cast<std::uint64_t>(value.mantissa));
    add(static_cast<std::uint64_t>(static_cast<std::uint8_t>(value.exponent)) << 8U | value.zeros);
  }
  void add(Timestamp time) { add(static_cast<std::uint64_t>(time.time_since_epoch().count())); }

  // A field of a body.
  void field(const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (requires { value.has_value(); }) {
      add(std::uint64_t{value.has_value()});
      if (value) field(*value);
    } else if constexpr (requires { value.decimal; }) {
      add(value.decimal);
    } else if constexpr (std::is_same_v<Value, Levels>) {
      add(static_cast<std::uint64_t>(value.size()));
      for (const Level& level : value) {
        add(level.price().decimal);
        add(level.quantity().decimal);
      }
    } else if constexpr (std::is_enum_v<Value> || std::integral<Value>) {
      add(static_cast<std::uint64_t>(value));
    } else {
      add(value);
    }
  }

  [[nodiscard]] Identity done() {
    add(kOdd1);
    add(kOdd2);
    return {high_, low_};
  }

 private:
  static constexpr std::uint64_t kOdd1 = 0x9E37'79B9'7F4A'7C15U;
  static constexpr std::uint64_t kOdd2 = 0xD1B5'4A32'D192'ED03U;
  static constexpr std::uint64_t kOdd3 = 0x8CB9'2BA7'2F3D'8DD7U;
  std::uint64_t high_ = 0x2545'F491'4F6C'DD1DU;
  std::uint64_t low_ = 0x6A09'E667'F3BC'C909U;
};

}  // namespace

IdentityBasis identity_basis(const Event& event) {
  if (const auto* trade = std::get_if<Trade>(&event.body); trade != nullptr && trade->trade_id)
    return IdentityBasis::id;
  if (const auto* quote = std::get_if<Quote>(&event.body); quote != nullptr && quote->sequence)
    return IdentityBasis::numbers;
  if (const auto* book = std::get_if<Book>(&event.body); book != nullptr && book->last_sequence)
    return IdentityBasis::numbers;
  return event.ts_event ? IdentityBasis::content : IdentityBasis::none;
}

Identity identity_of(const Event& event) {
  Hasher hasher;
  hasher.add(event.venue);
  hasher.add(static_cast<std::uint64_t>(event.body.index()));
  hasher.add(event.symbol);
  const auto basis = identity_basis(event);
  hasher.add(static_cast<std::uint64_t>(basis));
  if (basis == IdentityBasis::id) {
    hasher.add(*std::get<Trade>(event.body).trade_id);
    return hasher.done();
  }
  if (event.ts_event) hasher.add(*event.ts_event);
  if (event.channel() == Channel::status) hasher.add(event.ts_recv);
  for_each_field(event.body, [&](std::string_view, const auto& value) { hasher.field(value); });
  return hasher.done();
}

}  // namespace mp
