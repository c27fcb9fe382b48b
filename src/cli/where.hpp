// L6. Where: a condition on a field of an event, as `tap --where` takes it: price>=100.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/decimal.hpp"
#include "core/event.hpp"
#include "core/result.hpp"

namespace mp::cli {

class Where {
 public:
  // FIELD OP VALUE with one of = != < <= > >=. ErrorKind::usage, also for a field that no event
  // has, and where numbers are to be compared with none.
  static Result<Where> parse(std::string_view text);

  // Numbers are compared exactly, by value; words by = and !=. What lacks the field does not match.
  [[nodiscard]] bool matches(const Event& event) const;

 private:
  enum class Op : std::uint8_t { equal, unequal, less, at_most, more, at_least };
  Where(std::string field, Op op, std::string value);
  [[nodiscard]] bool is_order() const { return op_ != Op::equal && op_ != Op::unequal; }
  [[nodiscard]] bool holds(std::string_view value) const;
  [[nodiscard]] bool holds(const Decimal& value) const;

  std::string field_;
  Op op_;
  std::string value_;
  std::optional<Decimal> number_;  // where the value is one
};

}  // namespace mp::cli
