#include "config/assign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/units.hpp"

namespace mp::config {
namespace {

constexpr std::size_t kNamesMax = 10'000;  // in one list
constexpr std::size_t kTextShownMax = 60;

// The value as the message repeats it.
std::string found(const Node& node) {
  if (node.kind == NodeKind::integer) return fmt::format("the integer {}", node.integer);
  if (node.kind == NodeKind::boolean) return fmt::format("the boolean {}", node.boolean);
  if (node.kind == NodeKind::text && node.text.size() <= kTextShownMax) {
    return fmt::format("\"{}\"", node.text);
  }
  return std::string(name_of(node.kind));
}

// Whether `number` is in range; `show` writes a bound as a user would.
bool in_range(const Node& node, const Target& target, std::uint64_t number, auto&& show) {
  const auto& range = target.range;
  const auto bound = [&](std::uint64_t value, std::string_view word) {
    target.refuse(node, fmt::format("{} {}", word, show(value)));
    return false;
  };
  if (number < range.least) return bound(range.least, "at least");
  if (number > range.most) return bound(range.most, "at most");
  if (number % range.multiple_of != 0) return bound(range.multiple_of, "a multiple of");
  return true;
}

std::string show_bytes(std::uint64_t value) {
  return to_string(Bytes{value});
}
std::string show_time(std::uint64_t value) {
  return to_string(Duration{static_cast<Duration::rep>(value)});
}
std::string show_count(std::uint64_t value) {
  return std::to_string(value);
}

template <class E>
void assign_choice(const Node& node, const Target& target, E& to) {
  std::vector<std::string_view> words;
  for (const auto& choice : choices_of(E{})) {
    if (node.kind == NodeKind::text && node.text == choice.word) {
      to = choice.value;
      return;
    }
    words.push_back(choice.word);
  }
  target.refuse(node, fmt::format("one of \"{}\"", fmt::join(words, "\", \"")));
}

template <class E>
std::string format_choice(E value) {
  for (const auto& choice : choices_of(E{})) {
    if (choice.value == value) return fmt::format("\"{}\"", choice.word);
  }
  return {};
}

// A basic TOML string. Control characters do not occur in what we write.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string format_list(const auto& values, auto&& text_of) {
  if (values.empty()) return {};
  std::vector<std::string> items;
  for (const auto& value : values) items.push_back(toml_text(text_of(value)));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

// Calls add(item) for each text of an array, which must not be empty or name anything twice.
bool for_each_text(const Node& node, const Target& target, auto&& add) {
  constexpr std::string_view kExpected = "an array of strings, such as [\"...\"]";
  if (node.kind != NodeKind::array || node.items.empty() || node.items.size() > kNamesMax) {
    target.refuse(node, kExpected);
    return false;
  }
  std::vector<std::string_view> seen;
  for (const auto& item : node.items) {
    if (item.kind != NodeKind::text || item.text.empty()) {
      target.refuse(item, "an array of strings that are not empty");
    } else {
      seen.push_back(item.text);
      add(item);
    }
  }
  std::sort(seen.begin(), seen.end());
  const auto twice = std::adjacent_find(seen.begin(), seen.end());
  if (twice != seen.end()) {
    target.problems.push_back(
        {node.at, fmt::format("`{}` in {} has \"{}\" twice", target.key, target.section, *twice)});
  }
  return true;
}

}  // namespace

void Target::refuse(const Node& node, std::string_view expected) const {
  problems.push_back({node.at, fmt::format("`{}` in {} must be {}, but is {}", key, section,
                                           expected, found(node))});
}

void assign(const Node& node, const Target& target, bool& to) {
  if (node.kind != NodeKind::boolean) return target.refuse(node, "true or false");
  to = node.boolean;
}

void assign(const Node& node, const Target& target, std::string& to) {
  if (node.kind != NodeKind::text || node.text.empty()) {
    return target.refuse(node, "a string that is not empty");
  }
  to = node.text;
}

void assign(const Node& node, const Target& target, std::filesystem::path& to) {
  if (node.kind != NodeKind::text || node.text.empty() ||
      node.text.find('\0') != std::string::npos) {
    return target.refuse(node, "a path, as a string that is not empty");
  }
  to = node.text;
}

void assign(const Node& node, const Target& target, Bytes& to) {
  std::optional<Bytes> bytes;
  if (node.kind == NodeKind::text) bytes = parse_bytes(node.text);
  if (node.kind == NodeKind::integer && node.integer >= 0) {
    bytes = Bytes{static_cast<std::uint64_t>(node.integer)};
  }
  if (!bytes) return target.refuse(node, "a size such as \"64MiB\" or a number of bytes");
  if (in_range(node, target, bytes->count, show_bytes)) to = *bytes;
}

void assign(const Node& node, const Target& target, Duration& to) {
  std::optional<Duration> duration;
  if (node.kind == NodeKind::text) duration = parse_duration(node.text);
  if (!duration)
    return target.refuse(node, "a duration with its unit, such as \"24h\" or \"1m30s\"");
  if (in_range(node, target, static_cast<std::uint64_t>(duration->count()), show_time)) {
    to = *duration;
  }
}

void assign(const Node& node, const Target& target, std::uint64_t& to) {
  if (node.kind != NodeKind::integer || node.integer < 0) {
    return target.refuse(node, "a whole number");
  }
  const auto number = static_cast<std::uint64_t>(node.integer);
  if (in_range(node, target, number, show_count)) to = number;
}

void assign(const Node& node, const Target& target, journal::Fsync& to) {
  assign_choice(node, target, to);
}

void assign(const Node& node, const Target& target, LogLevel& to) {
  assign_choice(node, target, to);
}

void assign(const Node& node, const Target& target, LogFormat& to) {
  assign_choice(node, target, to);
}

void assign(const Node& node, const Target& target, std::vector<std::string>& to) {
  std::vector<std::string> texts;
  if (for_each_text(node, target, [&](const Node& item) { texts.push_back(item.text); })) {
    to = std::move(texts);
  }
}

void assign(const Node& node, const Target& target, std::vector<Channel>& to) {
  std::vector<Channel> channels;
  const auto add = [&](const Node& item) {
    if (const auto channel = channel_named(item.text)) {
      channels.push_back(*channel);
    } else {
      target.problems.push_back({item.at, fmt::format("unknown channel `{}`; {}", item.text,
                                                      suggestion(item.text, kChannelNames))});
    }
  };
  if (for_each_text(node, target, add)) to = std::move(channels);
}

void assign(const Node& node, const Target& target, OneOrMore& to) {
  if (node.kind == NodeKind::array) return assign(node, target, to.texts);
  std::string text;
  assign(node, target, text);
  if (!text.empty()) to.texts = {std::move(text)};
}

std::string format(bool value) {
  return value ? "true" : "false";
}
std::string format(const std::string& value) {
  return value.empty() ? "" : toml_text(value);
}
std::string format(const std::filesystem::path& value) {
  return format(value.string());
}
std::string format(Bytes value) {
  return toml_text(to_string(value));
}
std::string format(Duration value) {
  return toml_text(to_string(value));
}
std::string format(std::uint64_t value) {
  return std::to_string(value);
}
std::string format(journal::Fsync value) {
  return format_choice(value);
}
std::string format(LogLevel value) {
  return format_choice(value);
}
std::string format(LogFormat value) {
  return format_choice(value);
}
std::string format(const std::vector<std::string>& value) {
  return format_list(value, [](const std::string& text) { return text; });
}
std::string format(const std::vector<Channel>& value) {
  return format_list(value, [](Channel channel) { return name_of(channel); });
}

std::string format(const OneOrMore& value) {
  return value.texts.size() == 1 ? format(value.texts.front()) : format(value.texts);
}

}  // namespace mp::config
