#include "sim/fault_plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "sim/random.hpp"

namespace mp::sim {
namespace {

enum class Argument : std::uint8_t { none, time, maybe_time, close_code, maybe_status, status };

struct Kind {
  std::string_view name;
  FaultAction action;
  Argument argument;
};
constexpr std::array<Kind, kFaultActions> kKinds = {{
    {"drop", FaultAction::drop, Argument::none},
    {"double", FaultAction::twice, Argument::none},
    {"swap", FaultAction::swap, Argument::none},
    {"corrupt", FaultAction::corrupt, Argument::none},
    {"delay", FaultAction::delay, Argument::time},
    {"mute", FaultAction::mute, Argument::maybe_time},
    {"cut", FaultAction::cut, Argument::none},
    {"close", FaultAction::close, Argument::close_code},
    {"refuse", FaultAction::refuse, Argument::maybe_status},
    {"http-status", FaultAction::http_status, Argument::status},
}};
constexpr unsigned kRefusedWith = 503;
constexpr Nanoseconds kForEver = std::chrono::hours{24 * 365};

// "drop, double, ... or http-status"
std::string names() {
  std::string out;
  for (const Kind& kind : kKinds) {
    if (!out.empty()) out += &kind == &kKinds.back() ? " or " : ", ";
    out += kind.name;
  }
  return out;
}

template <class Number>
std::optional<Number> number_in(std::string_view text, Number min, Number max) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stop != end || !(value >= min && value <= max)) return std::nullopt;
  return value;
}

std::optional<Nanoseconds> time_in(std::string_view text) {
  struct Unit {
    std::string_view name;
    Nanoseconds length;
  };
  constexpr std::array<Unit, 3> kUnits = {{{"ms", std::chrono::milliseconds{1}},
                                           {"s", std::chrono::seconds{1}},
                                           {"m", std::chrono::minutes{1}}}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const auto digits = text.substr(0, text.size() - unit.name.size());
    if (const auto count = number_in<std::int64_t>(digits, 1, 1'000'000))
      return *count * unit.length;
  }
  return std::nullopt;
}

// Cuts off what stands before the next of `marks`, and leaves that mark in front of the rest.
std::string_view take_until(std::string_view& rest, std::string_view marks) {
  const std::string_view part = rest.substr(0, rest.find_first_of(marks));
  rest.remove_prefix(part.size());
  return part;
}

// Reads one rule; a problem says what was expected.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : rest_(text) {}

  std::string read(FaultRule& rule) {
    const std::string_view name = take_until(rest_, "@~:");
    const auto kind = std::ranges::find(kKinds, name, &Kind::name);
    if (kind == kKinds.end()) return "expected " + names() + " before the place";
    rule.action = kind->action;
    if (std::string wrong = read_place(rule); !wrong.empty()) return wrong;
    bool given = false;
    while (!rest_.empty()) {
      rest_.remove_prefix(1);  // the colon
      const std::string_view argument = take_until(rest_, ":");
      if (argument.starts_with("seed=") && rule.first == 0) {
        const auto seed = number_in<std::uint64_t>(argument.substr(5), 0,
                                                   std::numeric_limits<std::uint64_t>::max());
        if (!seed) return "expected a whole number after seed=";
        rule.seed = *seed;
        continue;
      }
      if (given || !take_argument(kind->argument, argument, rule)) return expected(*kind);
      given = true;
    }
    if (!given && !needs_none(kind->argument, rule)) return expected(*kind);
    return {};
  }

 private:
  std::string read_place(FaultRule& rule) {
    const bool at = rest_.starts_with('@');
    if (!at && !rest_.starts_with('~')) return "expected @ and a number, or ~ and a probability";
    rest_.remove_prefix(1);
    const std::string_view place = take_until(rest_, ":");
    if (!at) {
      const auto probability = number_in<double>(place, 1e-12, 1.0);
      if (!probability) return "expected a probability above 0 and up to 1 after ~";
      rule.probability = *probability;
      return {};
    }
    const std::size_t dash = place.find('-');
    const auto first = number_in<std::uint64_t>(place.substr(0, dash), 1, kFaultPlaceMax);
    const auto last = dash == std::string_view::npos
                          ? first
                          : number_in<std::uint64_t>(place.substr(dash + 1), 1, kFaultPlaceMax);
    if (!first || !last || *first > *last)
      return "expected a number from 1, or two such as 500-510, after @";
    rule.first = *first;
    rule.last = *last;
    return {};
  }

  static bool take_argument(Argument wanted, std::string_view text, FaultRule& rule) {
    if (wanted == Argument::time || wanted == Argument::maybe_time) {
      const auto time = time_in(text);
      if (time) rule.time = *time;
      return time.has_value();
    }
    std::optional<unsigned> code;
    if (wanted == Argument::close_code) code = number_in<unsigned>(text, 1000, 4999);
    if (wanted == Argument::status || wanted == Argument::maybe_status)
      code = number_in<unsigned>(text, 400, 599);
    if (code) rule.code = *code;
    return code.has_value();
  }

  static bool needs_none(Argument wanted, FaultRule& rule) {
    if (wanted == Argument::maybe_time) rule.time = kForEver;
    if (wanted == Argument::maybe_status) rule.code = kRefusedWith;
    return wanted == Argument::none || wanted == Argument::maybe_time ||
           wanted == Argument::maybe_status;
  }

  static std::string expected(const Kind& kind) {
    switch (kind.argument) {
      case Argument::none:
        return "expected nothing behind its place, or :seed=N behind a probability";
      case Argument::time:
        return "expected one time behind its place, such as :2s, :500ms or :1m";
      case Argument::maybe_time:
        return "expected at most one time behind its place, such as :10s";
      case Argument::close_code:
        return "expected one close code from 1000 to 4999 behind its place, such as :1001";
      case Argument::maybe_status:
        return "expected at most one HTTP status from 400 to 599 behind its place";
      case Argument::status:
        return "expected one HTTP status from 400 to 599 behind its place, such as :429";
    }
    return {};
  }

  std::string_view rest_;
};

