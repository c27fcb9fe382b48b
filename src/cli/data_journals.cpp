#include "cli/data_journals.hpp"

#include <fmt/format.h>

#include "config/config.hpp"
#include "core/files.hpp"
#include "journal/shards.hpp"

namespace mp::cli {
namespace {

constexpr const char* kNoteName = "journal.elsewhere";  // there where the folder is no usual one

}  // namespace

Result<void> note_journal(const std::filesystem::path& data_dir,
                          const std::filesystem::path& journal) {
  const auto file = data_dir / kNoteName;
  const bool is_usual = journal.empty() || journal == data_dir / config::kJournalFolder;
  const int code = is_usual
                       ? remove_file(file)
                       : replace_whole(file, std::filesystem::absolute(journal).string() + "\n",
                                       Written::to_the_disk);
  if (code != 0) return os_error("cannot write " + file.string(), code);
  return {};
}

Result<std::filesystem::path> journal_of(const std::filesystem::path& data_dir) {
  auto noted = read_file(data_dir / kNoteName);
  if (!noted) return noted.error();
  if (!*noted) return data_dir / config::kJournalFolder;
  std::string name = **noted;
  while (name.ends_with('\n')) name.pop_back();
  return std::filesystem::path{name};
}

Result<std::vector<std::filesystem::path>> journals_of(const std::filesystem::path& dir) {
  auto found = journal_of(dir);
  if (!found) return found.error();
  auto journal = found.take();
  auto shards = journal::shards_in(journal);
  if (shards && shards->empty()) {
    if (auto own = journal::shards_in(dir); own && !own->empty()) {
      shards = std::move(own);
      journal = dir;
    }
  }
  if (!shards) return shards.error();
  if (shards->empty()) {
    return Error{ErrorKind::io,
                 fmt::format("there is no journal {}; name the data directory that `run` or `demo` "
                             "wrote with --data",
                             journal.string())};
  }
  std::vector<std::filesystem::path> out;
  for (const auto number : *shards) out.push_back(journal::shard_location(journal, number));
  return out;
}

}  // namespace mp::cli
