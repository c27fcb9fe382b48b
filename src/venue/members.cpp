#include "venue/members.hpp"

#include <cstddef>

namespace mp::venue {
namespace {

constexpr auto kEnd = std::string_view::npos;
constexpr std::string_view kSpace = " \t\r\n";

class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  // The next character that is no space; 0 at the end.
  [[nodiscard]] char next() {
    at_ = text_.find_first_not_of(kSpace, at_);
    return at_ == kEnd ? '\0' : text_[at_];
  }
  [[nodiscard]] bool take(char wanted) {
    if (next() != wanted) return false;
    ++at_;
    return true;
  }
  // Behind the quote that opens a string: past the one that closes it. What is between them.
  [[nodiscard]] std::string_view string() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"')
      at_ += text_[at_] == '\\' ? std::size_t{2} : std::size_t{1};
    if (at_ >= text_.size()) {
      at_ = kEnd;
      return {};
    }
    return text_.substr(begin, at_++ - begin);
  }
  // A value, up to the comma or the brace behind it; empty where there is none.
  [[nodiscard]] std::string_view value() {
    if (next() == '\0') return {};
    const std::size_t begin = at_;
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        (void)string();
        if (at_ == kEnd) return {};
        --at_;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (depth == 0 && (c == ',' || c == '}')) {
        break;
      } else if (c == '}' || c == ']') {
        if (depth-- == 0) return {};
      }
    }
    const auto whole = text_.substr(begin, at_ - begin);
    return whole.substr(0, whole.find_last_not_of(kSpace) + 1);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool members_of(std::string_view json, std::vector<JsonMember>& out) {
  out.clear();
  Walk walk{json};
  if (!walk.take('{')) return false;
  if (walk.take('}')) return walk.next() == '\0';
  do {
    if (!walk.take('"')) return false;
    JsonMember& member = out.emplace_back();
    member.key = walk.string();
    if (!walk.take(':')) return false;
    member.json = walk.value();
    if (member.json.empty()) return false;
  } while (walk.take(','));
  return walk.take('}') && walk.next() == '\0';
}

}  // namespace mp::venue
