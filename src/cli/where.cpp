#include "cli/where.hpp"

#include <fmt/format.h>

#include <array>
#include <concepts>
#include <type_traits>
#include <utility>

namespace mp::cli {
namespace {

template <std::size_t... At>
bool any_body_has(std::string_view field, std::index_sequence<At...> /*channels*/) {
  bool found = false;
  const auto look = [&](std::string_view name, const auto& /*value*/) {
    found = found || name == field;
  };
  (for_each_field(Event::Body{std::variant_alternative_t<At, Event::Body>{}}, look), ...);
  return found;
}

}  // namespace

Where::Where(std::string field, Op op, std::string value)
    : field_(std::move(field)), op_(op), value_(std::move(value)), number_(parse_decimal(value_)) {}

Result<Where> Where::parse(std::string_view text) {
  // The longer ones first: <= begins with <.
  constexpr std::array<std::pair<std::string_view, Op>, 6> kOps = {{{"!=", Op::unequal},
                                                                    {"<=", Op::at_most},
                                                                    {">=", Op::at_least},
                                                                    {"=", Op::equal},
                                                                    {"<", Op::less},
                                                                    {">", Op::more}}};
  const auto at = text.find_first_of("!<>=");
  if (at != std::string_view::npos && at > 0) {
    const std::string field{text.substr(0, at)};
    for (const auto& [sign, op] : kOps) {
      if (!text.substr(at).starts_with(sign)) continue;
      if (!any_body_has(field, std::make_index_sequence<kChannelCount>{})) {
        return Error{ErrorKind::usage,
                     fmt::format("--where {}: no event has a field \"{}\"; ARCHITECTURE.md, \"The "
                                 "event\", has those that there are",
                                 text, field)};
      }
      Where out{field, op, std::string{text.substr(at + sign.size())}};
      if (out.value_.empty() || (out.is_order() && !out.number_)) {
        return Error{ErrorKind::usage, fmt::format("--where {}: expected {} behind {}", text,
                                                   out.is_order() ? "a number" : "a value", sign)};
      }
      return out;
    }
  }
  return Error{ErrorKind::usage,
               fmt::format("--where {}: expected FIELD OP VALUE with one of = != < <= > >=, as in "
                           "price>=100",
                           text)};
}

bool Where::holds(std::string_view value) const {
  if (op_ == Op::equal) return value == value_;
  return op_ == Op::unequal && value != value_;
}

bool Where::holds(const Decimal& value) const {
  if (!number_) return false;
  switch (op_) {
    case Op::equal:
      return value == *number_;
    case Op::unequal:
      return value != *number_;
    case Op::less:
      return value < *number_;
    case Op::at_most:
      return value <= *number_;
    case Op::more:
      return value > *number_;
    case Op::at_least:
      return value >= *number_;
  }
  return false;
}

bool Where::matches(const Event& event) const {
  bool match = false;
  const auto judge = [&]<class Field>(const Field& field) {
    if constexpr (std::same_as<Field, std::string_view>) {
      match = holds(field);
    } else if constexpr (std::same_as<Field, Price> || std::same_as<Field, Quantity>) {
      match = holds(field.decimal);
    } else if constexpr (std::same_as<Field, Decimal>) {
      match = holds(field);
    } else if constexpr (std::same_as<Field, bool>) {
      match = holds(std::string_view{field ? "true" : "false"});
    } else if constexpr (std::integral<Field>) {
      match = holds(Decimal{.mantissa = static_cast<std::int64_t>(field)});
    } else if constexpr (std::is_enum_v<Field>) {
      match = holds(name_of(field));
    }
  };
  for_each_field(event.body, [&]<class Field>(std::string_view name, const Field& field) {
    if (name != field_) return;
    if constexpr (requires { field.has_value(); }) {
      if (field) judge(*field);
    } else {
      judge(field);
    }
  });
  return match;
}

}  // namespace mp::cli
