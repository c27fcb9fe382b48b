#include "sink/query_spill.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <system_error>

namespace mp::sink {
namespace {

constexpr int kTriesMax = 16;
constexpr std::string_view kLive = ".live";
constexpr std::string_view kNew = ".new";

void remove_tree(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

void remove_dead(const std::filesystem::path& parent) {
  for (const std::string& name : list_folder(parent).names) {
    if (!name.ends_with(kLive)) continue;
    const OpenedFile mark = open_file(parent / name, O_RDWR);
    if (mark.code != 0 || lock_file(mark.fd) != 0) continue;
    remove_tree(parent / name.substr(0, name.size() - kLive.size()));
    static_cast<void>(remove_file(parent / name));
  }
}

// A folder that nobody else can look into, or have made for us; empty where there is none.
std::filesystem::path private_folder() {
  std::error_code failed;
  const auto place = std::filesystem::temp_directory_path(failed);
  if (failed) return {};
  const auto path = place / ("marketprism-query-" + std::to_string(::geteuid()));
  ::mkdir(path.c_str(), S_IRWXU);
  struct stat facts{};
  const bool ours = ::lstat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) &&
                    facts.st_uid == ::geteuid() && (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  return ours ? path : std::filesystem::path{};
}

}  // namespace

std::unique_ptr<QuerySpill> QuerySpill::make(const std::filesystem::path& parent) {
  auto out = std::make_unique<QuerySpill>(parent);
  if (!out->path().empty()) return out;
  const auto elsewhere = private_folder();
  return elsewhere.empty() ? std::move(out) : std::make_unique<QuerySpill>(elsewhere);
}

// A mark has its name only while it is locked: nobody takes it for that of a dead process.
QuerySpill::QuerySpill(const std::filesystem::path& parent) : parent_(parent) {
  for (int number = 0; number < kTriesMax && path_.empty(); ++number) {
    if (make_folders(parent) != 0) return;
    if (number == 0) remove_dead(parent);
    const std::string name = std::to_string(::getpid()) + "-" + std::to_string(number);
    const std::filesystem::path fresh = parent / (name + std::string{kNew});
    OpenedFile mark = open_file(fresh, O_RDWR | O_CREAT | O_EXCL);
    if (mark.code != 0) continue;
    mark_ = parent / (name + std::string{kLive});
    const bool ours = lock_file(mark.fd) == 0 && rename_new(fresh, mark_) == 0;
    if (!ours) static_cast<void>(remove_file(fresh));
    if (!ours || make_folders(parent / name) != 0) continue;
    lock_ = std::move(mark.fd);
    path_ = parent / name;
  }
}

QuerySpill::~QuerySpill() {
  if (path_.empty()) return;
  remove_tree(path_);
  static_cast<void>(remove_file(mark_));
  std::error_code ignored;
  std::filesystem::remove(parent_, ignored);  // the last one; others make it again
}

}  // namespace mp::sink
