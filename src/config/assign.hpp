// L5. One value of the document into one member of the configuration, and back into text.
#pragma once

#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/tables.hpp"

namespace mp::config {

// Who is being set, for messages; and where problems go.
struct Target {
  std::string_view key;
  std::string_view section;  // "[journal]"
  Range range;
  std::vector<Problem>& problems;

  void refuse(const Node& node, std::string_view expected) const;
};

void assign(const Node& node, const Target& target, bool& to);
void assign(const Node& node, const Target& target, std::string& to);
void assign(const Node& node, const Target& target, std::filesystem::path& to);
void assign(const Node& node, const Target& target, Bytes& to);
void assign(const Node& node, const Target& target, Duration& to);
void assign(const Node& node, const Target& target, std::uint64_t& to);
void assign(const Node& node, const Target& target, journal::Fsync& to);
void assign(const Node& node, const Target& target, LogLevel& to);
void assign(const Node& node, const Target& target, LogFormat& to);
void assign(const Node& node, const Target& target, std::vector<std::string>& to);
void assign(const Node& node, const Target& target, std::vector<Channel>& to);
void assign(const Node& node, const Target& target, OneOrMore& to);

// The value in TOML; empty when it is empty.
[[nodiscard]] std::string format(bool value);
[[nodiscard]] std::string format(const std::string& value);
[[nodiscard]] std::string format(const std::filesystem::path& value);
[[nodiscard]] std::string format(Bytes value);
[[nodiscard]] std::string format(Duration value);
[[nodiscard]] std::string format(std::uint64_t value);
[[nodiscard]] std::string format(journal::Fsync value);
[[nodiscard]] std::string format(LogLevel value);
[[nodiscard]] std::string format(LogFormat value);
[[nodiscard]] std::string format(const std::vector<std::string>& value);
[[nodiscard]] std::string format(const std::vector<Channel>& value);
[[nodiscard]] std::string format(const OneOrMore& value);

}  // namespace mp::config