bool by_chance(const FaultRule& rule, std::uint64_t session, std::uint64_t number) {
  Random mixed(rule.seed ^ Random(session).next());
  Random drawn(mixed.next() ^ number);
  return static_cast<double>(drawn.next() >> 11U) * 0x1p-53 < rule.probability;
}

}  // namespace

std::string_view fault_name(FaultAction action) {
  return std::ranges::find(kKinds, action, &Kind::action)->name;
}

Result<std::vector<FaultRule>> parse_fault_plan(std::string_view text) {
  std::vector<FaultRule> rules;
  std::string_view rest = text;
  while (!text.empty()) {
    const std::string_view part = take_until(rest, ",");
    std::string wrong;
    if (rules.size() == kFaultRulesMax) {
      wrong = "expected at most " + std::to_string(kFaultRulesMax) + " faults";
    } else {
      wrong = RuleReader(part).read(rules.emplace_back());
    }
    if (!wrong.empty())
      return Error{.kind = ErrorKind::usage,
                   .message = "the fault plan is wrong at \"" + std::string(part.substr(0, 60)) +
                              "\": " + wrong};
    if (rest.empty()) break;
    rest.remove_prefix(1);
  }
  return rules;
}

Faults::Faults(const std::vector<FaultRule>& rules) {
  for (const FaultRule& rule : rules) rules_.push_back({rule, {}});
}

Faults::Hits Faults::at_frame(std::uint64_t session, std::uint64_t frame) {
  Hits hits;
  for (Rule& rule : rules_) {
    if (rule.first == 0) {
      if (!by_chance(rule, session, frame)) continue;
    } else {
      if (frame < rule.first || frame > rule.last) continue;
      if (!rule.session) rule.session = session;
      if (rule.session != session) continue;
    }
    switch (rule.action) {
      case FaultAction::drop:
        hits.drop = true;
        break;
      case FaultAction::twice:
        hits.twice = true;
        break;
      case FaultAction::swap:
        hits.swap = true;
        break;
      case FaultAction::corrupt:
        hits.corrupt = true;
        break;
      case FaultAction::delay:
        hits.delay = rule.time;
        break;
      case FaultAction::mute:
        hits.mute = rule.time;
        break;
      case FaultAction::cut:
        hits.cut = true;
        break;
      case FaultAction::close:
        hits.close_code = static_cast<std::uint16_t>(rule.code);
        break;
      case FaultAction::refuse:
      case FaultAction::http_status:
        break;
    }
  }
  return hits;
}

std::optional<unsigned> Faults::status_of(FaultAction action, std::uint64_t number) {
  for (const Rule& rule : rules_) {
    if (rule.action != action) continue;
    const bool hit =
        rule.first == 0 ? by_chance(rule, 0, number) : number >= rule.first && number <= rule.last;
    if (hit) return rule.code;
  }
  return std::nullopt;
}

std::optional<unsigned> Faults::at_upgrade() {
  return status_of(FaultAction::refuse, ++upgrades_);
}

std::optional<unsigned> Faults::at_rest_call() {
  return status_of(FaultAction::http_status, ++rest_calls_);
}

}  // namespace mp::sim
