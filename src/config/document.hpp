// L5. A TOML text as a tree of values with their places. The TOML library is in document.cpp and
// nowhere else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace mp::config {

enum class NodeKind : std::uint8_t { boolean, integer, real, text, date, array, table };
// "an integer", "a table", ...
[[nodiscard]] std::string_view name_of(NodeKind kind);

struct Member;

struct Node {
  NodeKind kind = NodeKind::table;
  Span at;
  bool boolean = false;
  std::int64_t integer = 0;
  std::string text;
  std::vector<Node> items;      // of an array
  std::vector<Member> members;  // of a table, in the order of the text
};

struct Member {
  std::string key;
  Span key_at;
  Node value;
};

struct Document {
  Node root;
  std::vector<Problem> problems;  // one when the text is not TOML; the root is empty then
};

inline constexpr std::size_t kTextMax = std::size_t{1} << 20U;

[[nodiscard]] Document parse_document(std::string_view text);

}  // namespace mp::config
