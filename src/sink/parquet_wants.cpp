#include "sink/parquet_wants.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string>

#include "core/files.hpp"
#include "sink/files.hpp"
#include "sink/parquet_partitions.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr const char* kName = ".wants";
constexpr std::array<std::string_view, 2> kWantKeys = {"channels", "instruments"};

}  // namespace

// Lines: a key, and a word of its list.
Result<void> note_wants(const Settings& settings, const std::filesystem::path& folder) {
  if (settings.shard.number != 0) return {};
  std::string text;
  for (const std::string_view key : kWantKeys) {
    for (const std::string& word : settings.texts(key))
      text.append(key).append(" ").append(word).push_back('\n');
  }
  const auto there = read_file(folder / kName);
  if (!there) return there.error();
  if (there->value_or("") == text) return {};
  const int code = replace_whole(folder / kName, text, mp::Written::in_time);
  if (code != 0) return file_error("write", folder / kName, code);
  return {};
}

Result<Settings> noted_wants(const std::filesystem::path& folder) {
  const auto text = read_file(folder / kName);
  if (!text) return text.error();
  Settings out{kParquet};
  std::istringstream lines{text->value_or("")};
  std::string line;
  while (std::getline(lines, line)) {
    for (const std::string_view key : kWantKeys) {
      if (!line.starts_with(std::string{key} + " ")) continue;
      Texts words = out.texts(key);
      words.push_back(line.substr(key.size() + 1));
      out.set(key, std::move(words));
    }
  }
  return out;
}

Result<std::vector<std::string>> parquet_sinks(const std::filesystem::path& data_dir) {
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  std::error_code code;
  for (fs::directory_iterator each{data_dir, code}, end; !code && each != end;
       each.increment(code)) {
    std::error_code inner;
    bool has = fs::exists(each->path() / kName, inner);
    for (fs::directory_iterator type{each->path(), inner}; !has && !inner && type != end;
         type.increment(inner)) {
      const std::string name = type->path().filename().string();
      has = name.starts_with(kTypeKey) || name.starts_with(kOldTypeKey);
    }
    if (has) out.push_back(each->path().filename().string());
  }
  if (code && code != std::errc::no_such_file_or_directory)
    return file_error("read", data_dir, code.value());
  std::ranges::sort(out);
  return out;
}

}  // namespace mp::sink
