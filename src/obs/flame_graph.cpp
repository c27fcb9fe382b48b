// The picture of a CpuProfile.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "obs/cpu_profile.hpp"

namespace mp::obs {
namespace {

constexpr double kWidth = 1200;
constexpr double kRow = 17;
constexpr double kHead = 44;
constexpr double kNarrowest = 0.4;  // of a box; what is less is not drawn
constexpr double kLetter = 6.6;     // width of one at 11 px

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    if (c == '<') out += "&lt;";
    if (c == '>') out += "&gt;";
    if (c == '"') out += "&quot;";
    if (std::string_view{"&<>\""}.find(c) == std::string_view::npos) out.push_back(c);
  }
  return out;
}

// The same function has the same colour in every picture; libraries are grey.
std::string colour_of(std::string_view name, std::size_t depth) {
  if (depth <= 1) return "#c8c8d8";
  if (name.starts_with('[')) return "#d8d8d8";
  const auto hash = std::hash<std::string_view>{}(name);
  return fmt::format("hsl({},{}%,{}%)", 10 + hash % 40, 70 + hash / 64 % 25, 58 + hash / 4096 % 14);
}

std::size_t depth_of(const CallNode& node) {
  std::size_t deepest = 0;
  for (const auto& [name, each] : node.calls) deepest = std::max(deepest, depth_of(each));
  return deepest + 1;
}

class Picture {
 public:
  Picture(std::string& out, std::uint64_t all)
      : out_(out), wide_(kWidth / static_cast<double>(std::max<std::uint64_t>(all, 1))) {}

  void draw(const CallNode& node, double left, std::size_t depth) {
    const double width = static_cast<double>(node.total) * wide_;
    if (width < kNarrowest) return;
    const double top = kHead + static_cast<double>(depth) * kRow;
    const std::string name = escaped(node.name);
    fmt::format_to(std::back_inserter(out_),
                   "<g><title>{}: {} samples, {:.1f} %</title><rect x=\"{:.1f}\" y=\"{:.0f}\" "
                   "width=\"{:.1f}\" height=\"{:.0f}\" fill=\"{}\"/>",
                   name, node.total, width / kWidth * 100, left, top, width, kRow - 1,
                   colour_of(node.name, depth));
    const auto letters = static_cast<std::size_t>(width / kLetter);
    if (letters > 3) {
      const bool fits = node.name.size() <= letters;
      const auto shown = fits ? node.name : node.name.substr(0, letters - 2) + "..";
      fmt::format_to(std::back_inserter(out_), "<text x=\"{:.1f}\" y=\"{:.0f}\">{}</text>",
                     left + 3, top + kRow - 5, escaped(shown));
    }
    out_ += "</g>\n";
    for (const auto& [key, each] : node.calls) {
      draw(each, left, depth + 1);
      left += static_cast<double>(each.total) * wide_;
    }
  }

 private:
  std::string& out_;
  double wide_;  // of a sample
};

}  // namespace

std::string flame_graph(const CpuProfile& profile, std::string_view title) {
  const CallNode root = call_tree(profile);
  const double height = kHead + static_cast<double>(depth_of(root)) * kRow + 10;
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" font-family=\"monospace\" font-size=\"11\">\n"
      "<style>rect:hover{{stroke:#000}} text{{pointer-events:none}}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fffdf8\"/>\n"
      "<text x=\"8\" y=\"18\" font-size=\"14\">{2}</text>\n"
      "<text x=\"8\" y=\"34\">{3} samples, one for each {4} ms of processor time; callers above "
      "callees; {5} dropped</text>\n",
      kWidth, height, escaped(title), profile.samples, profile.period.count() / 1'000'000,
      profile.dropped);
  Picture{out, root.total}.draw(root, 0, 0);
  out += "</svg>\n";
  return out;
}

}  // namespace mp::obs
