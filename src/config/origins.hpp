// L5. Where each key of a configuration comes from.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace mp::config {

struct Node;

class Origins {
 public:
  // Of a key by its whole path, "journal.dir"; empty: it was given nowhere.
  [[nodiscard]] std::string of(std::string_view key) const;
  // "--data", for what the command line has an option for.
  void set(std::string_view key, std::string_view origin);
  // Of all keys of a document: FILE:LINE, or --set.
  void read(const Node& root, std::string_view file);

  // What is configured is the same, wherever it comes from.
  friend bool operator==(const Origins&, const Origins&) { return true; }

 private:
  std::map<std::string, std::string, std::less<>> by_key_;
};

}  // namespace mp::config
