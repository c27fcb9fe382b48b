#include "pipeline/budget_file.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>

#include "core/files.hpp"
#include "core/hash.hpp"

namespace mp::pipeline {
namespace {

// A layout that differs has another one.
constexpr std::uint64_t kMagic = 0x3154'4744'5542'504d;  // "MPBUDGT1"
constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";

// Never 0.
std::uint64_t hash_of(std::string_view text) {
  const std::uint64_t hash = fnv1a(text);
  return hash == 0 ? 1 : hash;
}

}  // namespace

// A new file is zero, which is a valid one: magic and boot are filled in by whoever comes first.
struct BudgetFile::Layout {
  struct Venue {
    std::atomic<std::uint64_t> key{0};  // 0: free
    BudgetMemory memory{};
  };
  std::atomic<std::uint64_t> magic{0};
  std::atomic<std::uint64_t> boot{0};
  std::array<Venue, kVenuesMax> venues{};
};

Result<std::unique_ptr<BudgetFile>> BudgetFile::open(const std::filesystem::path& path,
                                                     IfMissing if_missing) {
  const OpenedFile opened =
      open_file(path, if_missing == IfMissing::make ? O_RDWR | O_CREAT : O_RDWR);
  if (opened.code != 0) return os_error(fmt::format("cannot open {}", path.string()), opened.code);
  // Blocks first: a full disk is an error here, and a signal later.
  if (const int code = reserve_blocks(opened.fd, sizeof(Layout)); code != 0)
    return os_error(fmt::format("cannot make {}", path.string()), code);
  void* const mapped =
      ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, opened.fd.value(), 0);
  if (mapped == MAP_FAILED) return os_error(fmt::format("cannot map {}", path.string()), errno);
  auto* const layout = static_cast<Layout*>(mapped);
  std::unique_ptr<BudgetFile> made{new BudgetFile{layout}};
  std::uint64_t magic = 0;
  if (!layout->magic.compare_exchange_strong(magic, kMagic) && magic != kMagic) {
    return Error{ErrorKind::data,
                 fmt::format("{} is not a file of spent budgets; remove it, or name another data "
                             "directory",
                             path.string())};
  }
  const auto boot_id = read_file(kBootId);
  const auto boot = hash_of(boot_id && *boot_id ? **boot_id : std::string{});
  auto before = layout->boot.load();
  if (before != boot && layout->boot.compare_exchange_strong(before, boot)) {
    for (auto& venue : layout->venues) {
      venue.memory.paused_until = 0;
      for (auto& part : venue.memory.calls) part = 0;
      for (auto& part : venue.memory.weight) part = 0;
      venue.key = 0;
    }
  }
  return made;
}

BudgetFile::~BudgetFile() {
  ::munmap(layout_, sizeof(Layout));
}

BudgetMemory* BudgetFile::memory_of(std::string_view key) {
  const auto hash = hash_of(key);
  for (auto& venue : layout_->venues) {
    std::uint64_t there = 0;
    if (venue.key.compare_exchange_strong(there, hash) || there == hash) return &venue.memory;
  }
  return nullptr;
}

}  // namespace mp::pipeline
