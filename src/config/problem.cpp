#include "config/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/instrument.hpp"

namespace mp::config {
namespace {

constexpr std::size_t kSuggestedMax = 3;
constexpr std::size_t kListedMax = 16;
constexpr std::size_t kLineShownMax = 160;

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t line = 1; line < number; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

// The blank text above which a caret stands under `column`: as wide as what is before it, tabs
// kept.
std::string padding(std::string_view line, std::uint32_t column) {
  std::string blank;
  std::uint32_t at = 1;
  for (const char byte : line) {
    if (!starts_character(byte)) continue;
    if (at++ == column) break;
    blank += byte == '\t' ? '\t' : ' ';
  }
  return blank;
}

// Without control characters, which a text may smuggle to the reader's terminal. Tabs stay.
std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }, '?');
  return out;
}

void describe_one(std::string& out, const Problem& problem, std::string_view file,
                  std::string_view text) {
  if (problem.at.line == 0) {
    out += fmt::format("{}: {}", file, printable(problem.text));
    return;
  }
  const auto number = std::to_string(problem.at.line);
  const auto line = line_of(text, problem.at.line);
  out += fmt::format("{}:{}:{}: {}", file, number, problem.at.column, printable(problem.text));
  if (line.empty() || line.size() > kLineShownMax) return;
  const auto room = line.size() >= problem.at.column ? line.size() - problem.at.column + 1 : 1;
  const auto width = std::clamp<std::size_t>(problem.at.width, 1, std::max<std::size_t>(room, 1));
  out += fmt::format("\n  {} | {}\n  {:{}} | {}{}", number, printable(line), "", number.size(),
                     padding(line, problem.at.column), std::string(width, '^'));
}

std::string listed(std::span<const std::string_view> names, std::string_view last_joint) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? last_joint : std::string_view(", ");
    out += fmt::format("`{}`", names[i]);
  }
  return out;
}

}  // namespace

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  while (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

std::string describe(std::span<const Problem> problems, std::string_view file,
                     std::string_view text) {
  text = without_mark(text);
  std::vector<Problem> sorted(problems.begin(), problems.end());
  std::sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.at.line, a.at.column, a.text) < std::tie(b.at.line, b.at.column, b.text);
  });
  std::string out;
  for (std::size_t i = 0; i < std::min(sorted.size(), kShownMax); ++i) {
    if (i > 0) out += '\n';
    describe_one(out, sorted[i], file, text);
  }
  if (sorted.size() > kShownMax) {
    out += fmt::format("\n{}: {} more problems are not shown", file, sorted.size() - kShownMax);
  }
  return out;
}

std::string suggestion(std::string_view name, std::span<const std::string_view> known) {
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const auto candidate : known) {
    const auto distance = edit_distance(name, candidate);
    const bool begins = !name.empty() && candidate.starts_with(name);
    if (begins || distance <= std::max<std::size_t>(2, name.size() / 3)) {
      near.emplace_back(distance, candidate);
    }
  }
  std::sort(near.begin(), near.end());
  // One that is clearly nearest stands alone.
  if (near.size() > 1 && near[0].first <= 1 && near[1].first > near[0].first) near.resize(1);
  std::vector<std::string_view> names;
  for (const auto& [distance, candidate] : near) {
    if (names.size() < kSuggestedMax) names.push_back(candidate);
  }
  if (!names.empty()) return fmt::format("did you mean {}?", listed(names, " or "));
  if (known.empty()) return "none is known";
  const auto shown = known.first(std::min(known.size(), kListedMax));
  return fmt::format(
      "known are {}{}", listed(shown, " and "),
      shown.size() < known.size() ? fmt::format(", and {} more", known.size() - shown.size()) : "");
}

}  // namespace mp::config
